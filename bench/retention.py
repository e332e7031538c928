"""What a site keeps on the broker's disks, in fast-forward: a day of leads, then days on which
nothing comes and only the leads that are held are looked at again.

A day takes a few seconds for each quarter of an hour: the rules keep records of every topic for one
such day, look at held leads as often, and the broker rolls, deletes and compacts its files as much
faster.
"""

import asyncio
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
from msgspec.structs import replace

from app.audit.verify import verify_placement
from app.kafka.clients import administering, consuming, ends
from app.local.broker import Broker, free_port
from app.retention.log_sizes import log_sizes
from app.setup.provision import wanted
from bench.site import RULES, BenchSite, capture, captured
from bench.vendors import HELD_ONE_IN
from leads import topics
from leads.records import Captured
from leads.retention import DAY

LOOKS_A_DAY = 96  # each 900 seconds
IDLE_DAYS = 4
_PATIENCE = 900.0


class FastBroker(Broker):
    """A broker that looks as often after its files as a day is shorter than a day."""

    def __init__(self, data: Path, day: float) -> None:
        super().__init__(data, free_port())
        self._day = day

    def _write_config(self) -> Path:
        path = super()._write_config()
        with path.open("a") as out:
            out.write(
                f"log.retention.check.interval.ms={self._check_ms}\n"
                "log.initial.task.delay.ms=1000\n"
                f"log.roll.ms={self._check_ms * 4}\nlog.cleaner.backoff.ms={self._check_ms}\n"
                "log.segment.bytes=1048576\n"
            )
        return path

    @property
    def _check_ms(self) -> int:
        return max(500, round(self._day / 48 * 1000))


class RetentionSite(BenchSite):
    """A site whose day is so many seconds long."""

    def __init__(self, data: Path, day: float) -> None:
        super().__init__(data)
        self.broker = FastBroker(data / "broker", day)
        self.day = day
        self.rules = data / "rules.yaml"
        days = day / DAY
        kept = "stages captured signals review_decisions sla_outcomes fallback dead_letters alerts"
        keys = ", ".join(f"{name}: {days:.9f}" for name in kept.split())
        text = RULES.read_text()
        text = text.replace("recheck_seconds: 3", f"recheck_seconds: {day / LOOKS_A_DAY}")
        self.rules.write_text(f"{text}retention: {{{keys}, replay: 0}}\n")

    def variables(self) -> dict[str, str]:
        """With these rules; old records are looked for 24 times a day."""
        often = str(self.day / 24)
        return super().variables() | {
            "LEADGATE_RULES": str(self.rules),
            "LEADGATE_RETENTION_SECONDS": often,
        }

    async def fill(self, count: int) -> None:
        """Capture so many leads, of which some are held."""
        await capture(self.settings, count, _captured)

    async def sizes(self) -> dict[str, float]:
        """Megabytes on disk: what workers shorten, the audit, the state's changelog, and others."""
        async with administering(self.settings) as admin, consuming(self.settings) as consumer:
            found = await log_sizes(admin, await ends(consumer, wanted()))
        shortened = {topic.full for topic in topics.SHORTENED}
        apart = {topics.AUDIT.full: "audit", topics.CHANGELOG: "changelog"}
        sizes: Counter[str] = Counter()
        for tp, size in found.items():
            group = "stages" if tp.topic in shortened else apart.get(tp.topic, "others")
            sizes[group] += size
        return {group: round(size / 1e6, 2) for group, size in sorted(sizes.items())}


def _captured(i: int) -> Captured:
    """What is known of Apollo's sequences is old for those that they hold."""
    record = captured(i)
    return record if i % HELD_ONE_IN else replace(record, sequences_read_at=0.0)


def measure_retention(leads: int, day: float) -> dict[str, Any]:
    """Megabytes on the broker's disks at the end of each day, and the audit's events; `day` is its
    length in seconds."""
    with tempfile.TemporaryDirectory() as data, RetentionSite(Path(data), day) as site:
        worker = site.worker("holding")
        started = time.monotonic()
        asyncio.run(site.fill(leads))
        _wait_until_read(site, worker)
        time.sleep(max(0.0, started + day - time.monotonic()))
        shown = [_state(site)]
        for _ in range(IDLE_DAYS):
            time.sleep(day)
            shown.append(_state(site))
        worker.terminate()
        worker.wait(60)
        account = asyncio.run(verify_placement(site.settings))
        return {
            "leads": leads,
            "seconds_a_day": day,
            "days": shown,
            "deleted": sum(account.deleted.values()),
            "places": {place: n for place, n in account.count().items() if n},
            "conserved": account.conserved,
        }


def _wait_until_read(site: RetentionSite, worker: psutil.Process) -> None:
    deadline = time.monotonic() + _PATIENCE
    while asyncio.run(site.uncommitted(topics.LEAD_TOPICS)):
        if worker.status() == psutil.STATUS_ZOMBIE or time.monotonic() > deadline:
            raise RuntimeError((site.data / "holding.log").read_text()[-2000:])
        time.sleep(1.0)


def _state(site: RetentionSite) -> dict[str, float]:
    return asyncio.run(site.sizes()) | {"events": asyncio.run(site.end(topics.AUDIT.full))}
