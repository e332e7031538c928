"""Retention's job when the broker refuses: it goes on trying, and says so once it lasts."""

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition
from prometheus_client import generate_latest

from app.base.clock import SystemClock
from app.base.settings import Settings
from app.local.broker import free_port
from app.monitoring.metrics import Metrics
from app.retention import job
from app.retention.job import FAILED_IN_A_ROW, RetentionJob
from app.retention.old_records import plan
from leads.retention import Deletion, PartitionLog
from leads.rule_models import Retention


def make_job(alarms: list[str], **more: Any) -> RetentionJob:
    """A job whose broker is away."""
    address = f"127.0.0.1:{free_port()}"
    settings = Settings.model_construct(kafka_bootstrap_servers=address, retention_seconds=0.01)
    return RetentionJob(
        settings,
        Retention(),
        SystemClock(),
        more.get("metrics") or Metrics(),
        producer=None,
        mine=lambda: {0},
        check=lambda: None,
        decided=lambda *_: True,
        alarm=alarms.append,
    )


def test_a_broker_that_is_away_is_reported_once_and_tried_again() -> None:
    alarms: list[str] = []
    metrics = Metrics()
    one = make_job(alarms, metrics=metrics)

    async def look() -> None:
        for _ in range(FAILED_IN_A_ROW + 2):
            assert await one.look() == {}

    asyncio.run(look())
    assert len(alarms) == 1
    assert "KafkaConnectionError" in alarms[0]
    shown = generate_latest(metrics.registry).decode()
    assert f'leadgate_retention_passes_total{{outcome="failed"}} {FAILED_IN_A_ROW + 2}.0' in shown


def test_what_is_no_trouble_of_the_brokers_ends_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[BaseException] = []

    async def broken(*_: object) -> None:
        raise KeyError("bug")

    async def run() -> None:
        monkeypatch.setattr(job, "committed", broken)
        one = make_job([])
        one.start(ended.append)
        while not ended:
            await asyncio.sleep(0.01)
        await one.stop()

    asyncio.run(run())
    assert isinstance(ended[0], KeyError)


def test_what_was_stored_and_not_deleted_is_not_deleted_past_what_is_committed_now() -> None:
    """A worker died in between, and the group was set back."""
    tp = TopicPartition("leadgate.matched", 0)
    known = {tp: Deletion(topic=tp.topic, partition=0, first=0, before=50)}
    logs = {tp: PartitionLog(begin=0, committed=20, young=60)}
    planned = plan(known, logs, Retention(), 1e9)
    assert planned.before == {tp: 20}
    assert planned.deletions == {}
    assert planned.lost == {}
