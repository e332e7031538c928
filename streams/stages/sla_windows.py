"""sla-outcomes -> the windows in which breaches are counted, by team and hour.

Faust computes the ranges. The rows lie in the worker's own state, since a windowed table of Faust
forgets after a restart which of its rows expire, and sends its changelog without awaiting the
broker (docs/faust.md).
"""

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from leads import topics
from leads.gates.sla_windows import HOUR, SlaWindows, SlaWindowsState, window_key
from leads.records import SlaOutcome
from streams.runner.model import Stage
from tables.schema import SLA_WINDOW_SPANS, SLA_WINDOWS
from tables.state import BatchView

if TYPE_CHECKING:
    from faust.windows import TumblingWindow

KEPT = timedelta(days=topics.SLA_WINDOW_DAYS)


@lru_cache
def windows() -> "TumblingWindow":
    """An hour each. Faust takes a second to import: commands that only name the stages don't."""
    from faust.windows import TumblingWindow  # noqa: PLC0415

    return TumblingWindow(timedelta(seconds=HOUR), expires=KEPT)


def make() -> Stage:
    """The stage of the SLA windows."""
    return Stage(
        gate=SlaWindows(),
        inputs={topics.SLA_OUTCOMES: SlaOutcome},
        load_state=read,
        state_type=SlaWindowsState,
        writes=(SLA_WINDOWS, SLA_WINDOW_SPANS),
        retry_topic=topics.SLA_OUTCOMES,
    )


def read(record: SlaOutcome, view: BatchView) -> SlaWindowsState:
    """The window of the outcome's deadline, and since when its team has windows."""
    start = int(windows().current(record.deadline)[0])
    span = view.get(SLA_WINDOW_SPANS, record.team)
    latest = start if span is None else max(span.last, start)
    return SlaWindowsState(
        start=start,
        oldest=int(windows().delta(latest, KEPT)[0]),
        window=view.get(SLA_WINDOWS, window_key(record.team, start)),
        span=span,
    )
