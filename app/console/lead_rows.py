"""Leads as rows of the read model: one, or those of a place by pages."""

from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)

from app.console.schema import LEADS
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


class LeadFilter(NamedTuple):
    """The leads of a place; with an owner's address or a source, those of them."""

    place: Place
    owner: str = ""
    source: str = ""


def is_known() -> ColumnElement[bool]:
    """Whether a row of LEADS was captured, or has a place by an event."""
    return or_(LEADS.c.place_step.is_not(None), LEADS.c.waiting_offset.is_not(None))


def place_of() -> ColumnElement[str]:
    """The place of a row of LEADS: in flight before its first event."""
    # as a parameter it would be another expression in GROUP BY, to PostgreSQL
    return func.coalesce(LEADS.c.place, literal_column(f"'{Place.IN_FLIGHT}'"))


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
    if wanted.place is Place.IN_FLIGHT:
        since, here = _since(), and_(place_of() == str(wanted.place), is_known())
    else:
        since, here = c.place_at, c.place == str(wanted.place)  # as the index has them
    asked = rows_of_leads(since).where(here)
    for column, value in ((c.owner, wanted.owner), (c.source, wanted.source)):
        if value:
            asked = asked.where(column == value)
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
