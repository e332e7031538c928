"""The order of a lead's events. Machines' clocks differ: what a lead passed first comes first,
whatever time its event says."""

from collections.abc import Iterable
from typing import NamedTuple

from leads.audit_kinds.model import LEAD_STAGES
from leads.keys import STEPS_A_REVISION

_ORDER = {name: number for number, name in enumerate(LEAD_STAGES)}


class EventStamp(NamedTuple):
    """What orders an event: its id, the stage that wrote it, the lead's step, the cause, and the
    time by the clock of the machine that decided."""

    id: str
    stage: str
    step: int
    cause: str
    at: float


def times_of(events: Iterable[EventStamp]) -> dict[str, float]:
    """By id the times in which one lead's events are taken: none is before the event that caused
    it, nor before one of an earlier stage and step of the same revision."""
    times: dict[str, float] = {}
    passed: list[tuple[EventStamp, float]] = []
    for event in sorted(events, key=lambda one: (one.step, _ORDER.get(one.stage, -1), one.at)):
        before = [at for other, at in passed if _precedes(other, event)]
        time = max(event.at, times.get(event.cause, 0.0), *before, 0.0)
        times[event.id] = time
        passed.append((event, time))
    return times


def _precedes(one: EventStamp, other: EventStamp) -> bool:
    if one.step >= other.step or one.stage not in _ORDER or other.stage not in _ORDER:
        return False
    same = one.step // STEPS_A_REVISION == other.step // STEPS_A_REVISION
    return same and _ORDER[one.stage] < _ORDER[other.stage]
