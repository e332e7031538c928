"""docs/reference/metrics.md: what each process counts, and when that is an alarm."""

from collections.abc import Iterator
from types import SimpleNamespace

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.registry import Collector

from app.console.serving.metrics import ConsoleMetrics
from app.monitoring.metrics import Metrics, PollerMetrics, RequestMetrics
from app.worker.worker_metrics import WorkerCollector
from reference.markdown import code, page, sentence, table

_HEAD = """\
Each process serves its metrics at `/metrics`, in Prometheus' text format; docs/operations.md says
where. The values of `kind` stand in docs/reference/audit-events.md. `process_*` beside them are
the process's memory, CPU time, open files and start."""
_SUFFIX = {"counter": "_total", "info": "_info"}

#: When a metric is an alarm, by its name.
ALARMS = {
    "leadgate_build_info": "versions differ for longer than a release takes",
    "leadgate_consumer_lag_records": (
        "it grows for 5 minutes on any topic; a partition that has none at any worker"
    ),
    "leadgate_records_total": "no increase for 10 minutes while lag is above 0",
    "leadgate_decisions_total": (
        "the share of a kind that waits (`invalid`, `unrouted`, `unowned` and so on) or of `dead`"
        " doubles"
    ),
    "leadgate_lead_end_to_end_seconds": "p99 of `engaged` over a minute for 10 minutes",
    "leadgate_leads_put_off": "above 0 for an hour, or rising while all circuits are closed",
    "leadgate_leads_quarantined_total": "any increase",
    "leadgate_orders_refused_total": "any increase",
    "leadgate_deleted_records_total": (
        "no increase for a day on a site that takes leads and is older than `retention.stages`"
    ),
    "leadgate_retention_passes_total": "only `failed` for a day; no increase for a day",
    "leadgate_circuit_state": "`open` for 15 minutes",
    "leadgate_effect_retries_total": "more than 5 % of decisions",
    "leadgate_sent_records_total": (
        "any increase of `leadgate.dead-letters` over 1 % of `leadgate.captured`; more than 10"
        " `leadgate.alerts` an hour"
    ),
    "leadgate_leads_received_total": "no increase for twice the usual gap between leads",
    "leadgate_poll_passes_total": "only `failed` for 15 minutes",
    "leadgate_poll_last_success_timestamp_seconds": "older than ten intervals",
    "leadgate_web_requests_total": "any 503; 401 or 422 over 5 % of a path",
    "leadgate_console_requests_total": "503 or 500 for a minute",
    "leadgate_console_behind_records": "growing for 10 minutes",
    "leadgate_console_read_timestamp_seconds": "older than a minute: no projector runs",
}


def make_page() -> str:
    """The page's text. Raises KeyError for a metric without an alarm."""
    rows = [
        [code(f"{name}{{{labels}}}"), kind, of, sentence(said), ALARMS[name]]
        for name, labels, kind, of, said in _all()
    ]
    columns = ("metric", "type", "process", "meaning", "alarm when")
    source = "`app/monitoring/metrics.py` and `app/worker/worker_metrics.py`"
    return page("Metrics", source, _HEAD, table(columns, rows))


def registries() -> dict[str, CollectorRegistry]:
    """What each process counts, before anything was counted."""
    worker = Metrics()
    worker.registry.register(WorkerCollector(SimpleNamespace(started=False), SimpleNamespace()))
    return {
        "worker": worker.registry,
        "poller": PollerMetrics().registry,
        "web": RequestMetrics("web", []).registry,
        "console": ConsoleMetrics([]).registry,
    }


def _all() -> Iterator[tuple[str, str, str, str, str]]:
    """Each of our metrics: its name, labels, type, processes and meaning."""
    found: dict[str, tuple[str, str, str]] = {}
    of: dict[str, list[str]] = {}
    for process, registry in registries().items():
        for collector, family in _families(registry):
            name = family.name + _SUFFIX.get(family.type, "")
            found[name] = (_labels(collector, family), family.type, family.documentation)
            of.setdefault(name, []).append(process)
    for name, (labels, kind, said) in found.items():
        yield name, labels, kind, "all" if len(of[name]) > 1 else of[name][0], said


def _families(registry: CollectorRegistry) -> Iterator[tuple[Collector, Metric]]:
    for collector in registry._collector_to_names:
        for family in collector.collect():
            if family.name.startswith("leadgate_"):
                yield collector, family


def _labels(collector: Collector, family: Metric) -> str:
    """A family without samples knows its labels only by its collector."""
    names = getattr(family, "_labelnames", ()) or getattr(collector, "_labelnames", ())
    return ",".join(names or family.samples[0].labels)
