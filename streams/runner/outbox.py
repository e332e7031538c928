"""Everything that leaves a worker for Kafka: gathered per partition, one future a batch, resolved
on the broker's ack.

A batch goes out when it is full, after `linger` seconds, or at once when no body in the worker
is still computing (nothing else can join it): see `IdleDetector`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

from aiokafka.errors import KafkaTimeoutError
from aiokafka.partitioner import murmur2

from leads.signatures import Signatures
from leads.topics import BY_NAME, PARTITIONS
from streams.runner.outgoing import OutgoingRecord
from tables.state import Row

_ENQUEUE_TRIES = 5
MAX_RECORDS = 1000
MAX_BYTES = 512 * 1024


@lru_cache(maxsize=16384)
def partition_of(key: bytes, partitions: int = PARTITIONS) -> int:
    """The partition of a key, as every Kafka client's default partitioner computes it."""
    hashed: int = murmur2(key)
    return (hashed & 0x7FFFFFFF) % partitions


class IdleDetector:
    """Knows when a batch need not wait longer: one of records when nothing computes, one of calls
    when no other call can come.

    While records wait that no body has begun, batches are left to fill. A body that waits for
    Kafka may still bring a lead to a call; one that waits for calls can't. `has_pending_input` says
    whether records lie in the worker, or on the broker as far as it knows, that no body has
    begun.
    """

    def __init__(self, has_pending_input: Callable[[], bool] = lambda: False) -> None:
        self.has_pending_input = has_pending_input
        self._bodies = self._on_kafka = self._on_calls = 0
        self._flush_records: list[Callable[[], None]] = []
        self._flush_calls: list[Callable[[], None]] = []

    def register(self, flush: Callable[[], None], *, calls: bool = True) -> None:
        """Have `flush` called whenever nothing else can join."""
        gatherers = self._flush_calls if calls else self._flush_records
        gatherers.append(flush)

    @property
    def idle(self) -> bool:
        """Whether no further call can come before those that wait have left."""
        return self._bodies == self._on_calls and not self.has_pending_input()

    @asynccontextmanager
    async def processing(self) -> AsyncIterator[None]:
        """Around a stage's work on one run."""
        self._bodies += 1
        try:
            yield
        finally:
            self._bodies -= 1
            self._check()

    @asynccontextmanager
    async def awaiting_kafka(self) -> AsyncIterator[None]:
        """Inside a body, around an await of the broker's acknowledgement."""
        self._on_kafka += 1
        self._check()
        try:
            yield
        finally:
            self._on_kafka -= 1

    @asynccontextmanager
    async def awaiting_vendor(self) -> AsyncIterator[None]:
        """Inside a body, around an await of calls to vendors."""
        self._on_calls += 1
        self._check()
        try:
            yield
        finally:
            self._on_calls -= 1

    def _check(self) -> None:
        waiting = self._bodies == self._on_kafka + self._on_calls
        if not waiting or self.has_pending_input():
            return
        for flush in self._flush_records:
            flush()
        if self._bodies == self._on_calls:
            for flush in self._flush_calls:
                flush()


class _Batch:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.rows: list[Row] = []
        self.size = 0
        self.sent: asyncio.Future[int] = loop.create_future()


class Outbox:
    """Gathers records per topic and partition over all stages of a worker.

    Also the state's journal.

    `check` raises when this worker must not write any more; `sent(topic, records)` is called for
    what is acknowledged. What it sends to a topic of orders it signs: the order was checked when it
    was read.
    """

    def __init__(
        self,
        producer: Any,
        idle: IdleDetector,
        signatures: Signatures,
        check: Callable[[], None],
        sent: Callable[[str, int], None] = lambda *_: None,
        linger: float = 0.025,
    ) -> None:
        self._producer, self._check, self._sent = producer, check, sent
        self._signatures = signatures
        self._idle = idle
        self._linger = linger
        self._open: dict[tuple[str, int], _Batch] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        idle.register(self.flush, calls=False)

    def put(
        self, topic: str, key: bytes, value: bytes | None, partition: int | None = None
    ) -> "asyncio.Future[int]":
        """Add a record; the future resolves when the broker has it, or raises the
        broker's error."""
        if partition is None:
            partition = partition_of(key)
        place = (topic, partition)
        batch = self._open.get(place)
        if batch is None:
            batch = self._open[place] = _Batch(asyncio.get_running_loop())
        batch.rows.append((key, value))
        batch.size += len(key) + len(value or b"")
        if len(batch.rows) >= MAX_RECORDS or batch.size >= MAX_BYTES:
            self._send(place)
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._linger, self.flush)
        return batch.sent

    async def deliver(self, futures: Iterable["asyncio.Future[int]"]) -> None:
        """Wait until all of them are acknowledged. Raises the first refusal."""
        # in their order, not in that of a set: a seed of the simulation must run alike each time
        waiting = dict.fromkeys(futures)
        if waiting:
            async with self._idle.awaiting_kafka():
                for future in waiting:
                    await future

    async def send(self, records: Iterable[OutgoingRecord]) -> None:
        """Send records and wait until all of them are acknowledged. Raises the first refusal."""
        waiting = []
        for record in records:
            partition = record.partition
            if partition < 0:
                partition = partition_of(record.home or record.key)
            waiting.append(self.put(record.topic.full, record.key, record.value, partition))
        await self.deliver(waiting)

    async def append(self, topic: str, partition: int, rows: list[Row]) -> int:
        """The state's journal: send rows to one partition as one batch where it fits; the last
        offset."""
        return await self._produce(topic, partition, rows)

    def flush(self) -> None:
        """Send every open batch now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for place in list(self._open):
            self._send(place)

    def _send(self, place: tuple[str, int]) -> None:
        batch = self._open.pop(place)
        task = asyncio.get_running_loop().create_task(self._complete(place, batch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _complete(self, place: tuple[str, int], batch: _Batch) -> None:
        try:
            batch.sent.set_result(await self._produce(*place, batch.rows))
        except Exception as error:  # noqa: BLE001  whoever waits for the batch decides; nothing is swallowed
            batch.sent.set_exception(error)

    async def _enqueue(self, batch: Any, topic: str, partition: int) -> Any:
        """Hand a batch to the producer; the future of its acknowledgement.

        aiokafka 0.14 counts the time that a batch has waited for room once more for each batch
        before it, and gives up after a fraction of its timeout. Nothing was sent then, so that
        it may be handed over again.
        """
        for _ in range(_ENQUEUE_TRIES - 1):
            try:
                return await self._producer.send_batch(batch, topic, partition=partition)
            except KafkaTimeoutError:
                self._check()
        return await self._producer.send_batch(batch, topic, partition=partition)

    async def _produce(self, topic: str, partition: int, rows: list[Row]) -> int:
        last: int = -1
        rest = rows
        known = BY_NAME.get(topic)  # the state's changelog is none of them
        signed = known is not None and known.signed
        while rest:
            self._check()
            builder = self._producer.create_batch()
            taken = 0
            for key, value in rest:
                headers = self._signatures.headers(topic, key, value) if signed else []
                if builder.append(key=key, value=value, timestamp=None, headers=headers) is None:
                    break
                taken += 1
            if not taken:
                raise ValueError(
                    f"a record of {len(rest[0][1] or b'')} bytes for {topic} is larger than a batch"
                    " may be"
                )
            builder.close()
            sent = await (await self._enqueue(builder, topic, partition))
            last = sent.offset + taken - 1
            self._sent(topic, taken)
            rest = rest[taken:]
        return last
