"""docs/reference/metrics.md: what each process counts, and when that is an alarm."""

from collections.abc import Iterator
from types import SimpleNamespace

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.registry import Collector

from app.console.serving.metrics import ConsoleMetrics
from app.monitoring.metrics import Metrics, PollerMetrics, RequestMetrics
from app.worker.worker_metrics import WorkerCollector
from reference.alarms import condition_of
from reference.markdown import code, page, sentence, table

_HEAD = """\
Each process serves its metrics at `/metrics`, in Prometheus' text format; docs/operations.md says
where. The rules of the last column stand in `ops/alerts.yaml`, and docs/runbooks.md says what to
do. The values of `kind` stand in docs/reference/audit-events.md. `process_*` beside them are
the process's memory, CPU time, open files and start."""
_SUFFIX = {"counter": "_total", "info": "_info"}


def make_page() -> str:
    """The page's text. Raises KeyError for a metric without an alarm."""
    rows = [
        [code(f"{name}{{{labels}}}"), kind, of, sentence(said), condition_of(name)]
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


def labels_by_sample() -> dict[str, frozenset[str]]:
    """The labels of each of our metrics, by the name that Prometheus stores: of a histogram that of
    its buckets."""
    found = {}
    for name, labels, kind, _, _ in _all():
        stored = f"{name}_bucket" if kind == "histogram" else name
        bucket = ["le"] if kind == "histogram" else []
        found[stored] = frozenset([*filter(None, labels.split(",")), *bucket])
    return found


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
