"""The console process's metrics."""

from collections.abc import Collection, Iterable, Mapping
from math import nan

from prometheus_client import Gauge

from app.console.clock_rows import ClockCounts
from app.console.figures import WaitingCount, oldest_by_place
from app.console.store import Lag
from app.monitoring.metrics import RequestMetrics


class ConsoleMetrics(RequestMetrics):
    """Requests, where leads are and what they wait for, and how far the read model is behind."""

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
        self._leads = Gauge("leadgate_leads", "Leads by place", ["place"], registry=self.registry)
        self._waiting = Gauge(
            "leadgate_waiting_leads",
            "Leads that wait, by place and by what they wait for",
            ["place", "reason"],
            registry=self.registry,
        )
        self._oldest = Gauge(
            "leadgate_waiting_oldest_timestamp_seconds",
            "Since when the first lead of a place waits; NaN where none does",
            ["place"],
            registry=self.registry,
        )
        self._clocks = Gauge(
            "leadgate_sla_clocks",
            "SLA clocks: `at_risk` run out within 30 minutes, `breached` did in the last 7 days",
            ["state"],
            registry=self.registry,
        )

    def set_leads(self, places: Mapping[str, int], waiting: Collection[WaitingCount]) -> None:
        """Where the read model has leads now, and what they wait for."""
        self._waiting.clear()
        for one in waiting:
            self._waiting.labels(one.place, one.kind).set(one.leads)
        oldest = oldest_by_place(waiting)
        for place, leads in places.items():
            self._leads.labels(place).set(leads)
            self._oldest.labels(place).set(oldest.get(place, nan))

    def set_clocks(self, counts: ClockCounts) -> None:
        """Clocks by what became of them."""
        self._clocks.labels("at_risk").set(counts.due)
        self._clocks.labels("breached").set(counts.breached)

    def set_lag(self, lag: Lag | None) -> None:
        """What the database has answered; None, shown as NaN, while it does not."""
        self._behind.set(nan if lag is None else lag.behind)
        self._read_at.set(nan if lag is None else lag.read_at)
