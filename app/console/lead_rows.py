"""Leads as rows of the read model: one, or those of a place by pages."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, tuple_

from app.console.schema import LEADS
from leads.records import Place


class LeadRow(NamedTuple):
    """A lead; `since` is when it came to its place, or in flight, when its record came."""

    lead: str
    place: str
    since: float | None
    source: str | None
    company: str | None
    domain: str | None
    owner: str | None
    points: int | None
    high_intent: str | None
    rules: str | None
    shadow: bool | None


class LeadFilter(NamedTuple):
    """The leads of a place; with an owner's address or a source, those of them."""

    place: Place
    owner: str = ""
    source: str = ""


def find_lead(connection: Connection, lead: str) -> LeadRow | None:
    """The row of a lead, None if it was never captured."""
    asked = _rows(_since()).where(LEADS.c.lead == lead, or_(*_known()))
    found = connection.execute(asked).one_or_none()
    return None if found is None else _row(found)


def leads_page(
    connection: Connection, wanted: LeadFilter, limit: int, after: tuple[float, str] | None = None
) -> list[LeadRow]:
    """So many leads, those first that came first to their place, behind the `since` and `lead` of
    the last one of the page before."""
    c = LEADS.c
    # an expression would not be found in the index; what is in flight is little
    since = _since() if wanted.place is Place.IN_FLIGHT else c.place_at
    asked = _rows(since).where(_is_at(wanted.place))
    for column, value in ((c.owner, wanted.owner), (c.source, wanted.source)):
        if value:
            asked = asked.where(column == value)
    if after is not None:
        asked = asked.where(tuple_(since, c.lead) > tuple_(*after))
    found = connection.execute(asked.order_by(since, c.lead).limit(limit))
    return [_row(values) for values in found]


def _known() -> tuple[ColumnElement[bool], ...]:
    """Of a lead one of these holds: others are of events that move nobody."""
    return LEADS.c.place_step.is_not(None), LEADS.c.waiting_offset.is_not(None)


def _since() -> ColumnElement[Any]:
    return func.coalesce(LEADS.c.place_at, LEADS.c.waiting_at)


def _is_at(place: Place) -> ColumnElement[bool]:
    here = LEADS.c.place == str(place)
    if place is Place.IN_FLIGHT:
        return or_(here, and_(LEADS.c.place.is_(None), LEADS.c.waiting_offset.is_not(None)))
    return here


def _rows(since: ColumnElement[Any]) -> Select[Any]:
    c = LEADS.c
    return select(
        c.lead,
        c.place,
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


def _row(values: Any) -> LeadRow:
    row = LeadRow(*values)
    return row if row.place is not None else row._replace(place=str(Place.IN_FLIGHT))
