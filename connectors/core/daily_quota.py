"""A vendor's limit of a day or an hour: shortly before it is reached the connector stops by itself,
says so, and tries again later."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from connectors.core.errors import QuotaExhausted, Unavailable, VendorError

#: Seconds until the limit is tried again. Vendors' days end at midnight of the account's own zone,
#: or are sliding windows, and few vendors say which.
PAUSE = 900.0


class DailyQuota:
    """`what` is spent: "Salesforce's calls of the day".

    `usage` returns, from an answer's headers, a text if the limit is near, else ''.

    `refusal` is what is raised then: an EndpointSpent where the limit is not the whole
    account's.
    """

    def __init__(
        self,
        what: str,
        clock: Callable[[], float],
        usage: Callable[[Mapping[str, str]], str] = lambda _: "",
        refusal: type[Unavailable] = Unavailable,
    ) -> None:
        self._what, self._clock, self._usage, self._refusal = what, clock, usage, refusal
        self._closed_until, self._spent, self._reached = 0.0, "", False

    def check(self, *, urgent: bool = False) -> None:
        """Return if a call may leave; an urgent one takes what is spared for people.

        Raises Unavailable, with the time at which it is tried again.
        """
        left = self._closed_until - self._clock()
        if left > 0 and (self._reached or not urgent):
            again = datetime.fromtimestamp(self._closed_until, UTC).strftime("%H:%M UTC")
            said = f"{self._what} are spent or nearly so ({self._spent}); tried again at {again}"
            raise self._refusal(said, left, not_sent=True)

    def note(self, headers: Mapping[str, str], problem: VendorError | None) -> None:
        """Read one answer. Raises Unavailable when it says that the day's limit is reached."""
        reached = isinstance(problem, QuotaExhausted)
        spent = str(problem) if reached else self._usage(headers)
        if spent:
            self._closed_until, self._spent, self._reached = self._clock() + PAUSE, spent, reached
        if reached:
            self.check()
