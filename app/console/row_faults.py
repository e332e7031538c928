"""What was wrong with the rows of an import, in the words of the rules that have judged them."""

from collections import Counter
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, select

from app.console.import_rows import FAULTY
from app.console.lead_rows import leads_of_imports
from app.console.schema import EVENTS, LEADS
from leads.gates.intake import Intake
from leads.records import Reason

#: Leads of which the reasons are read, those that came first.
MOST_READ = 1000


class ReasonCount(NamedTuple):
    """How many leads were stopped for a reason, in words."""

    place: str
    kind: str
    why: str
    leads: int


class _Judged(msgspec.Struct):
    """Decodes the reasons of an event alone."""

    trace: tuple[Reason, ...] = ()


_EVENT = msgspec.json.Decoder(_Judged)


def count_reasons(connection: Connection, ident: str) -> list[ReasonCount]:
    """Why leads of an import have not passed intake, the most frequent reason first. A lead with
    two reasons counts in both; of more than MOST_READ leads those that came first are read."""
    c = LEADS.c
    brought = leads_of_imports(ident).subquery()
    asked = select(c.place, c.place_kind, EVENTS.c.record)
    asked = asked.join_from(LEADS, EVENTS, EVENTS.c.id == c.place_event)
    asked = asked.where(c.lead.in_(select(brought.c.lead)))
    asked = asked.where(c.place.in_(FAULTY), c.place_stage == Intake.name)
    counts = Counter[tuple[str, str, str]]()
    for place, kind, record in connection.execute(
        asked.order_by(c.place_at, c.lead).limit(MOST_READ)
    ):
        reasons = {one.why for one in _EVENT.decode(record).trace if one.decisive}
        counts.update((place, kind, why) for why in reasons)
    found = [ReasonCount(*key, leads) for key, leads in counts.items()]
    return sorted(found, key=lambda one: (-one.leads, *one))
