"""The metrics of each process.

`docs/reference/metrics.md` lists every metric with the text given here.
"""

import importlib.metadata
from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector

#: Seconds. The goal for one lead alone is 0.1; behind a backlog or a vendor's outage it is minutes.
END_TO_END_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)


def make_registry(process: str) -> CollectorRegistry:
    """A registry with what every process shows: its version, memory, CPU time and start."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    build = Info("leadgate_build", "What runs here", registry=registry)
    build.info({"version": importlib.metadata.version("leadgate"), "process": process})
    return registry


class Metrics:
    """A worker's metrics; see ports.StageMetrics."""

    def __init__(self) -> None:
        self.registry = make_registry("worker")
        self._records = Counter(
            "leadgate_records",
            "Records that a stage has finished",
            ["stage"],
            registry=self.registry,
        )
        self._decisions = Counter(
            "leadgate_decisions",
            "Decisions by what was decided",
            ["stage", "kind"],
            registry=self.registry,
        )
        self._sent = Counter(
            "leadgate_sent_records",
            "Records that the broker acknowledged: dead letters are those of"
            " leadgate.dead-letters, alerts those of leadgate.alerts",
            ["topic"],
            registry=self.registry,
        )
        self._retries = Counter(
            "leadgate_effect_retries",
            "Second and third attempts at an effect after the vendor failed on one row",
            ["effect"],
            registry=self.registry,
        )
        self._quarantined = Counter(
            "leadgate_leads_quarantined",
            "Leads quarantined because a gate raised or they can't be read",
            ["stage"],
            registry=self.registry,
        )
        self._refused = Counter(
            "leadgate_orders_refused",
            "Orders that were not obeyed because this site has not signed them",
            ["stage"],
            registry=self.registry,
        )
        self._put_off = Gauge(
            "leadgate_leads_put_off",
            "Records postponed now because a vendor doesn't answer or its budget is spent",
            ["stage"],
            registry=self.registry,
        )
        self._deleted = Counter(
            "leadgate_deleted_records",
            "Old records that this worker has deleted from a topic (docs/operations.md, Retention)",
            ["topic"],
            registry=self.registry,
        )
        self._retention = Counter(
            "leadgate_retention_passes",
            "Looks for records to delete that succeeded or failed",
            ["outcome"],
            registry=self.registry,
        )
        self._end_to_end = Histogram(
            "leadgate_lead_end_to_end_seconds",
            "From capture to the first place where a lead came to rest: without leads that had"
            " waited or that a signal started again",
            ["place"],
            registry=self.registry,
            buckets=END_TO_END_BUCKETS,
        )

    def passed(self, stage: str, records: int) -> None:
        """See ports.StageMetrics."""
        self._records.labels(stage).inc(records)

    def decided(self, stage: str, kinds: list[str]) -> None:
        """See ports.StageMetrics."""
        for kind, count in Tally(kinds).items():
            self._decisions.labels(stage, kind).inc(count)

    def arrived(self, place: str, seconds: float) -> None:
        """See ports.StageMetrics."""
        self._end_to_end.labels(place).observe(max(0.0, seconds))

    def put_off(self, stage: str, count_delta: int) -> None:
        """See ports.StageMetrics."""
        self._put_off.labels(stage).inc(count_delta)

    def set_put_off(self, stage: str, count: int) -> None:
        """See ports.StageMetrics."""
        self._put_off.labels(stage).set(count)

    def quarantined(self, stage: str) -> None:
        """See ports.StageMetrics."""
        self._quarantined.labels(stage).inc()

    def refused(self, stage: str) -> None:
        """See ports.StageMetrics."""
        self._refused.labels(stage).inc()

    def sent(self, topic: str, records: int) -> None:
        """See ports.StageMetrics."""
        self._sent.labels(topic).inc(records)

    def retried(self, effect: str) -> None:
        """See ports.StageMetrics."""
        self._retries.labels(effect).inc()

    def deleted(self, topic: str, records: int) -> None:
        """So many old records of a topic were deleted."""
        self._deleted.labels(topic).inc(records)

    def looked_for_old(self, *, failed: bool) -> None:
        """A pass of retention is over."""
        self._retention.labels("failed" if failed else "succeeded").inc()


class PollerMetrics:
    """A poller's metrics: records captured, and when each source was last read to its end."""

    def __init__(self) -> None:
        self.registry = make_registry("poller")
        self._captured = Counter(
            "leadgate_leads_received", "Records captured", ["source"], registry=self.registry
        )
        self._passes = Counter(
            "leadgate_poll_passes",
            "Passes over a source that succeeded or failed",
            ["source", "outcome"],
            registry=self.registry,
        )
        self._succeeded = Gauge(
            "leadgate_poll_last_success_timestamp_seconds",
            "When a source was last read to its end",
            ["source"],
            registry=self.registry,
        )

    def received(self, source: str, records: int) -> None:
        """`records` records were captured from a source."""
        self._captured.labels(source).inc(records)

    def succeeded(self, source: str, at: float) -> None:
        """A source was read to its end at a time (seconds since the epoch)."""
        self._passes.labels(source, "succeeded").inc()
        self._succeeded.labels(source).set(at)

    def failed(self, source: str) -> None:
        """A source could not be read."""
        self._passes.labels(source, "failed").inc()


class RequestMetrics:
    """A server's metrics: requests by path and status code. `process` is web or console."""

    def __init__(self, process: str, paths: Iterable[str]) -> None:
        self.registry = make_registry(process)
        self._paths = frozenset(paths)
        self._requests = Counter(
            f"leadgate_{process}_requests",
            "Requests answered; unknown paths are counted as `other`",
            ["path", "code"],
            registry=self.registry,
        )

    def answered(self, path: str, code: int) -> None:
        """A request was answered.

        Unknown paths share one label, or callers could create labels without limit.
        """
        self._requests.labels(path if path in self._paths else "other", str(code)).inc()
