"""A broker and a worker process for a benchmark: instant vendors, the audit on, CPU seconds read
from the process."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self

import psutil
from pydantic import SecretStr

from app.base.settings import Settings
from app.kafka.clients import consuming, ends, producing
from app.local.broker import Broker, free_port
from app.local.children import die_with_parent
from app.monitoring.lag import committed
from app.privacy.key_store import open_key_store
from app.privacy.lead_keys import open_sealing
from app.rules.store import load_rules
from app.setup.provision import provision_topics
from leads import topics
from leads.records import Captured, CrmRecord, encode
from sandbox.people import FIRST, LAST

_AT_ONCE = 500  # leads
RULES = Path(__file__).parents[1] / "app" / "rules" / "demo-rules.yaml"


class BenchSite:
    """One broker in a directory; topics made, the snapshot marked complete."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.broker = Broker(data / "broker", free_port())
        self.settings: Settings
        self._database = f"sqlite:///{data / 'leadgate.db'}"

    def __enter__(self) -> Self:
        self.broker.start()
        self.settings = Settings.model_construct(
            kafka_bootstrap_servers=self.broker.address,
            database_url=SecretStr(self._database),
            site_secret=SecretStr(self.variables()["LEADGATE_SITE_SECRET"]),
        )
        asyncio.run(self._ground())
        return self

    def __exit__(self, *_: object) -> None:
        self.broker.stop()

    async def _ground(self) -> None:
        rules = load_rules(Path(self.variables()["LEADGATE_RULES"]))
        await provision_topics(self.settings, rules.retention)
        open_key_store(self.settings).create()
        async with producing(self.settings) as producer:
            for partition in range(topics.PARTITIONS):
                mark = encode(CrmRecord(kind="complete", key=""))
                await producer.send_and_wait(
                    topics.CRM_RECORDS.full, mark, key=b"complete", partition=partition
                )

    def worker(self, engine: str, python: str = sys.executable) -> psutil.Process:
        """Start `python -m bench.engine ENGINE` as a process of its own, by this interpreter."""
        inherited = {
            k: v for k, v in os.environ.items() if not k.startswith(("LEADGATE_", "KAFKA_"))
        }
        out = (self.data / f"{engine}.log").open("ab")
        child = subprocess.Popen(
            [python, "-m", "bench.engine", engine, str(self.data / engine)],
            env=inherited | self.variables(),
            stdout=out,
            stderr=out,
            preexec_fn=die_with_parent,
        )
        return psutil.Process(child.pid)

    def variables(self) -> dict[str, str]:
        """The settings of a worker."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.broker.address,
            "LEADGATE_RULES": str(RULES),
            "LEADGATE_DATABASE_URL": self._database,
            "LEADGATE_SITE_SECRET": "c0ffee8d21b94fa7",
        }

    async def fill(self, count: int) -> None:
        """Capture so many leads."""
        await capture(self.settings, count)

    async def end(self, topic: str) -> int:
        """Records ever written to a topic."""
        async with consuming(self.settings) as consumer:
            return sum((await ends(consumer, [topic])).values())

    async def uncommitted(self, read: Iterable[topics.Topic]) -> int:
        """Records of these topics that the engine's group has yet to commit."""
        done = await committed(self.settings)
        async with consuming(self.settings) as consumer:
            end = await ends(consumer, [topic.full for topic in read])
        return sum(offset - done.get(tp, 0) for tp, offset in end.items())


async def capture(
    settings: Settings, count: int, make: Callable[[int], Captured] | None = None
) -> None:
    """Write so many captured leads, each of its own person; ten people a company. They are sealed,
    as the poller does it."""
    sealing = open_sealing(settings)
    async with producing(settings) as producer:
        for begin in range(0, count, _AT_ONCE):
            numbers = range(begin, min(begin + _AT_ONCE, count))
            records = list(map(make or captured, numbers))
            await sealing.ensure(records)
            for i, record in zip(numbers, records, strict=True):
                key = f"apollo:{i}".encode()
                await producer.send(topics.CAPTURED.full, sealing.encode(record), key=key)
        await producer.flush()


def captured(i: int) -> Captured:
    """A complete lead as the poller captures it, some 900 bytes. Nobody is like a colleague."""
    first, last = FIRST[i % 10 * 4], LAST[i % 10 * 3]
    raw = {
        "id": f"{i:024x}",
        "first_name": first,
        "last_name": last,
        "name": f"{first} {last}",
        "title": "VP Sales",
        "email": f"ada{i}@company{i // 10}.com",
        "email_status": "verified",
        "email_true_status": "Verified",
        "organization_name": f"Company {i // 10}, Inc.",
        "country": "United States",
        "state": "California",
        "city": "San Francisco",
        "organization": {
            "id": f"{i // 10:024x}",
            "name": f"Company {i // 10}",
            "primary_domain": f"company{i // 10}.com",
        },
        "contact_campaign_statuses": [],
        "label_ids": [],
        "phone_numbers": [{"raw_number": f"+1 415 2{i % 10**6:06d}", "type": "work_direct"}],
        "source": "search",
        "linkedin_url": f"http://www.linkedin.com/in/ada{i}",
        "updated_at": "2026-11-20T10:00:00.000Z",
    }
    return Captured(
        source="apollo",
        source_id=f"{i:024x}",
        captured_at=time.time(),
        raw=raw,
        priority="bulk",
        sequences_read_at=time.time(),
    )


def cpu(process: psutil.Process) -> float:
    """CPU seconds that a process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)
