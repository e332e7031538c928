"""SLA windows: which clocks of a team were opened, met and breached, by the hour of their deadline.

Ids are held, not counts, so that a record which comes twice counts once.
"""

from msgspec.structs import replace

from leads.decision import Decision, TableWrite
from leads.effect_results import EffectResult
from leads.records import Place, Record, SlaOutcome
from leads.rules import Rules
from leads.table_rows import SlaWindow, SlaWindowSpan

HOUR = 3600
#: A team's windows are deleted so many an outcome: after a pause of a year there are thousands.
MOST_DELETIONS = 1000


class SlaWindowsState(Record, frozen=True, kw_only=True):
    """The window of a record and the span of its team's windows.

    `start` is when the window begins, `oldest` when the oldest window begins that is kept; both
    in whole seconds since 1970, UTC.
    """

    start: int
    oldest: int
    window: SlaWindow | None = None
    span: SlaWindowSpan | None = None


class SlaWindows:
    """Files an outcome into its window, and deletes windows that have expired."""

    name = "sla_windows"
    logic = 1

    def decide(
        self,
        record: SlaOutcome,
        seen: SlaWindowsState,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
    ) -> Decision:
        """`counted`; or `unchanged` for what is in its window already, what has expired, and what
        happened in shadow: an outcome counts only for a clock whose opening was live."""
        del done, rules, now
        window = _filed(seen.window or SlaWindow(), record)
        if seen.start < seen.oldest or window is None:
            return Decision(kind="unchanged", place=Place.NOWHERE)
        return Decision(kind="counted", place=Place.NOWHERE, puts=_writes(record, seen, window))


def window_key(team: str, start: int) -> str:
    """The key of a team's window that begins at `start`."""
    return f"{start}/{team}"


def _filed(window: SlaWindow, record: SlaOutcome) -> SlaWindow | None:
    """The window with the outcome in it, None if that changes nothing."""
    known: tuple[str, ...] = getattr(window, record.kind)
    if record.clock_id in known:
        return None
    counts = not record.shadow if record.kind == "opened" else record.clock_id in window.opened
    return replace(window, **{record.kind: (*known, record.clock_id)}) if counts else None


def _writes(record: SlaOutcome, seen: SlaWindowsState, window: SlaWindow) -> tuple[TableWrite, ...]:
    span = seen.span or SlaWindowSpan(first=seen.start, last=seen.start)
    first = min(span.first, seen.start)
    kept_from = min(max(first, seen.oldest), first + MOST_DELETIONS * HOUR)
    expired = [
        TableWrite(table=SlaWindows.name, key=window_key(record.team, start), value=None)
        for start in range(first, kept_from, HOUR)
    ]
    now = SlaWindowSpan(first=kept_from, last=max(span.last, seen.start))
    return (
        *expired,
        TableWrite(table=SlaWindows.name, key=window_key(record.team, seen.start), value=window),
        TableWrite(table="sla_window_spans", key=record.team, value=now),
    )
