"""What a process counts can be scraped, parsed, and is explained in docs/reference/metrics.md."""

import asyncio
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from faust.exceptions import ConsumerNotStarted
from faust.types import TP
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app.base.clock import SystemClock
from app.base.errors import UsageError
from app.base.settings import Settings, SettingsError, load_settings
from app.console.serving.metrics import ConsoleMetrics
from app.ingest.source_status import Passes
from app.local.broker import free_port
from app.monitoring.endpoint import serving
from app.monitoring.metrics import Metrics, PollerMetrics, RequestMetrics
from app.web.server import make_web
from app.worker.worker_metrics import WorkerCollector, why_not_ready
from connectors.core.errors import Unavailable
from leads import topics
from streams.effects.circuit import Circuit

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "metrics.md"
Samples = dict[str, float]


def samples(text: str) -> Samples:
    """A scrape, by name and the labels' values in the order of their names."""
    families = text_string_to_metric_families(text)
    return {
        " ".join([s.name, *dict(sorted(s.labels.items())).values()]): s.value
        for f in families
        for s in f.samples
    }


def scrape(registry: CollectorRegistry) -> Samples:
    """What a registry shows now."""
    return samples(generate_latest(registry).decode())


class FakeConsumer:
    """Numbers as the strict consumer tells them; a changelog isn't settled by stages."""

    def __init__(self, offsets: dict[TP, tuple[int, int | None]], changelog: TP) -> None:
        self._offsets, self._changelog = offsets, changelog

    def assignment(self) -> set[TP]:
        return {*self._offsets, self._changelog}

    def settled_up_to(self, tp: TP) -> int:
        return self._offsets[tp][0] if tp in self._offsets else -1

    def highwater(self, tp: TP) -> int | None:
        return self._offsets[tp][1] if tp in self._offsets else 99


def fake_app(
    offsets: dict[TP, tuple[int, int | None]], *, restored: bool = True, rebalancing: bool = False
) -> Any:
    """What the metrics read of a Faust app."""
    completed = asyncio.Event()
    if restored:
        completed.set()
    return SimpleNamespace(
        started=True,
        rebalancing=rebalancing,
        consumer=FakeConsumer(offsets, TP(topics.CHANGELOG, 0)),
        tables=SimpleNamespace(recovery=SimpleNamespace(completed=completed)),
    )


CAPTURED, SIGNALS = TP(topics.CAPTURED.full, 0), TP(topics.SIGNALS.full, 3)


def test_a_worker_shows_what_its_stages_did() -> None:
    metrics = Metrics()
    metrics.passed("intake", 3)
    metrics.decided("intake", ["validated", "dead", "validated"])
    metrics.arrived("engaged", 0.2)
    metrics.arrived("engaged", -1.0)  # another machine's clock
    metrics.put_off("crm", 5)
    metrics.put_off("crm", -2)
    metrics.set_put_off("assign", 7)
    metrics.quarantined("company")
    metrics.sent(topics.DEAD.full, 2)
    metrics.retried("crm.upsert")
    found = scrape(metrics.registry)
    assert found["leadgate_records_total intake"] == 3
    assert found["leadgate_decisions_total validated intake"] == 2
    assert found["leadgate_lead_end_to_end_seconds_count engaged"] == 2
    assert found["leadgate_lead_end_to_end_seconds_sum engaged"] == pytest.approx(0.2)
    assert found["leadgate_leads_put_off crm"] == 3
    assert found["leadgate_leads_put_off assign"] == 7
    assert found["leadgate_leads_quarantined_total company"] == 1
    assert found[f"leadgate_sent_records_total {topics.DEAD.full}"] == 2
    assert found["leadgate_effect_retries_total crm.upsert"] == 1


def test_lag_is_what_is_not_settled_of_partitions_whose_end_is_known() -> None:
    registry = CollectorRegistry()
    app = fake_app({CAPTURED: (4, 10), SIGNALS: (7, 7), TP("leadgate.sla-ticks", 1): (5, None)})
    registry.register(WorkerCollector(app, SimpleNamespace()))
    lag = "leadgate_consumer_lag_records"
    assert scrape(registry) == {f"{lag} 0 {CAPTURED.topic}": 6, f"{lag} 3 {SIGNALS.topic}": 0}


def test_circuits_show_the_state_they_have() -> None:
    registry = CollectorRegistry()
    circuits = {
        "crm": SimpleNamespace(state="open"),
        "apollo": SimpleNamespace(state="closed"),
        "slack": Circuit(lambda: 0.0),
    }
    registry.register(WorkerCollector(fake_app({}), SimpleNamespace(circuits=circuits)))
    found = scrape(registry)
    assert found["leadgate_circuit_state open crm"] == 1
    assert found["leadgate_circuit_state closed apollo"] == 1
    assert found["leadgate_circuit_state closed slack"] == 1


def test_a_scrape_before_the_consumer_is_there_shows_no_lag() -> None:
    def not_yet() -> set[TP]:
        raise ConsumerNotStarted

    starting = fake_app({CAPTURED: (0, 1)})
    starting.consumer.assignment = not_yet
    registry = CollectorRegistry()
    registry.register(WorkerCollector(starting, SimpleNamespace()))
    assert scrape(registry) == {}
    registry = CollectorRegistry()
    registry.register(WorkerCollector(SimpleNamespace(started=False), SimpleNamespace()))
    assert scrape(registry) == {}


