"""Which sources a poller has read lately: its metrics, and whether it is ready."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from app.monitoring.metrics import PollerMetrics
from connectors.core.errors import VendorError
from streams.ports import Clock

#: A source counts as read while its last pass ended less than so many intervals ago, and a minute
#: for the pass itself.
_INTERVALS, _A_PASS = 3, 60.0


class Passes:
    """The passes over each source. `every` gives the seconds between two passes, by source."""

    def __init__(self, clock: Clock, every: Mapping[str, float]) -> None:
        self.metrics = PollerMetrics()
        self._clock, self._every = clock, every
        self._ended: dict[str, float] = {}
        self._failures: dict[str, str] = {}

    @contextmanager
    def over(self, source: str) -> Iterator[None]:
        """Around one pass over a source. What a vendor raises is noted and raised on."""
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
        """A line for each source that was not read to its end lately."""
        return [line for source in self._every if (line := self._why_not(source))]

    def _why_not(self, source: str) -> str:
        ended, why = self._ended.get(source), self._failures.get(source)
        if (
            ended is not None
            and self._clock.now() - ended <= self._every[source] * _INTERVALS + _A_PASS
        ):
            return ""
        since = (
            "not read yet" if ended is None else f"not read for {self._clock.now() - ended:.0f} s"
        )
        return f"{source}: {since}" + (f" ({why})" if why else "")
