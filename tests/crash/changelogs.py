"""A changelog written by the test, workers that restore it, and what their databases then hold."""

import asyncio
import os
import random
import re
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, cast

import rocksdict

from app.base.settings import Settings
from app.kafka.clients import consuming, ends, producing, read_to
from app.local.broker import Broker, free_port
from app.local.children import die_with_parent
from app.privacy.key_store import KeyStore
from app.setup.provision import provision_topics
from leads import topics
from leads.records import CrmRecord, encode
from tables.state import Row
from tests.conftest import DEMO_RULES
from tests.limits import HUNG

OFFSET_KEY = b"__faust\0offset__"
Rows = dict[bytes, bytes]


class ChangelogSite:
    """A broker whose changelog the test has written, and two-stage workers on directories of their
    own."""

    def __init__(self, data: Path, records: int = 0) -> None:
        self.data, self.count = data, records
        self.broker = Broker(data / "broker", free_port())
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self._database = f"sqlite:///{data / 'leadgate.db'}"

    def __enter__(self) -> Self:
        self.broker.start()
        self.settings = Settings.model_construct(kafka_bootstrap_servers=self.broker.address)
        asyncio.run(self._fill())
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self.children):
            self.end(name, 9)
        self.broker.stop()

    async def _fill(self) -> None:
        """Rows that are set, changed again and again, and deleted: an old value that comes last
        would show."""
        await provision_topics(self.settings)
        KeyStore(self._database).create()
        chance = random.Random(5)
        async with producing(self.settings) as producer:
            for partition in range(topics.PARTITIONS):
                record = CrmRecord(kind="complete", key="")
                await producer.send_and_wait(
                    topics.CRM_RECORDS.full, encode(record), key=b"complete", partition=partition
                )
            rows = [self._row(chance, i) for i in range(self.count)]
            for partition in range(topics.PARTITIONS):
                await write_rows(producer, partition, rows[partition :: topics.PARTITIONS])
            await producer.flush()

    def _row(self, chance: random.Random, number: int) -> Row:
        key = f"restored\x00{chance.randrange(max(1, self.count // 4))}".encode()
        return key, None if chance.random() < 0.1 else b"%d " % number + b"x" * 150

    def start(self, name: str = "worker") -> None:
        """Start a worker; its messages go to a file."""
        environment = {
            k: v for k, v in os.environ.items() if not k.startswith(("LEADGATE_", "KAFKA_"))
        } | {
            "KAFKA_BOOTSTRAP_SERVERS": self.broker.address,
            "LEADGATE_RULES": str(DEMO_RULES),
            "LEADGATE_SITE_SECRET": "c0ffee8d21b94fa7",
            "LEADGATE_DATABASE_URL": self._database,
            "LEADGATE_HUBSPOT_TOKEN": "unused: neither stage calls the CRM",
            "LEADGATE_WORKER_ID": name,
        }
        out = (self.data / f"{name}.log").open("ab")
        command = [sys.executable, "-m", "tests.crash.two_stages", str(self.data / name)]
        self.children[name] = subprocess.Popen(
            command, env=environment, stdout=out, stderr=out, preexec_fn=die_with_parent
        )

    def end(self, name: str, number: int) -> int:
        """End a worker by a signal; its exit code. One that lives on fails the test with its log,
        and is killed."""
        child = self.children.pop(name)
        child.send_signal(number)
        try:
            return child.wait(HUNG)
        except subprocess.TimeoutExpired:
            child.kill()
            raise AssertionError(f"it lives on: {self.log(name)[-5000:]}") from None

    def wait_for_end(self, name: str) -> int:
        """Wait until a worker has ended by itself; its exit code."""
        return self.children.pop(name).wait(HUNG)

    def log(self, name: str) -> str:
        """What a worker has said."""
        path = self.data / f"{name}.log"
        return re.sub(r"\x1b\[[0-9;]*m", "", path.read_text()) if path.exists() else ""

    def state(self, name: str) -> Path:
        """The directory of a worker's databases."""
        [tables] = (self.data / name / "state").glob("v*/tables")
        return tables

    def assignments(self, name: str) -> list[list[int]]:
        """The partitions a worker has had, restored, one list an assignment."""
        found = re.findall(r"partitions assigned.*? partitions=\[([\d, ]*)\]", self.log(name))
        return [[int(p) for p in one.split(", ") if p] for one in found]

    def wait_for(self, what: Callable[[], bool]) -> None:
        """Wait until `what` is true, while every worker lives."""
        deadline = time.monotonic() + HUNG
        while not what():
            for name, child in self.children.items():
                assert child.poll() is None, self.log(name)[-3000:]
            assert time.monotonic() < deadline, {
                name: self.log(name)[-2000:] for name in self.children
            }
            time.sleep(0.02)

    def table_files(self, name: str) -> set[Path]:
        """The files of rows that a worker has written, none of what it still has in memory."""
        return set((self.data / name / "state").glob("v*/tables/*/*.sst"))

    def changelog(self) -> list[tuple[Rows, int]]:
        """Of each partition: the rows that its changelog leaves, and its end."""

        async def read() -> list[tuple[Rows, int]]:
            async with consuming(self.settings) as consumer:
                until = await ends(consumer, [topics.CHANGELOG])
                found: list[tuple[Rows, int]] = [({}, 0) for _ in range(topics.PARTITIONS)]
                for tp, end in until.items():
                    found[tp.partition] = ({}, end)
                async for record in read_to(consumer, until):
                    rows = found[record.partition][0]
                    if record.value is None:
                        rows.pop(record.key, None)
                    else:
                        rows[record.key] = record.value
                return found

        return asyncio.run(read())

    def differences(self, name: str, partitions: list[int]) -> list[str]:
        """How a stopped worker's databases differ from the changelog: in rows, or in the offset."""
        wrong = []
        expected = self.changelog()
        for partition in partitions:
            rows, end = expected[partition]
            stored = stored_rows(self.state(name) / f"state-{partition}.db")
            offset = stored.pop(OFFSET_KEY, None)
            wrong += [
                f"{partition}: {key!r}"
                for key in rows.keys() | stored.keys()
                if rows.get(key) != stored.get(key)
            ]
            if offset is None or int(offset) != end - 1:
                wrong.append(f"{partition}: offset {offset!r}, the end is {end}")
        return wrong


def stored_rows(path: Path) -> Rows:
    """Every row of a database that no process has open."""
    database = rocksdict.Rdict(str(path), options=rocksdict.Options(raw_mode=True))
    rows: Any = dict(database.items())
    database.close()
    return cast("Rows", rows)


async def write_rows(producer: Any, partition: int, rows: list[Row]) -> None:
    """Append rows to a partition of the changelog, a full batch at a time."""
    rest = deque(rows)
    while rest:
        batch = producer.create_batch()
        while rest and batch.append(key=rest[0][0], value=rest[0][1], timestamp=None) is not None:
            rest.popleft()
        batch.close()
        await producer.send_batch(batch, topics.CHANGELOG, partition=partition)
