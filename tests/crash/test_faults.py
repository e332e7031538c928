"""Fault scenarios that had no test: F5, F8, F15, F16, F18 and F22 of the table in
docs/promises.md."""

import asyncio
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from aiokafka.admin import NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from app.kafka.clients import administering, consuming, ends
from leads import topics
from tests.crash.judging import violations_of
from tests.limits import HUNG
from tests.samples import captured
from tests.sites import SiteHarness

pytestmark = [pytest.mark.kafka, pytest.mark.crash, pytest.mark.brokers]

HOURS = 3600.0


def log_of(site: SiteHarness, name: str = "worker") -> str:
    """What a child has said."""
    return (site.data / f"{name}.log").read_text(errors="replace")


# F5: the broker loses the end of its log


def cut_tail(broker_data: Path, topic: str, share: float) -> int:
    """Take the last part of a topic's records from the disk of a broker that is down; the bytes
    that are gone."""
    lost = 0
    for file in (broker_data / "log").glob(f"{topic}-*/*.log"):
        kept = int(file.stat().st_size * (1 - share))
        lost += file.stat().st_size - kept
        with file.open("r+b") as log:
            log.truncate(kept)
    return lost


@pytest.mark.parametrize(
    "topic",
    [topics.CAPTURED.full, topics.CHANGELOG],
)
def test_a_log_that_lost_its_end_is_reported(tmp_path: Path, topic: str) -> None:
    """Without replication that can happen. What must not: that nobody says so."""
    site = SiteHarness(tmp_path, leads=100, seed=31)
    try:
        site.ground()
        site.poll()
        site.work()
        site.wait_settled(100)
        site.kill("poller")
        site.kill("worker")
        site.broker.kill()
        assert cut_tail(tmp_path / "broker", topic, 0.5)
        site.broker.start()
        told = not site.account()["conserved"] or bool(site.leadgate("doctor")["faults"])
        assert told or refuses_to_work(site), "audit verify, doctor and worker take it for sound"
    finally:
        site.stop()


def refuses_to_work(site: SiteHarness) -> bool:
    """Whether a worker that is started ends by itself, or instead works off what comes."""
    site.work()
    [lead] = site.capture(captured(900))
    deadline = time.monotonic() + HUNG
    while site.children["worker"].poll() is None:
        if site.place_of(lead) not in {"", "in_flight"}:
            return False
        assert time.monotonic() < deadline, "it neither works nor refuses"
        time.sleep(0.2)
    return bool(site.children.pop("worker").returncode)


# F8: a slow CRM


def test_a_slow_crm_costs_no_worker_its_partitions(tmp_path: Path) -> None:
    """Half of the answers take 2 s, some 30 s: longer than any client waits, so that they are lost
    answers, too."""
    site = SiteHarness(tmp_path, leads=80, seed=32)
    try:
        site.ground()
        slow = [
            {"path": "^/hubspot/", "kind": "slow", "seconds": 2.0, "times": 60},
            {"path": "^/hubspot/", "kind": "timeout", "seconds": 30.0, "times": 3},
        ]
        site.control("POST", "faults", slow)
        site.poll()
        site.work()
        assert violations_of(site, 80, site.check_children) == []
        assert not any(fault["times"] for fault in site.control("GET", "faults"))
        assert log_of(site).count("partitions assigned") == 1
    finally:
        site.stop()


# F15: a wrong clock


class SkewedSite(SiteHarness):
    """A site whose worker's clock can be set."""

    def set_clock(self, skew: float) -> None:
        """Put it forward, or back, by so many seconds from the right time."""
        fresh = self.data / "skew.new"
        fresh.write_text(str(skew))
        fresh.replace(self.data / "skew")

    def work_skewed(self) -> None:
        """Start the worker with that clock."""
        out = self.log("worker")
        command = [
            sys.executable,
            "-m",
            "tests.crash.skewed",
            str(self.data / "worker"),
            str(self.data / "skew"),
        ]
        environment = self.environment() | {"LEADGATE_WORKER_ID": "worker"}
        self.children["worker"] = subprocess.Popen(command, env=environment, stdout=out, stderr=out)

    def log(self, name: str) -> Any:
        """Where a child's messages go."""
        return (self.data / f"{name}.log").open("ab")

    def events(self, kind: str) -> int:
        """How often something is said in the audit."""
        return sum(
            f'"kind":"{kind}"'.encode() in (record.value or b"")
            for record in self.records(topics.AUDIT)
        )


