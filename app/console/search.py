"""From what a person types to rows of leads."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, or_

from app.console.lead_rows import LeadRow, is_known, rows_of_leads
from app.console.schema import LEADS
from leads.lead_ids import SHORTEST_PREFIX

#: Leads that an address's domain is narrowed to before their people are opened.
MOST_CANDIDATES = 200
_WILD = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


class Wanted(NamedTuple):
    """What was typed: with an address, `email` is that and `text` its domain."""

    text: str
    email: str


def read_wanted(text: str) -> Wanted:
    """What a person looks for."""
    text = text.strip().casefold().replace("\0", "")
    local, at, domain = text.rpartition("@")
    return Wanted(domain, text) if at and local and domain else Wanted(text, "")


def search_leads(connection: Connection, text: str, limit: int) -> list[LeadRow]:
    """Leads whose id begins with a text, and those whose company, domain or owner contains it; the
    latest first."""
    if not text:
        return []
    c = LEADS.c
    within = f"%{text.translate(_WILD)}%"
    found: list[ColumnElement[bool]] = [
        func.lower(column).like(within, escape="\\") for column in (c.company, c.domain, c.owner)
    ]
    if len(text) >= SHORTEST_PREFIX:
        found.append(c.lead.startswith(text, autoescape=True))
    asked = rows_of_leads().where(is_known(), or_(*found))
    rows = connection.execute(asked.order_by(c.place_at.desc(), c.lead).limit(limit))
    return [LeadRow(*row) for row in rows]
