"""Metrics, health and log lines of worker, poller and web on a real broker."""

import json
import signal
import time
from typing import Any

import httpx
import pytest

from app.base.settings import secrets_in
from app.local.broker import free_port
from leads import topics
from tests.app.test_metrics import Samples, samples
from tests.limits import HUNG
from tests.samples import captured
from tests.sites import SiteHarness

pytestmark = pytest.mark.kafka
#: Faust reads these settings from the environment: what takes it five minutes to complain about
#: takes seconds.
IMPATIENT = {"STREAM_PROCESSING_TIMEOUT": "8", "BROKER_COMMIT_LIVELOCK_SOFT_TIMEOUT": "8"}
IDLE = 10.0
_LAG = "leadgate_consumer_lag_records "


class Asked:
    """A process's three paths."""

    def __init__(self) -> None:
        self.address = f"127.0.0.1:{free_port()}"

    def ready(self) -> int:
        """The status of /readyz, 0 when nobody listens."""
        try:
            return httpx.get(f"http://{self.address}/readyz", timeout=HUNG).status_code
        except httpx.HTTPError:
            return 0

    def metrics(self) -> Samples:
        """A scrape."""
        return samples(
            httpx.get(f"http://{self.address}/metrics", timeout=HUNG).raise_for_status().text
        )


def lines(site: SiteHarness, name: str) -> list[dict[str, Any]]:
    """What a process has logged as JSON, after making sure that no secret is in it."""
    text = (site.data / f"{name}.log").read_text()
    assert not [secret for secret in secrets_in(site.environment()) if secret in text]
    assert "***" not in text
    return [json.loads(line) for line in text.splitlines()]


def arrived(site: SiteHarness, ids: list[str]) -> bool:
    """Whether these leads have come to rest."""
    return all(site.place_of(i) in {"engaged", "nurtured"} for i in ids)


def has_read_snapshot(found: dict[str, float]) -> bool:
    """Whether every partition of the CRM's snapshot is settled."""
    lag = [
        n for name, n in found.items() if name.startswith(_LAG) and topics.CRM_RECORDS.full in name
    ]
    return len(lag) == topics.PARTITIONS and not any(lag)


def test_an_idle_worker_is_ready_shows_no_lag_and_logs_nothing_alarming(site: SiteHarness) -> None:
    asked = Asked()
    json_lines = {
        "LEADGATE_LOG": "debug",
        "LEADGATE_LOG_FORMAT": "json",
        "LEADGATE_METRICS_ADDRESS": asked.address,
    }
    site.work("quiet", **IMPATIENT, **json_lines)
    site.wait_for(lambda: asked.ready() == 200, why="the worker is never ready")
    # a lead that is taken before the CRM's snapshot waits for it, and a wait is a warning
    site.wait_for(lambda: has_read_snapshot(asked.metrics()), why="the snapshot is never read")
    ids = site.capture(*(captured(n, company=f"quiet{n}") for n in range(800, 806)))
    site.wait_for(lambda: arrived(site, ids))
    idle_since = time.monotonic()
    site.wait_for(lambda: time.monotonic() - idle_since > IDLE)
    found = asked.metrics()
    lag = {name: value for name, value in found.items() if name.startswith(_LAG)}
    assert len(lag) > 100
    assert set(lag.values()) == {0}
    assert f"leadgate_consumer_lag_records 0 {topics.CHANGELOG}" not in lag
    assert found["leadgate_records_total intake"] == len(ids)
    assert found["leadgate_decisions_total validated intake"] == len(ids)
    assert sum(
        v for name, v in found.items() if name.startswith("leadgate_lead_end_to_end_seconds_count")
    ) == len(ids)
    assert found[f"leadgate_sent_records_total {topics.AUDIT.full}"] > len(ids)
    site.kill("quiet", signal.SIGINT)
    logged = lines(site, "quiet")
    assert [line["event"] for line in logged if line["level"] not in {"debug", "info"}] == []
    assert [line["event"] for line in logged] == [
        "metrics and health are served",
        "partitions assigned",
        "worker ready",
    ]


def test_a_vendors_outage_is_logged_without_its_key_and_leaves_the_worker_ready(
    site: SiteHarness,
) -> None:
    asked = Asked()
    site.control("POST", "faults", {"path": "contacts/batch", "status": 503, "times": 6})
    site.work(
        "outage",
        LEADGATE_LOG="debug",
        LEADGATE_LOG_FORMAT="json",
        LEADGATE_METRICS_ADDRESS=asked.address,
    )
    ids = site.capture(captured(810, company="outage810"))
    site.wait_for(lambda: any(line["event"] == "vendor failed" for line in lines(site, "outage")))
    assert asked.ready() == 200
    site.wait_for(lambda: arrived(site, ids))
    site.kill("outage", 15)
    assert lines(site, "outage")


def test_a_poller_is_ready_after_its_first_pass(site: SiteHarness) -> None:
    asked = Asked()
    site.poll(LEADGATE_METRICS_ADDRESS=asked.address)
    site.wait_for(lambda: asked.ready() == 200, why="the poller is never ready")
    found = asked.metrics()
    for source in ("apollo_contacts", "apollo_messages", "crm_changes", "crm_records"):
        assert found[f"leadgate_poll_passes_total succeeded {source}"] >= 1
        assert time.time() - found[f"leadgate_poll_last_success_timestamp_seconds {source}"] < 60
    site.kill("poller", signal.SIGINT)
    assert "Traceback" not in (site.data / "poller.log").read_text()


def test_the_web_process_is_ready_while_the_broker_answers(site: SiteHarness) -> None:
    asked = Asked()
    site.spawn(
        "web", "web", "--port", asked.address.split(":")[1], LEADGATE_WEB_SECRET="5e1d09ab7c34f286"
    )
    site.wait_for(lambda: asked.ready() == 200, why="the web process is never ready")
    assert asked.metrics()["leadgate_web_requests_total 200 /readyz"] >= 1
    site.broker.kill()
    site.wait_for(lambda: asked.ready() == 503, why="it is ready without a broker")
    site.broker.start()
    site.wait_for(lambda: asked.ready() == 200, why="it is not ready again")
    site.kill("web", signal.SIGINT)
    assert "Traceback" not in (site.data / "web.log").read_text()
