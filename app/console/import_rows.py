"""Imports as rows of the read model: files, and what comes without an end, by poller or webhook."""

from collections import Counter, defaultdict
from typing import NamedTuple

from sqlalchemy import Connection, Select, Subquery, func, literal, select, tuple_, union_all

from app.console.lead_rows import is_known, leads_of_imports, place_of
from app.console.schema import IMPORTS, LEADS
from leads.records import WAITING_PLACES, Place

#: Where leads are that an import has not brought through.
FAULTY = frozenset({*map(str, WAITING_PLACES), str(Place.DEAD)})
#: Where imports without an end are among those that are sorted by time: before all.
_ENDLESS = 1e12


class FaultCount(NamedTuple):
    """How many leads of an import wait for a reason, or could not be read."""

    place: str
    kind: str
    leads: int


class ImportRow(NamedTuple):
    """An import, and how many of its leads are in which place now; without the empty places.

    One that is `endless` began with its first lead: what the poller or a webhook brings. A lead
    that two imports brought counts in both.
    """

    import_id: str
    endless: bool
    began_at: float
    places: dict[str, int]
    faults: list[FaultCount]  # what most leads have first

    @property
    def leads(self) -> int:
        """How many leads it brought."""
        return sum(self.places.values())

    @property
    def position(self) -> tuple[float, str]:
        """What imports are sorted by."""
        return _ENDLESS if self.endless else self.began_at, self.import_id


class _Count(NamedTuple):
    """Leads of an import in a place, and when the first of them came."""

    place: str
    kind: str
    leads: int
    came_at: float


def imports_page(
    connection: Connection, limit: int, after: tuple[float, str] | None = None
) -> list[ImportRow]:
    """So many imports, behind the `position` of the last one of the page before: first those that
    have no end, then files, the newest first."""
    known = _known()
    place = known.c.place, known.c.import_id
    asked = select(known.c.import_id, known.c.place)
    if after is not None:
        asked = asked.where(tuple_(*place) < tuple_(*after))
    asked = asked.order_by(*(column.desc() for column in place)).limit(limit)
    return _rows(connection, asked)


def find_import(connection: Connection, ident: str) -> ImportRow | None:
    """One import, None for an unknown one."""
    known = _known(ident)
    return next(iter(_rows(connection, select(known.c.import_id, known.c.place))), None)


def _known(*idents: str) -> Subquery:
    """All imports with what they are sorted by; of these, if any are named."""
    files = select(IMPORTS.c.import_id, IMPORTS.c.began_at.label("place"))
    if idents:
        files = files.where(IMPORTS.c.import_id.in_(idents))
    brought = leads_of_imports(*idents).subquery()
    others = select(brought.c.import_id, literal(_ENDLESS).label("place")).distinct()
    others = others.where(brought.c.import_id.not_in(select(IMPORTS.c.import_id)))
    return union_all(files, others).subquery()


def _rows(connection: Connection, asked: Select[str, float]) -> list[ImportRow]:
    """The imports of a question, in its order."""
    found = connection.execute(asked).all()
    if not found:
        return []
    c = LEADS.c
    brought = leads_of_imports(*(ident for ident, _ in found)).subquery()
    group = brought.c.import_id, place_of(), c.place_kind
    came = func.min(func.coalesce(c.captured_at, c.waiting_at, c.source_at))
    counted = select(*group, func.count(), came)
    counted = counted.join_from(brought, LEADS, c.lead == brought.c.lead)
    counts: defaultdict[str, list[_Count]] = defaultdict(list)
    for ident, *count in connection.execute(counted.where(is_known()).group_by(*group)):
        counts[ident].append(_Count(*count))
    return [_row(ident, at, counts[ident]) for ident, at in found]


def _row(ident: str, at: float, counts: list[_Count]) -> ImportRow:
    places = Counter[str]()
    for count in counts:
        places[count.place] += count.leads
    faults = [FaultCount(one.place, one.kind, one.leads) for one in counts if one.place in FAULTY]
    began = min((one.came_at for one in counts), default=0.0) if at == _ENDLESS else at
    return ImportRow(ident, at == _ENDLESS, began, places, sorted(faults, key=_most_first))


def _most_first(fault: FaultCount) -> tuple[int, str, str]:
    return -fault.leads, fault.place, fault.kind