def test_a_worker_is_ready_when_it_has_partitions_and_its_state() -> None:
    ready = fake_app({CAPTURED: (0, 0)})
    assert asyncio.run(why_not_ready(ready)) == []
    assert asyncio.run(why_not_ready(SimpleNamespace(started=False))) == ["the worker is starting"]
    assert asyncio.run(
        why_not_ready(fake_app({SIGNALS: (0, 0)}, restored=False, rebalancing=True))
    ) == [
        "the group of workers is rebalancing",
        "no partition is assigned to this worker",
        "the state is being restored",
    ]


class TickingClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = 1_000.0

    def now(self) -> float:
        return self.time


def test_a_poller_is_ready_while_each_source_was_read_lately() -> None:
    clock = TickingClock()
    passes = Passes(clock, {"contacts": 60.0, "changes": 600.0})
    assert asyncio.run(passes.why_not_ready()) == [
        "contacts: not read yet",
        "changes: not read yet",
    ]
    for source in ("contacts", "changes"):
        with passes.over(source):
            clock.time += 1
    assert asyncio.run(passes.why_not_ready()) == []
    clock.time += 300
    with pytest.raises(Unavailable), passes.over("contacts"):
        raise Unavailable("Apollo: 503")
    assert asyncio.run(passes.why_not_ready()) == ["contacts: not read for 5 min 1 s (Apollo: 503)"]
    with passes.over("contacts"):
        pass
    assert asyncio.run(passes.why_not_ready()) == []
    found = scrape(passes.metrics.registry)
    assert found["leadgate_poll_passes_total succeeded contacts"] == 2
    assert found["leadgate_poll_passes_total failed contacts"] == 1
    assert found["leadgate_poll_last_success_timestamp_seconds contacts"] == clock.time


async def ask(address: str, paths: list[str]) -> list[httpx.Response]:
    """Ask while the server is up."""
    async with httpx.AsyncClient(base_url=f"http://{address}") as client:
        return [await client.get(path) for path in paths]


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_the_three_routes_are_served_on_the_loop_and_end_with_it(host: str) -> None:
    address = f"{host}:{free_port()}"
    reasons = ["the state is being restored", "no partition"]

    async def serve() -> list[httpx.Response]:
        metrics = Metrics()

        async def why() -> list[str]:
            return reasons

        async with serving(address, metrics.registry, why):
            found = await ask(address, ["/metrics", "/livez", "/readyz"])
            reasons.clear()
            found += await ask(address, ["/readyz"])
        with pytest.raises(httpx.ConnectError):
            await ask(address, ["/livez"])
        return found

    shown, live, unready, ready = asyncio.run(serve())
    assert shown.headers["content-type"].startswith("text/plain")
    assert any(name.startswith("leadgate_build_info ") for name in samples(shown.text))
    assert (live.status_code, unready.status_code, ready.status_code) == (200, 503, 200)
    assert unready.text == "the state is being restored\nno partition\n"


def test_an_address_that_is_taken_is_refused_by_name() -> None:
    async def serve(address: str) -> None:
        async def why() -> list[str]:
            return []

        async with serving(address, Metrics().registry, why):
            pass

    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(
            UsageError, match=f"LEADGATE_METRICS_ADDRESS: can't listen on {address}"
        ):
            asyncio.run(serve(address))


@pytest.mark.parametrize("address", ["9100", "host:", ":9100", "host:99999", "host:http"])
def test_an_address_without_host_and_port_is_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADGATE_METRICS_ADDRESS", address)
    with pytest.raises(SettingsError, match="LEADGATE_METRICS_ADDRESS: must be HOST:PORT"):
        load_settings()


def test_the_web_process_counts_its_answers_and_is_not_ready_without_a_broker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", f"127.0.0.1:{free_port()}")
    app = make_web(Settings(), SystemClock())

    async def call() -> tuple[int, list[httpx.Response]]:
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://web") as client,
        ):
            refused = await client.post("/capture/zapier", json={})
            paths = ("/no/such/1", "/no/such/2", "/livez", "/readyz", "/metrics")
            return refused.status_code, [await client.get(path) for path in paths]

    refused, (*_, live, ready, metrics) = asyncio.run(call())
    assert (refused, live.status_code) == (503, 200)
    assert (ready.status_code, ready.text) == (503, "the broker has not answered yet\n")
    found = samples(metrics.text)
    assert found["leadgate_web_requests_total 503 /capture/zapier"] == 1
    assert found["leadgate_web_requests_total 404 other"] == 2


def test_the_page_explains_every_metric_and_no_other() -> None:
    worker = Metrics()
    worker.registry.register(WorkerCollector(fake_app({}), SimpleNamespace()))
    registries = (
        worker.registry,
        PollerMetrics().registry,
        RequestMetrics("web", []).registry,
        ConsoleMetrics([]).registry,
    )
    families = {f.name for r in registries for f in r.collect() if f.name.startswith("leadgate_")}
    suffixed = {"counter": "_total", "info": "_info"}
    kinds = {f.name: f.type for r in registries for f in r.collect()}
    there = {name + suffixed.get(kinds[name], "") for name in families}
    text = PAGE.read_text()
    explained = {
        word.split("{")[0] for word in text.split("`")[1::2] if word.startswith("leadgate_")
    }
    assert explained == there
