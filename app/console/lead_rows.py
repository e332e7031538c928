"""Leads as rows of the read model: one, or those of a place by pages."""

from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    and_,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)

from app.console.schema import IMPORT_LEADS, LEADS
from leads.records import Place


class LeadRow(NamedTuple):
    """A lead; `since` is when it came to its place, or in flight, when its record came."""

    lead: str
    place: str
    since: float
    source: str | None
    company: str | None
    domain: str | None
    owner: str | None
    points: int | None
    high_intent: str | None
    rules: str | None
    shadow: bool | None

    @property
    def position(self) -> tuple[float, str]:
        """What leads are sorted by."""
        return self.since, self.lead


class LeadFilter(NamedTuple):
    """The leads of a place, of all places without one; with any of the others, those of them.

    `owner` is an address, `reason` what a lead waits for, or why it is where it is.
    """

    place: Place | None = None
    owner: str = ""
    source: str = ""
    imported: str = ""
    reason: str = ""


def is_known() -> ColumnElement[bool]:
    """Whether a row of LEADS was captured, or has a place by an event."""
    return or_(LEADS.c.place_step.is_not(None), LEADS.c.waiting_offset.is_not(None))


def place_of() -> ColumnElement[str]:
    """The place of a row of LEADS: in flight before its first event."""
    # as a parameter it would be another expression in GROUP BY, to PostgreSQL
    return func.coalesce(LEADS.c.place, literal_column(f"'{Place.IN_FLIGHT}'"))


def leads_of_imports(*idents: str) -> CompoundSelect[Any]:
    """Each import with each lead that it has brought; of these imports, if any are named.

    A lead that no event names an import of yet has it by its record of topic `captured`.
    """
    b, c = IMPORT_LEADS.c, LEADS.c
    brought = select(b.import_id, b.lead)
    named = exists().where(b.import_id == c.waiting_import, b.lead == c.lead)
    # the first condition spares the second for nearly all: an event names the import last
    unnamed = c.imported.is_distinct_from(c.waiting_import), ~named
    coming = select(c.waiting_import.label("import_id"), c.lead)
    coming = coming.where(c.waiting_import != "", *unnamed)
    if idents:
        brought = brought.where(b.import_id.in_(idents))
        coming = coming.where(c.waiting_import.in_(idents))
    return union_all(brought, coming)


def find_lead(connection: Connection, lead: str) -> LeadRow | None:
    """The row of a lead, None if it was never captured."""
    found = connection.execute(rows_of_leads().where(LEADS.c.lead == lead, is_known()))
    row = found.one_or_none()
    return None if row is None else LeadRow(*row)


def leads_page(
    connection: Connection, wanted: LeadFilter, limit: int, after: tuple[float, str] | None = None
) -> list[LeadRow]:
    """So many leads, those first that came first to their place, behind the `since` and `lead` of
    the last one of the page before."""
    c = LEADS.c
    if wanted.place is None:
        since, here = _since(), is_known()
    elif wanted.place is Place.IN_FLIGHT:
        before = and_(c.place.is_(None), c.waiting_offset.is_not(None))
        since, here = _since(), or_(c.place == str(wanted.place), before)
    else:
        since, here = c.place_at, c.place == str(wanted.place)  # as the index has them
    asked = rows_of_leads(since).where(here)
    named = (c.owner, wanted.owner), (c.source, wanted.source), (c.place_kind, wanted.reason)
    for column, value in named:
        if value:
            asked = asked.where(column == value)
    if wanted.imported:
        brought = leads_of_imports(wanted.imported).subquery()
        asked = asked.where(c.lead.in_(select(brought.c.lead)))
    if after is not None:
        asked = asked.where(tuple_(since, c.lead) > tuple_(*after))
    found = connection.execute(asked.order_by(since, c.lead).limit(limit))
    return [LeadRow(*row) for row in found]


def _since() -> ColumnElement[Any]:
    return func.coalesce(LEADS.c.place_at, LEADS.c.waiting_at)


def rows_of_leads(since: ColumnElement[Any] | None = None) -> Select[Any]:
    """The columns of LeadRow; `since` is how an index has its time."""
    c = LEADS.c
    since = _since() if since is None else since
    return select(
        c.lead,
        place_of(),
        since,
        func.coalesce(c.source, c.waiting_source),
        c.company,
        c.domain,
        c.owner,
        c.points,
        c.high_intent,
        c.place_rules,
        c.place_shadow,
    )
