"""How far apart an endpoint's calls must lie, so that those of its day last until the day's end.

Source: docs/design/vendors.md Apollo 3: a window of 24 hours opens with its first call.
"""

from collections.abc import Callable

_DAY = 86_400.0
#: The endpoints that the poller asks for contacts and for messages.
SEARCH = "contacts/search"
POLLED = (SEARCH, "emailer_messages/search")
#: Of a day's calls, for other calls of the same endpoint: the state of sequences, looked up by
#: address.
RESERVE = 0.2
#: A rise of what is left by this part of the limit shows that a new window has opened; answers that
#: overtake each other differ by less.
_NEW_WINDOW = 0.1


class DayPace:
    """The day of one endpoint, as its answers tell it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.limit = 0  # 0 while no answer has named one, and for an unlimited day
        self._left, self._opened, self._calls = 0, 0.0, 0
        self._fewest = 0

    def note(self, limit: str, left: str) -> None:
        """Read one answer's numbers, '' for those that it hasn't got."""
        self._calls += 1
        if not limit or not left:
            return
        if not self.limit or int(left) - self._left > self.limit * _NEW_WINDOW:
            self._opened = self._clock()
        self.limit, self._left = int(limit), int(left)

    def spacing(self) -> float:
        """Seconds between two calls that spread what is left over the rest of the day."""
        if not self.limit:
            return 0.0
        rest = max(self._opened + _DAY - self._clock(), 0.0)
        return rest / max(self._left - self.limit * RESERVE, 1.0)

    def until_refilled(self, kept: float) -> float:
        """Seconds until the day's end if no more is left than a part of the limit that is kept for
        other calls, else 0."""
        if not self.limit or self._left > self.limit * kept:
            return 0.0
        return max(self._opened + _DAY - self._clock(), 0.0)

    def after_pass(self) -> float:
        """Seconds until the next pass is due; to be asked once a pass.

        A pass counts for as many calls as the shortest so far has made, for a long one comes
        seldom.
        """
        made, self._calls = self._calls, 0
        if made:
            self._fewest = min(made, self._fewest or made)
        return self.spacing() * self._fewest


def slower(name: str, pace: DayPace, every: float) -> list[str]:
    """A line for a person if the plan allows an endpoint less than a call each `every` seconds."""
    allowed = pace.limit * (1.0 - RESERVE)
    if not pace.limit or allowed * every >= _DAY:
        return []
    said = (
        f"Apollo's plan allows {pace.limit} calls of {name} a day: it is polled every"
        f" {_DAY / allowed:.0f} seconds at the most, not every {every:.0f}"
    )
    return [said]
