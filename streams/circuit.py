"""A vendor's failure told from a row's: the circuit opens, its leads are put off, and one alert tells of it."""

from dataclasses import dataclass

LONGEST = 60.0


@dataclass(slots=True)
class Circuit:
    """One vendor's. Open, no call is tried; the first after that is the probe."""

    opened_until: float = 0.0
    wait: float = 0.0
    down: bool = False

    def open(self, now: float, after: float) -> bool:
        """Note a failure, to be tried again in `after` seconds at the least; True if it is the first of an outage.

        Calls that fail together are one failure; one after another they double the wait, up to a minute.
        """
        if now >= self.opened_until:
            self.wait = min(LONGEST, self.wait * 2 if self.down else 1.0)
        self.opened_until = max(self.opened_until, now + max(self.wait, after))
        first, self.down = not self.down, True
        return first

    def close(self) -> None:
        """Note an answer: the vendor is well."""
        self.down = False

    def closed_in(self, now: float) -> float:
        """Seconds until the next call may try."""
        return max(0.0, self.opened_until - now)
