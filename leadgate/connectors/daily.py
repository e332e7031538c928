"""A vendor's limit of the day: near its end the connector stops by itself, says so, and looks again after a while."""

from collections.abc import Callable
from datetime import UTC, datetime

from leadgate.connectors.errors import Unavailable

PAUSE = 900.0


class Daily:
    """`what` is spent: "Salesforce's calls". Asked before each call, told after those whose answer says how much is left."""

    def __init__(self, what: str, clock: Callable[[], float]) -> None:
        self._what, self._clock = what, clock
        self._closed_until, self._spent = 0.0, ""

    def check(self) -> None:
        """Return if a call may leave. Raises Unavailable, with the time at which it is tried again."""
        left = self._closed_until - self._clock()
        if left > 0:
            again = datetime.fromtimestamp(self._closed_until, UTC).strftime("%H:%M UTC")
            raise Unavailable(
                f"{self._what} of the day are nearly spent ({self._spent}); tried again at {again}", left, undone=True
            )

    def pause(self, spent: str) -> None:
        """Let no call leave for a while; `spent` says how far it has come."""
        self._closed_until, self._spent = self._clock() + PAUSE, spent
