"""A restart with a backlog: many leads wait, and the worker is stopped and killed in the middle,
again and again.

This is where Faust's own consumer loses leads for good (docs/design/faust-facts.md 0b); `-m proof`
shows it on the same test.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Self

import msgspec
import pytest

from app.base.settings import Settings
from app.kafka.clients import consuming, ends, producing, read_to
from app.local.broker import Broker, free_port
from app.monitoring.lag import lag
from app.privacy.key_store import KeyStore
from app.setup.provision import provision_topics
from leads import topics
from leads.keys import lead_id
from leads.records import Captured, CrmRecord, encode
from tests.conftest import DEMO_RULES
from tests.limits import HUNG

pytestmark = [pytest.mark.kafka, pytest.mark.crash, pytest.mark.timeout(1500)]

SEED = 77
PADDING = "x" * 2000  # large records open the hole sooner


class Backlog:
    """A broker with many captured leads, and a two-stage worker over them."""

    def __init__(self, data: Path, leads: int, *args: str) -> None:
        self.data, self.leads, self.args = data, leads, args
        self.broker = Broker(data / "broker", free_port())
        self.environment = {
            k: v for k, v in os.environ.items() if not k.startswith(("LEADGATE_", "KAFKA_"))
        } | {
            "LEADGATE_RULES": str(DEMO_RULES),
            "LEADGATE_SITE_SECRET": "c0ffee8d21b94fa7",
            "LEADGATE_DATABASE_URL": f"sqlite:///{data / 'leadgate.db'}",
            "LEADGATE_HUBSPOT_TOKEN": "unused: neither stage calls the CRM",
        }

    def __enter__(self) -> Self:
        self.broker.start()
        self.environment["KAFKA_BOOTSTRAP_SERVERS"] = self.broker.address
        self.settings = Settings.model_construct(kafka_bootstrap_servers=self.broker.address)
        asyncio.run(self._fill())
        return self

    def __exit__(self, *_: object) -> None:
        self.broker.stop()

    async def _fill(self) -> None:
        await provision_topics(self.settings)
        KeyStore(self.environment["LEADGATE_DATABASE_URL"]).create()
        async with producing(self.settings) as producer:
            for partition in range(topics.PARTITIONS):
                record = CrmRecord(kind="complete", key="")
                await producer.send_and_wait(
                    topics.CRM_RECORDS.full, encode(record), key=b"complete", partition=partition
                )
            for i in range(self.leads):
                record_ = captured(i)
                await producer.send(
                    topics.CAPTURED.full, encode(record_), key=f"apollo:{i}".encode()
                )
            await producer.flush()

    def start(self) -> subprocess.Popen[bytes]:
        """One worker; its messages go to a file."""
        out = (self.data / "worker.log").open("ab")
        command = [
            sys.executable,
            "-m",
            "tests.crash.two_stages",
            str(self.data / "worker"),
            *self.args,
        ]
        return subprocess.Popen(command, env=self.environment, stdout=out, stderr=out)

    def arrived(self) -> Counter[str]:
        """How often each lead has come out of the second stage."""
        return asyncio.run(self._arrived())

    async def _arrived(self) -> Counter[str]:
        decoder = msgspec.json.Decoder(AuditHeader)
        async with consuming(self.settings) as consumer:
            until = await ends(consumer, [topics.UNIQUE.full])
            return Counter(
                [decoder.decode(r.value).lead_id async for r in read_to(consumer, until)]
            )

    def come_out(self) -> int:
        """Records that have come out of the second stage, by the end offsets."""

        async def count() -> int:
            async with consuming(self.settings) as consumer:
                return sum((await ends(consumer, [topics.UNIQUE.full])).values())

        return asyncio.run(count())

    def uncommitted(self) -> int:
        """Records of the two stages' inputs that no worker has committed."""
        behind = asyncio.run(lag(self.settings))
        return behind[topics.CAPTURED.full] + behind[topics.VALIDATED.full]


class AuditHeader(msgspec.Struct):
    """Only whose lead it is."""

    lead_id: str


def captured(i: int) -> Captured:
    """A complete lead of its own person and company."""
    raw = {
        "id": str(i),
        "first_name": "Ada",
        "last_name": f"Number{i}",
        "title": "VP Sales",
        "email": f"ada{i}@company{i}.com",
        "email_true_status": "Verified",
        "organization_name": f"Company {i}",
        "country": "United States",
        "headline": PADDING,
    }
    return Captured(source="apollo", source_id=str(i), captured_at=1.7e9, raw=raw, priority="bulk")


def interrupt(backlog: Backlog, number: int, times: int, chance: random.Random) -> None:
    """Let the worker get on with it, and end it, several times."""
    for _ in range(times):
        before = backlog.come_out()
        worker = backlog.start()
        deadline = time.monotonic() + HUNG
        while backlog.come_out() < before + 400 and time.monotonic() < deadline:
            assert worker.poll() is None, (backlog.data / "worker.log").read_text()[-2000:]
            time.sleep(0.1)
        # where it is hit is the seed's choice, not a condition to wait for
        time.sleep(chance.random() * 0.7)
        worker.send_signal(number)
        worker.wait(HUNG)


def finish(backlog: Backlog, seconds: float = 300) -> Counter[str]:
    """Let a last worker run until both stages have committed all that they read."""
    worker = backlog.start()
    deadline = time.monotonic() + seconds
    while backlog.uncommitted() and time.monotonic() < deadline:
        time.sleep(0.5)
    worker.send_signal(signal.SIGTERM)
    worker.wait(HUNG)
    return backlog.arrived()


@pytest.mark.parametrize(
    ("leads", "times"),
    [
        (15_000, 3),
        pytest.param(30_000, 3, marks=pytest.mark.long),
        pytest.param(100_000, 10, marks=pytest.mark.long),
    ],
)
def test_every_lead_of_a_backlog_arrives_over_stops_and_kills(
    tmp_path: Path, leads: int, times: int
) -> None:
    sys.stderr.write(f"seed {SEED}\n")
    chance = random.Random(SEED)
    with Backlog(tmp_path, leads) as backlog:
        interrupt(backlog, signal.SIGTERM, times, chance)
        interrupt(backlog, signal.SIGKILL, times, chance)
        assert backlog.come_out() < leads, "all had come out before the last one was ended"
        found = finish(backlog)
        missing = [i for i in range(leads) if lead_id("apollo", str(i)) not in found]
        assert missing == []
        repeats = sum(found.values()) - len(found)
        sys.stderr.write(f"repeats {repeats}\n")


@pytest.mark.proof
def test_fausts_own_consumer_loses_leads_on_the_same_backlog(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    with Backlog(tmp_path, 30_000, "faust") as backlog:
        interrupt(backlog, signal.SIGTERM, 5, chance)
        interrupt(backlog, signal.SIGKILL, 5, chance)
        found = finish(backlog)
        missing = [i for i in range(30_000) if lead_id("apollo", str(i)) not in found]
        sys.stderr.write(f"Faust's own consumer lost {len(missing)} of 30000 leads\n")
        assert missing, "Faust's own consumer lost nothing this time; if that stays so, ours can go"
