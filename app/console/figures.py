"""What pages ask of the read model: each a question or two, answered from an index.

Times are seconds since 1970; days are counted from 1970, UTC.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    func,
    select,
)

from app.console.lead_rows import is_known, place_of
from app.console.schema import EVENTS, LEADS, LISTS
from leads.records import WAITING_PLACES, Audit, Place

_WAITS = tuple(sorted(WAITING_PLACES))
_EVENT = msgspec.json.Decoder(Audit)


class WaitingCount(NamedTuple):
    """How many leads wait at a place for one reason, and since when the first of them does."""

    place: str
    kind: str
    leads: int
    oldest: float


def count_places(connection: Connection) -> dict[str, int]:
    """The number of leads in each place, zeros included: their sum is what was captured."""
    c, counts = LEADS.c, {str(place): 0 for place in Place if place}
    asked = select(c.place, func.count()).where(c.place.is_not(None)).group_by(c.place)
    for place, count in connection.execute(asked):
        counts[place] = count
    before = select(func.count()).where(c.place.is_(None), c.waiting_offset.is_not(None))
    counts[Place.IN_FLIGHT] += connection.scalar(before) or 0
    return counts


def count_leads(
    connection: Connection, column: ColumnElement[Any]
) -> dict[tuple[Any, str], int]:
    """The number of leads by a column of LEADS (owner, source, place_rules …) and by place."""
    asked = select(column, place_of(), func.count()).where(is_known()).group_by(column, place_of())
    return {(value, place): count for value, place, count in connection.execute(asked)}


def count_on_lists(connection: Connection) -> dict[tuple[str, str], int]:
    """The number of leads by each list that they are on now, and by place."""
    now_on = and_(LISTS.c.lead == LEADS.c.lead, LISTS.c.step == LEADS.c.about_step)
    asked = select(LISTS.c.list, place_of(), func.count()).join_from(LISTS, LEADS, now_on)
    found = connection.execute(asked.group_by(LISTS.c.list, place_of()))
    return {(name, place): count for name, place, count in found}


def count_waiting(connection: Connection) -> list[WaitingCount]:
    """What leads wait for, what most wait for first."""
    c = LEADS.c
    asked = select(c.place, c.place_kind, func.count(), func.min(c.place_at))
    asked = asked.where(c.place.in_(_WAITS)).group_by(c.place, c.place_kind)
    found = [WaitingCount(*row) for row in connection.execute(asked)]
    return sorted(found, key=lambda one: (-one.leads, one.place, one.kind))


def oldest_by_place(waiting: Iterable[WaitingCount]) -> dict[str, float]:
    """Since when the first lead waits in each place; without the places where none does."""
    oldest: dict[str, float] = {}
    for one in waiting:
        oldest[one.place] = min(one.oldest, oldest.get(one.place, one.oldest))
    return oldest


def story(connection: Connection, lead: str) -> list[Audit]:
    """The events of a lead in order, without their inputs; what is personal of them is sealed."""
    c = EVENTS.c
    first = case((c.kind == "captured", 0), else_=1)
    asked = select(c.record).where(c.lead == lead).order_by(c.at, c.step, first, c.log_offset)
    return [_EVENT.decode(record) for (record,) in connection.execute(asked)]


def count_by_kind(
    connection: Connection, kinds: Sequence[str], first: int, last: int
) -> dict[str, int]:
    """How many leads had an event of these kinds from one day to another; without what was only
    decided in shadow."""
    found = connection.execute(_leads_by_kind(kinds, first, last))
    return {kind: count for kind, count in found}  # noqa: C416


def count_by_day(
    connection: Connection, kinds: Sequence[str], first: int, last: int
) -> dict[tuple[int, str], int]:
    """The same on each day."""
    day = EVENTS.c.day
    found = connection.execute(_leads_by_kind(kinds, first, last).add_columns(day).group_by(day))
    return {(day, kind): count for kind, count, day in found}


def _leads_by_kind(kinds: Sequence[str], first: int, last: int) -> Select[Any]:
    c = EVENTS.c
    asked = select(c.kind, func.count(c.lead.distinct()))
    return asked.where(c.day.between(first, last), c.kind.in_(kinds), ~c.shadow).group_by(c.kind)


def count_stopped_by_list(
    connection: Connection, suppression: str, first: int, last: int
) -> dict[tuple[int, str], int]:
    """How many leads of each list were stopped by a signal (bounce, unsubscribe …) on each day."""
    c = EVENTS.c
    asked = select(c.day, LISTS.c.list, func.count(c.lead.distinct()))
    asked = asked.join_from(EVENTS, LISTS, LISTS.c.lead == c.lead)
    asked = asked.where(c.day.between(first, last), c.kind == "suppressed")
    asked = asked.where(c.suppression == suppression, ~c.shadow)
    found = connection.execute(asked.group_by(c.day, LISTS.c.list))
    return {(day, name): count for day, name, count in found}
