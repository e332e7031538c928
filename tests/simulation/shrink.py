"""A failing plan made small, and printed as a short story."""

from collections.abc import Callable
from dataclasses import replace

from tests.simulation.plan import Event, Plan

_TRIES = 150


def shrink(plan: Plan, fails: Callable[[Plan], bool]) -> Plan:
    """Leave out events, many at once and then one by one, as long as it still fails."""
    left = _TRIES
    if plan.replayed and fails(replace(plan, replayed=False)):
        plan = replace(plan, replayed=False)
    size = max(1, len(plan.events) // 2)
    while size and left > 0:
        smaller = None
        for start in range(0, len(plan.events), size):
            gone = [e for e in plan.events[start : start + size] if e.kind != "synced"]
            if not gone:
                continue
            candidate = replace(plan, events=tuple(e for e in plan.events if e not in gone))
            left -= 1
            if candidate.events and fails(candidate):
                smaller = candidate
                break
        if smaller is not None:
            plan = smaller
            size = min(size, len(plan.events))
        else:
            size //= 2
    return plan


def tell(plan: Plan, breaches: list[str]) -> str:
    """What happened and what was broken, for a person."""
    about = {event.about for event in plan.events if event.about >= 0}
    leads = [
        f"  lead {i}: {plan.world.leads[i].case}, {plan.world.leads[i].raw['email']}"
        for i in sorted(about)
    ]
    events = [f"  {event.at:6.1f} s  {_say(event)}" for event in plan.events]
    replayed = ["  at rest: replayed"] if plan.replayed else []
    return "\n".join(
        [
            f"seed {plan.seed}",
            *leads,
            *events,
            *replayed,
            *(f"  => {line}" for line in breaches[:8]),
        ]
    )


def _say(event: Event) -> str:
    parts = [event.kind]
    parts += [f"lead {event.about}"] if event.about >= 0 else []
    parts += [event.value] if event.value else []
    parts += [f"for {event.seconds:g} s"] if event.seconds else []
    parts += [f"({event.number})"] if event.number else []
    return " ".join(parts)
