"""From what a person types to rows of leads."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, or_, select

from app.console.lead_rows import LeadRow, rows_of_leads
from app.console.schema import LEADS
from leads.lead_ids import SHORTEST_PREFIX

#: Leads that an address's domain is narrowed to before their people are opened.
MOST_CANDIDATES = 1_000
_WILD = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


class Wanted(NamedTuple):
    """What was typed, as `search_leads` takes it; `domain` of an address, '' for another text."""

    text: str
    domain: str


def read_wanted(text: str) -> Wanted:
    """What a person looks for."""
    text = text.strip().casefold().replace("\0", "")
    local, at, domain = text.rpartition("@")
    return Wanted(text, domain if at and local else "")


def search_leads(connection: Connection, text: str, limit: int) -> list[LeadRow]:
    """Leads whose id begins with a text, and those whose company, domain or owner contains it; the
    latest first."""
    if not text:
        return []
    found = _has(f"%{text.translate(_WILD)}%")
    if len(text) >= SHORTEST_PREFIX:
        found = or_(found, LEADS.c.lead.startswith(text, autoescape=True))
    return _latest(connection, found, limit)


def leads_of_domain(connection: Connection, domain: str, limit: int) -> list[LeadRow]:
    """Leads whose company's name or domain contains this one; the latest first."""
    return _latest(connection, _has(f"%{domain.translate(_WILD)}%\n%"), limit)  # owners come last


def _has(pattern: str) -> ColumnElement[bool]:
    return LEADS.c.search.like(pattern, escape="\\")


def _latest(connection: Connection, found: ColumnElement[bool], limit: int) -> list[LeadRow]:
    """The index console_leads_search has all that is asked before the rows are."""
    c = LEADS.c
    order = (c.place_at.is_(None), c.place_at.desc(), c.lead)
    known = or_(c.place_at.is_not(None), c.waiting_offset.is_not(None))
    leads = select(c.lead).where(found, known).order_by(*order).limit(limit)
    rows = connection.execute(rows_of_leads().where(c.lead.in_(leads)).order_by(*order))
    return [LeadRow(*row) for row in rows]