def test_a_clock_that_jumps_two_hours_breaches_once_and_computes_the_same(tmp_path: Path) -> None:
    site = SkewedSite(tmp_path, leads=0, seed=33)
    try:
        site.ground()
        site.set_clock(2 * HOURS)
        site.work_skewed()
        lists = ("Demo requests",)
        site.capture(
            *(captured(i, lists=lists) for i in range(3)), *(captured(i) for i in range(3, 6))
        )
        site.wait_for(lambda: site.events("sla_started") == 3, why="no clock began")
        site.set_clock(0.0)  # back: the clocks' ends are two hours away now
        site.capture(*(captured(i, lists=lists) for i in range(10, 13)))
        site.wait_for(
            lambda: site.events("breached") == 3,
            why="the clocks begun after the step back did not run out",
        )
        site.set_clock(-2 * HOURS)
        site.capture(*(captured(i) for i in range(20, 23)))
        site.wait_for(
            lambda: not site.account()["places"]["in_flight"],
            why="leads stand still while the clock is slow",
        )
        site.set_clock(2 * HOURS)
        site.wait_for(
            lambda: site.events("breached") == 6, why="the first clocks did not run out"
        )
        assert violations_of(site, 12, site.check_children) == []
        assert site.leadgate("audit", "recompute")["different"] == {}
    finally:
        site.stop()


# F16: no room for the state


def test_a_worker_without_room_for_its_state_ends_and_recovers(tmp_path: Path) -> None:
    site = SiteHarness(tmp_path, leads=200, seed=34)
    try:
        site.ground()
        site.work()
        site.wait_for(lambda: "worker ready" in log_of(site), why="it did not start")
        size = 48 * 1024
        psutil.Process(site.children["worker"].pid).rlimit(psutil.RLIMIT_FSIZE, (size, size))
        site.poll()
        assert site.wait_for_end("worker") == 70
        site.work()
        assert violations_of(site, 200, site.check_children) == []
    finally:
        site.stop()


# F18: the changelog isn't what it was


def test_a_changelog_of_another_partition_count_is_refused(tmp_path: Path) -> None:
    site = SiteHarness(tmp_path, leads=0, seed=35)
    try:
        site.ground()
        asyncio.run(make_changelog(site, partitions=4))
        assert f"{topics.CHANGELOG} has 4 partitions, not 12" in site.refusal("provision")
        site.work()
        assert site.wait_for_end("worker") == 2
        assert f"{topics.CHANGELOG} has 4 partitions, not 12" in log_of(site)
    finally:
        site.stop()


async def make_changelog(site: SiteHarness, partitions: int) -> None:
    """Another one, in place of the site's."""
    await delete_changelog(site)
    async with administering(site.settings()) as admin:
        await admin.create_topics(
            [NewTopic(topics.CHANGELOG, partitions, 1, topic_configs={"cleanup.policy": "compact"})]
        )


@pytest.mark.parametrize("how", ["deleted", "emptied"])
def test_a_changelog_that_is_gone_is_refused(tmp_path: Path, how: str) -> None:
    """With the state's directory gone too, an empty memory would write everybody again."""
    site = SiteHarness(tmp_path, leads=60, seed=36)
    try:
        site.ground()
        site.poll()
        site.work()
        site.wait_settled(60)
        site.kill("poller")
        site.kill("worker", 15)
        shutil.rmtree(tmp_path / "worker")
        asyncio.run(delete_changelog(site) if how == "deleted" else empty_changelog(site))
        fault = f"topic {topics.CHANGELOG} is empty or was created again"
        assert fault in site.refusal("provision")
        site.work()
        assert site.wait_for_end("worker") == 2
        assert topics.CHANGELOG in log_of(site)
    finally:
        site.stop()


async def delete_changelog(site: SiteHarness) -> None:
    """The topic itself."""
    async with administering(site.settings()) as admin:
        await admin.delete_topics([topics.CHANGELOG])
        deadline = time.monotonic() + HUNG
        while topics.CHANGELOG in await admin.list_topics():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.2)


async def empty_changelog(site: SiteHarness) -> None:
    """All of its records; a compacted topic lets go of them only as one that isn't."""
    topic = ConfigResource(ConfigResourceType.TOPIC, topics.CHANGELOG)
    async with consuming(site.settings()) as consumer:
        end = await ends(consumer, [topics.CHANGELOG])
    async with administering(site.settings()) as admin:
        topic.configs = {"cleanup.policy": "delete"}
        await admin.alter_configs([topic])
        await admin.delete_records(
            {tp: RecordsToDelete(before_offset=offset) for tp, offset in end.items()}
        )
        topic.configs = {"cleanup.policy": "compact"}
        await admin.alter_configs([topic])


# F22: out of order


@pytest.mark.parametrize(
    "order",
    [("older", "newer"), ("newer", "older")],
)
def test_the_newer_revision_counts_in_whatever_order_they_come(
    tmp_path: Path, order: tuple[str, str]
) -> None:
    revisions = {
        "older": captured(1, title="Office Manager", updated_at="2026-11-20T10:00:00.000Z"),
        "newer": captured(1, title="VP Marketing", updated_at="2026-11-20T12:00:00.000Z"),
    }
    site = SiteHarness(tmp_path, leads=0, seed=37)
    try:
        site.ground()
        site.work()
        for name in order:
            site.capture(revisions[name])
            site.wait_settled(1)
        assert violations_of(site, 1, site.check_children) == []
        events = [json.loads(record.value) for record in site.records(topics.AUDIT)]
        last = max((e for e in events if e.get("person")), key=lambda e: e["step"])
        assert last["person"]["title"] == "VP Marketing"
    finally:
        site.stop()
