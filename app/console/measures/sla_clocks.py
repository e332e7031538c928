"""SLA clocks of intent leads: met or breached, and how long the first contact took."""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection

from app.console.measures.cohorts import Window
from app.console.measures.counting import Counted
from app.console.measures.lead_steps import LeadStep, by_lead, lead_steps
from app.console.schema import EVENTS

_ENDS = {"sla_met": "met", "breached": "breached"}


def count_clocks(connection: Connection, window: Window) -> list[Counted]:
    """Clocks by the day on which they ended, each with its team and its rules; without those that
    were started in shadow."""
    wanted = EVENTS.c.kind.in_(("sla_started", *_ENDS))
    return judge_clocks(lead_steps(connection, window, tuple(_ENDS), wanted), window)


def judge_clocks(steps: Iterable[LeadStep], window: Window) -> list[Counted]:
    """The same from events."""
    clocks = (clock for one in by_lead(steps) for clock in _clocks(one))
    return [one for one in clocks if window.first <= one.day <= window.last]


def _clocks(steps: Sequence[LeadStep]) -> Iterator[Counted]:
    """The clocks of a lead that ended: a start, and what follows it up to the next one."""
    starts = [i for i, one in enumerate(steps) if one.kind == "sla_started"]
    for begin, end in zip(starts, [*starts[1:], len(steps)], strict=True):
        start, ends = steps[begin], steps[begin + 1 : end]
        if ends and not start.shadow:
            yield _ended(start, ends)


def _ended(start: LeadStep, ends: Sequence[LeadStep]) -> Counted:
    """The first end counts; a contact after the breach tells how late it was."""
    contact = next((one.outcome.seconds for one in ends if one.kind == "sla_met"), None)
    return Counted(
        ends[0].day, _ENDS[ends[0].kind], start.rules, start.outcome.team, seconds=contact
    )
