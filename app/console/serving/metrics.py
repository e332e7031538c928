"""The console process's metrics."""

from collections.abc import Iterable
from math import nan

from prometheus_client import Gauge

from app.console.store import Lag
from app.monitoring.metrics import RequestMetrics


class ConsoleMetrics(RequestMetrics):
    """Requests, and how far the read model is behind."""

    def __init__(self, paths: Iterable[str]) -> None:
        super().__init__("console", paths)
        self._behind = Gauge(
            "leadgate_console_behind_records",
            "Records of the log that the read model does not contain yet",
            registry=self.registry,
        )
        self._read_at = Gauge(
            "leadgate_console_read_timestamp_seconds",
            "When a projector has last looked at the log",
            registry=self.registry,
        )

    def set_lag(self, lag: Lag | None) -> None:
        """What the database has answered; None, shown as NaN, while it does not."""
        self._behind.set(nan if lag is None else lag.behind)
        self._read_at.set(nan if lag is None else lag.read_at)
