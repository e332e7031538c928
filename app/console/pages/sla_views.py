"""Which clocks pages show together."""

from typing import Literal, NamedTuple, TypeAlias, get_args

from app.console.clock_rows import ClockCounts, ClockFilter, State

#: Seconds before its deadline in which a clock is at risk.
AT_RISK = 1800.0
#: Seconds after its deadline for which a clock that has ended is shown.
SHOWN_FOR = 7 * 86_400.0
ViewName: TypeAlias = Literal["due", "running", "breached", "met"]


class View(NamedTuple):
    """Clocks of a state, in words; `soon` are those that are at risk, or late already."""

    title: str
    state: State
    soon: bool = False

    def clocks(self, now: float, team: str = "", owner: str = "") -> ClockFilter:
        """What they are asked by."""
        since = 0.0 if self.state == "opened" else now - SHOWN_FOR
        return ClockFilter(self.state, team, owner, since, now + AT_RISK if self.soon else None)


#: In the order in which the page offers them.
VIEWS: dict[ViewName, View] = {
    "due": View("Due within 30 minutes, or late", "opened", soon=True),
    "running": View("Running", "opened"),
    "breached": View("Missed, last 7 days", "breached"),
    "met": View("Met, last 7 days", "met"),
}
assert {*get_args(ViewName)} == {*VIEWS} == {*ClockCounts._fields}
