"""The console process's metrics."""

from collections.abc import Callable, Iterable
from math import nan
from typing import Literal

from prometheus_client import Gauge

from app.console.store import Lag, ReadModelUnavailableError
from app.monitoring.metrics import RequestMetrics


class ConsoleMetrics(RequestMetrics):
    """Requests, and how far the read model is behind; NaN while its database does not answer."""

    def __init__(self, paths: Iterable[str], lag: Callable[[], Lag]) -> None:
        super().__init__("console", paths)
        behind = Gauge(
            "leadgate_console_behind_records",
            "Records of the log that the read model does not contain yet",
            registry=self.registry,
        )
        read_at = Gauge(
            "leadgate_console_read_timestamp_seconds",
            "When a projector has last looked at the log",
            registry=self.registry,
        )
        self._lag = lag
        behind.set_function(lambda: self._known("behind"))
        read_at.set_function(lambda: self._known("read_at"))

    def _known(self, part: Literal["behind", "read_at"]) -> float:
        try:
            return float(getattr(self._lag(), part))
        except ReadModelUnavailableError:
            return nan
