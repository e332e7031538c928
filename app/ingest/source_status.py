"""When a poller has read each source: its metrics, and whether it is ready."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from app.monitoring.metrics import PollerMetrics
from connectors.core.errors import VendorError
from leads.times import format_duration
from streams.ports import Clock

#: A source counts as read if its last pass ended at most so many intervals ago, plus seconds for
#: the pass itself.
_INTERVALS, _A_PASS = 3, 60.0


class Passes:
    """The passes over each source. `every` gives the seconds between two passes, by source."""

    def __init__(self, clock: Clock, every: Mapping[str, float]) -> None:
        self.metrics = PollerMetrics()
        self._clock, self._every = clock, {**every}
        self._ended: dict[str, float] = {}
        self._failures: dict[str, str] = {}

    def expect(self, source: str, seconds: float) -> None:
        """The next pass over a source comes so many seconds from now."""
        self._every[source] = seconds

    @contextmanager
    def over(self, source: str) -> Iterator[None]:
        """Wrap one pass over a source. A vendor's error is noted and raised again."""
        try:
            yield
        except VendorError as error:
            self._failures[source] = str(error)
            self.metrics.failed(source)
            raise
        self._failures.pop(source, None)
        self._ended[source] = self._clock.now()
        self.metrics.succeeded(source, self._ended[source])

    async def why_not_ready(self) -> list[str]:
        """A line for each source that was not read to its end recently."""
        return list(filter(None, map(self._why_not, self._every)))

    def _why_not(self, source: str) -> str:
        state = "not read yet"
        if (ended := self._ended.get(source)) is not None:
            age = self._clock.now() - ended
            if age <= self._every[source] * _INTERVALS + _A_PASS:
                return ""
            state = f"not read for {format_duration(age)}"
        if why := self._failures.get(source):
            state += f" ({why})"
        return f"{source}: {state}"
