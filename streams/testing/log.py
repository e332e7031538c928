"""Kafka's log in memory: partitions, offsets, what a group has committed, and a producer that
writes to it."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import chain, repeat
from typing import Any, NamedTuple

from leads.signatures import Headers
from leads.topics import PARTITIONS
from streams.runner.outbox import partition_of
from streams.testing.process import Process
from tables.state import Row


class LogRecord(NamedTuple):
    """A record as a consumer gets it. `timestamp` in milliseconds since the epoch."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: Headers = ()


class MemoryLog:
    """Every topic has PARTITIONS partitions; `grown` are called after each append."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self._partitions: defaultdict[tuple[str, int], list[LogRecord]] = defaultdict(list)
        self._begin: defaultdict[tuple[str, int], int] = defaultdict(int)
        self.committed: dict[tuple[str, int], int] = {}
        self.grown: list[Callable[[tuple[str, int]], None]] = []

    def append(
        self, topic: str, partition: int, rows: list[Row], headers: Iterable[Headers] = ()
    ) -> int:
        """Write a batch, whole; the offset of its first record. `headers` are those of the first
        rows; the others have none."""
        records = self._partitions[topic, partition]
        first, at = self.end(topic, partition), int(self.now() * 1000)
        signed = zip(rows, chain(headers, repeat(())), strict=False)
        for offset, ((key, value), own) in enumerate(signed, first):
            records.append(LogRecord(topic, partition, offset, key, value, at, own))
        for notify in self.grown:
            notify((topic, partition))
        return first

    def end(self, topic: str, partition: int) -> int:
        """The offset that the next record will have."""
        return self._begin[topic, partition] + len(self._partitions[topic, partition])

    def begin(self, topic: str, partition: int) -> int:
        """The first offset that was not deleted."""
        return self._begin[topic, partition]

    def delete_before(self, topic: str, partition: int, offset: int) -> list[LogRecord]:
        """Kafka's DeleteRecords: everything before an offset is gone; the records that were."""
        place = topic, partition
        count = max(0, offset - self._begin[place])
        gone, self._partitions[place] = (
            self._partitions[place][:count],
            self._partitions[place][count:],
        )
        self._begin[place] += len(gone)
        return gone

    def lose(self, topic: str) -> None:
        """The topic is deleted, and made again."""
        for partition in range(PARTITIONS):
            self._partitions.pop((topic, partition), None)
            self._begin.pop((topic, partition), None)

    def read(self, topic: str, partition: int, start: int = 0) -> list[LogRecord]:
        """The records of a partition from an offset on."""
        return self._partitions[topic, partition][max(0, start - self._begin[topic, partition]) :]

    def all(self, topic: str) -> list[LogRecord]:
        """The records of all partitions of a topic, each partition in its order."""
        records: list[LogRecord] = []
        for partition in range(PARTITIONS):
            records += self._partitions[topic, partition]
        return records


class _Batch:
    """aiokafka's batch builder, as far as the outbox uses it.

    Offsets of one batch follow each other.
    """

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.headers: list[Headers] = []

    def append(
        self,
        *,
        key: bytes | None,
        value: bytes | None,
        timestamp: int | None,
        headers: Headers = (),
    ) -> Any:
        del timestamp
        self.rows.append((key or b"", value))
        self.headers.append(headers)
        return self

    def close(self) -> None:
        """Nothing more comes."""


class _Sent(NamedTuple):
    offset: int


class MemoryProducer:
    """aiokafka's producer, as far as Leadgate uses it. Each send is a step of its process.

    `repeats` says for each batch whether the broker gets it a second time: a producer that lost
    the acknowledgement.
    """

    def __init__(
        self, log: MemoryLog, process: Process, repeats: Callable[[str], bool] = lambda _: False
    ) -> None:
        self._log, self._process, self._repeats = log, process, repeats

    def create_batch(self) -> _Batch:
        """A batch to be filled."""
        return _Batch()

    async def send_batch(
        self, batch: _Batch, topic: str, *, partition: int
    ) -> "asyncio.Future[_Sent]":
        """Write a batch; the future holds the offset of its first record."""
        await self._process.step(f"append {topic}")
        if self._repeats(topic):
            self._log.append(topic, partition, batch.rows, batch.headers)
        offset = self._log.append(topic, partition, batch.rows, batch.headers)
        sent: asyncio.Future[_Sent] = asyncio.get_running_loop().create_future()
        await self._process.step(f"acknowledged {topic}")
        sent.set_result(_Sent(offset))
        return sent

    async def send(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes,
        partition: int | None = None,
        headers: Headers = (),
    ) -> "asyncio.Future[_Sent]":
        """Write one record; the future is done already."""
        sent: asyncio.Future[_Sent] = asyncio.get_running_loop().create_future()
        sent.set_result(
            await self.send_and_wait(topic, value, key=key, partition=partition, headers=headers)
        )
        return sent

    async def send_and_wait(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes,
        partition: int | None = None,
        headers: Headers = (),
    ) -> _Sent:
        """Write one record; as commands and the poller send."""
        await self._process.step(f"append {topic}")
        if partition is None:
            partition = partition_of(key)
        return _Sent(self._log.append(topic, partition, [(key, value)], [headers]))
