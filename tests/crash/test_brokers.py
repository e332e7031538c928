"""Brokers that fail for good: one of three at a time, with its disk, its disk's end, its room; and
the network before it.

Fault scenarios F4, F5, F16 and F31 (docs/promises.md).
"""

import asyncio
import time
from pathlib import Path

import psutil
import pytest
from aiokafka.errors import KafkaError

from app.kafka.clients import administering, consuming, ends
from app.local.broker import free_port
from leads import topics
from tests.crash.cluster import ClusterSite, ProxiedBroker
from tests.crash.judging import violations_of
from tests.crash.proxy import Proxy, Weather
from tests.limits import HUNG
from tests.samples import captured
from tests.sites import SiteHarness

pytestmark = [pytest.mark.kafka, pytest.mark.crash, pytest.mark.brokers]


class Keeper:
    """What a process manager does: whoever ended is started again, and why it ended is kept."""

    def __init__(self, site: SiteHarness) -> None:
        self._site = site
        self.ended: list[int] = []

    def __call__(self) -> None:
        for name, start in (("worker", self._site.work), ("poller", self._site.poll)):
            child = self._site.children.get(name)
            if child is not None and (code := child.poll()) is not None:
                self.ended.append(code)
                del self._site.children[name]
                start()


def under_way(site: SiteHarness) -> int:
    """Audit events so far, by the end offsets: that they grow shows that leads move."""

    async def count() -> int:
        async with consuming(site.settings()) as consumer:
            return sum((await ends(consumer, [topics.AUDIT.full])).values())

    return asyncio.run(count())


def wait_for_events(site: SiteHarness, count: int, keep: Keeper) -> None:
    """Wait until the audit holds so many events."""
    deadline = time.monotonic() + HUNG
    while under_way(site) < count:
        keep()
        assert time.monotonic() < deadline, (site.data / "worker.log").read_text()[-2000:]
        time.sleep(0.2)


def test_each_of_three_brokers_is_killed_and_one_loses_its_disk(tmp_path: Path) -> None:
    """F4 and F5 with replication: what a majority has acknowledged is not lost with any one of
    them."""
    site = ClusterSite(tmp_path, leads=200, seed=21)
    try:
        site.ground()
        site.poll()
        site.work()
        keep = Keeper(site)
        for number, node in enumerate(site.nodes):
            wait_for_events(site, 200 * (number + 1), keep)
            node.kill()
            if number == 1:
                node.lose_disk()
            wait_for_events(site, 200 * (number + 1) + 50, keep)  # the other two carry on
            node.start()
            node.wait_ready()
        assert violations_of(site, 200, keep) == []
    finally:
        site.stop()


def test_a_network_that_is_slow_silent_and_cut_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """F31: one of two workers reaches the broker through it; its session runs out while it still
    has its connections."""
    site = SiteHarness(tmp_path, leads=0, seed=22)
    door, port = free_port(), free_port()
    broker = site.broker = ProxiedBroker(tmp_path / "broker", site.broker.port, door, port)
    try:
        with Proxy(port, door) as proxy:
            site.ground()
            site.work("worker", KAFKA_BOOTSTRAP_SERVERS=broker.proxied)
            site.work("second")
            keep = Keeper(site)
            for number, weather in enumerate((Weather.SLOW, Weather.SILENT, Weather.CUT)):
                proxy.weather = Weather.FAIR
                site.capture(*(captured(100 * number + i) for i in range(30)))
                proxy.weather = weather
                site.capture(*(captured(100 * number + i) for i in range(30, 60)))
                wait_for_weather(site, proxy, weather)
            proxy.weather = Weather.FAIR
            assert violations_of(site, 180, lambda: restart(site, broker, keep)) == []
            assert proxy.swallowed
    finally:
        site.stop()


def wait_for_weather(site: SiteHarness, proxy: Proxy, weather: Weather) -> None:
    """Until a slow network has been slow for a while, and a silent or cut one has cost the worker
    its session."""
    if weather is Weather.SLOW:
        return
    before = proxy.swallowed
    site.wait_for(
        lambda: members_of(site) == 1,
        why=f"the worker behind the {weather.value} network kept its membership",
    )
    assert proxy.swallowed > before or weather is Weather.CUT


def members_of(site: SiteHarness) -> int:
    """Members of the workers' group; -1 while the broker doesn't say."""

    async def ask() -> int:
        async with administering(site.settings()) as admin:
            [response] = await admin.describe_consumer_groups([topics.APP_ID])
            return len(response.groups[0][5])

    try:
        return asyncio.run(ask())
    except KafkaError:
        return -1


def restart(site: SiteHarness, broker: ProxiedBroker, keep: Keeper) -> None:
    """Whoever gave up behind the network comes back through it."""
    child = site.children.get("worker")
    if child is not None and (code := child.poll()) is not None:
        keep.ended.append(code)
        del site.children["worker"]
        site.work("worker", KAFKA_BOOTSTRAP_SERVERS=broker.proxied)


def test_a_broker_whose_disk_is_full_ends_and_nothing_is_lost(tmp_path: Path) -> None:
    """F16: no file of its may grow any more; it stops, and once there is room again all goes on."""
    site = SiteHarness(tmp_path, leads=300, seed=23)
    try:
        site.ground()
        site.poll()
        site.work()
        keep = Keeper(site)
        wait_for_events(site, 100, keep)
        process = site.broker.process
        assert process is not None
        full = max(file.stat().st_size for file in (tmp_path / "broker" / "log").rglob("*.log"))
        psutil.Process(process.pid).rlimit(psutil.RLIMIT_FSIZE, (full, full))
        assert "ended by itself" in site.broker.watch(), "a broker that gave up must say so"
        site.broker.start()
        assert violations_of(site, 300, keep) == []
    finally:
        site.stop()
