"""`leadgate release`: leads that passed the gates in shadow are sent through them again, live."""

from collections.abc import Collection

from leadgate.app.audit import events_where, last_moves
from leadgate.app.kafka import producing
from leadgate.app.settings import Settings
from leadgate.app.telling import RESTING, tell_lead
from leadgate.leads.records import Audit


async def release(settings: Settings, leads: Collection[str], lists: Collection[str], now: float) -> dict[str, int]:
    """Release these leads, those of these lists, or all, as far as they have come to rest in shadow.

    Answers how many were released, and how many shadow leads are not at rest: those wait for a person or are under way,
    and can be released when they have arrived.
    """
    moves = await events_where(settings, lambda e: bool(e.place))
    written = last_moves(e for e in moves if e.kind == "written")
    shadow = {lead for lead, event in written.items() if (event.outcome or {}).get("would")}
    chosen = [e for lead, e in last_moves(moves).items() if lead in shadow and _is_chosen(e, leads, lists)]
    ready = [e for e in chosen if e.place in RESTING]
    async with producing(settings) as producer:
        for event in ready:
            await tell_lead(producer, event, "released", now)
    return {"released": len(ready), "not_at_rest": len(chosen) - len(ready)}


def _is_chosen(event: Audit, leads: Collection[str], lists: Collection[str]) -> bool:
    if not leads and not lists:
        return True
    return event.lead in leads or bool(set(event.inputs["record"].get("lists", ())) & set(lists))
