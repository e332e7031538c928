"""`leadgate release`: leads that passed the gates in shadow are sent through them again, live."""

from collections.abc import Collection

from app.kafka import producing
from app.settings import Settings
from app.telling import RESTING, tell_lead
from app.trail import Moves, trail
from leads.records import Audit


async def release(settings: Settings, leads: Collection[str], lists: Collection[str], now: float) -> dict[str, int]:
    """Release these leads, those of these lists, or all, as far as they have come to rest in shadow.

    Answers how many were released, and how many shadow leads are not at rest: those wait for a person or are under way,
    and can be released when they have arrived.
    """
    moves = Moves()
    shadow: dict[str, int] = {}  # by lead, the step at which it was last written in shadow
    async for event in trail(settings, leads if not lists else ()):
        if event.kind == "written" and event.step >= shadow.get(event.lead, 0):
            if (event.outcome or {}).get("would"):
                shadow[event.lead] = event.step
            elif shadow.pop(event.lead, None) is not None:
                moves.latest.pop(event.lead, None)  # a site has more live leads than it could hold in memory
        if event.lead in shadow:
            moves.note(event)
    chosen = [event for event in moves.latest.values() if _is_chosen(event, leads, lists)]
    ready = [e for e in chosen if e.place in RESTING]
    async with producing(settings) as producer:
        for event in ready:
            await tell_lead(producer, event, "released", now)
    return {"released": len(ready), "not_at_rest": len(chosen) - len(ready)}


def _is_chosen(event: Audit, leads: Collection[str], lists: Collection[str]) -> bool:
    if not leads and not lists:
        return True
    return event.lead in leads or bool(set(event.inputs["record"].get("lists", ())) & set(lists))
