"""The order in which a lead's events are taken: whatever its machines' clocks say."""

import random

from hypothesis import given
from hypothesis import strategies as st

from leads.audit_kinds.model import LEAD_STAGES
from streams.rebuild.ordering import EventStamp, times_of


def chain(skews: list[float]) -> list[EventStamp]:
    """One lead's way through all gates, each decided a second after the last, by clocks that are
    wrong by so many seconds."""
    return [
        EventStamp(f"e{n}", stage, n, f"e{n - 1}", 1e6 + n + skew)
        for n, (stage, skew) in enumerate(zip(LEAD_STAGES, skews, strict=True))
    ]


_SKEWS = st.lists(st.floats(-7200, 7200), min_size=len(LEAD_STAGES), max_size=len(LEAD_STAGES))


@given(_SKEWS, st.integers())
def test_a_lead_passes_its_gates_in_order_whatever_the_clocks_say(
    skews: list[float], seed: int
) -> None:
    events = chain(skews)
    shuffled = random.Random(seed).sample(events, len(events))
    times = times_of(shuffled)
    assert [times[event.id] for event in events] == sorted(times.values())
    assert all(times[event.id] >= event.at for event in events)


@given(_SKEWS)
def test_events_in_order_keep_their_own_times(skews: list[float]) -> None:
    steady = [min(skews)] * len(skews)
    assert all(times_of(chain(steady))[event.id] == event.at for event in chain(steady))


def test_a_clock_that_ends_later_holds_no_later_step_back() -> None:
    """Events of the SLA stage carry the step at which their clock was started."""
    late = EventStamp("breach", "sla", 2, "tick", 9000.0)
    after = EventStamp("e7", "engage", 7, "e6", 200.0)
    assert times_of([late, after])["e7"] == 200.0


def test_a_later_revision_does_not_wait_for_what_an_earlier_one_still_waits_for() -> None:
    waits = EventStamp("held", "assign", 6, "due", 9000.0)
    revised = EventStamp("engaged", "engage", 1030, "e", 200.0)
    assert times_of([waits, revised])["engaged"] == 200.0
