"""When a vendor may be called.

A failure stops all calls for a while; then one call alone finds out how things stand.

    closed     every call goes
    open       no call goes until the wait is over
    half_open  the wait is over: one call goes, the probe, and the others wait for how it ends

The probe's success closes the circuit. Its failure opens it again for twice as long, up to a
minute.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

State: TypeAlias = Literal["closed", "open", "half_open"]
LONGEST = 60.0
#: Seconds for which a call is put off that asks while the probe is on its way.
PROBE_WAIT = 2.0
#: A probe that has not ended after so many seconds is given up, and another call may take its
#: place.
PROBE_LIMIT = 60.0
#: A vendor that fails again sooner than this after it was well has not been well: it is the same
#: outage.
STEADY = 60.0


@dataclass(slots=True)
class Circuit:
    """One vendor's, or one optional feature's. `now` is seconds by any clock that only grows.

    A call asks `put_off`, then takes a ticket by `admit`, and ends it with `succeed`, `fail` or
    `withdraw`. What a call says that began before the circuit last changed neither closes it nor
    opens it again.
    """

    now: Callable[[], float]
    opened_until: float = 0.0
    wait: float = 0.0
    down: bool = False
    answered_at: float = float("-inf")  # when a call last succeeded, whenever it began
    _turn: int = 0
    _probe_until: float = 0.0
    _closed_at: float = float("-inf")

    @property
    def state(self) -> State:
        """The state, for metrics and for answers to why leads wait."""
        if not self.down:
            return "closed"
        if self.now() < self.opened_until:
            return "open"
        return "half_open"

    @property
    def is_steady(self) -> bool:
        """It is closed, and has been for long enough that the last outage is over."""
        return not self.down and self.now() >= self._closed_at + STEADY

    def put_off(self) -> float:
        """Seconds until a call may ask again, 0 if one may go now."""
        if not self.down:
            return 0.0
        now = self.now()
        if now < self.opened_until:
            return self.opened_until - now
        if now < self._probe_until:
            return PROBE_WAIT
        return 0.0

    def admit(self) -> int:
        """A ticket for a call that goes now: the probe's, if the circuit isn't closed."""
        if self.down:
            self._turn += 1
            self._probe_until = self.now() + PROBE_LIMIT
        return self._turn

    def is_probe(self, ticket: int) -> bool:
        """Whether this call goes alone, so that what becomes of it is due to nothing else."""
        return self.down and ticket == self._turn

    def succeed(self, ticket: int) -> None:
        """The vendor has answered."""
        self.answered_at = self.now()
        if self.is_probe(ticket):
            self.down, self.wait, self._probe_until = False, 0.0, 0.0
            self._closed_at = self.answered_at

    def fail(self, ticket: int, after: float) -> None:
        """The vendor has failed; it is tried again in `after` seconds at the least."""
        now = self.now()
        if ticket == self._turn:
            self.wait = min(LONGEST, self.wait * 2 if self.down else 1.0)
            self.opened_until = now + max(self.wait, after)
            self._turn += 1
            self._probe_until, self.down = 0.0, True
        elif self.down:
            # it left together with the one that opened it: one failure, the longer wait
            self.opened_until = max(self.opened_until, now + after)

    def withdraw(self, ticket: int) -> None:
        """The call has ended without an answer: another may be the probe.

        Does nothing if its end was noted before.
        """
        if self.is_probe(ticket):
            self._probe_until = 0.0
