"""Before a stage acts, every signal that the broker has acknowledged is applied
(docs/design/interleavings.md 15)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from faust.types import TP

from app.base.settings import Settings
from app.kafka.clients import connection
from connectors.core.single_flight import SingleFlight
from leads import topics
from streams.ports import Fatal

log = structlog.get_logger(__name__)

#: Seconds: how long signals may take to be applied, one request for end offsets, and the pause
#: before the next.
APPLY_LIMIT = 15.0
REQUEST_LIMIT = 5.0
RETRY_PAUSE = 0.5


class GivenUp(asyncio.CancelledError):
    """The worker stops, or its partitions are assigned to another: the run stays unsettled, and the
    next owner of the partition reads it again."""


class EndOffsets:
    """Reads end offsets on a connection of its own.

    On the connection of Faust's consumer the answer would queue behind an open fetch, up to
    `FETCH_WAIT_MS`.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: AIOKafkaConsumer | None = None

    async def start(self) -> None:
        """Connect. Raises KafkaError when no broker answers."""
        limit = int(REQUEST_LIMIT * 1000) - 1000
        self._client = AIOKafkaConsumer(
            **connection(self._settings), enable_auto_commit=False, request_timeout_ms=limit
        )
        await self._client.start()

    async def stop(self) -> None:
        """Disconnect; nothing if it was not started."""
        if self._client is not None:
            await self._client.stop()

    async def read(self, partitions: Iterable[TP]) -> dict[TP, int]:
        """The end offset of each partition, not older than this call.

        While the broker does not answer, or has lost the request in a crash, the request is
        repeated without a limit.
        """
        assert self._client is not None, "start() comes first"
        wanted = list(partitions)
        while True:
            try:
                async with asyncio.timeout(REQUEST_LIMIT):
                    ends: dict[TP, int] = await self._client.end_offsets(wanted)
            except (KafkaError, TimeoutError) as error:
                log.warning(
                    "the broker does not answer the request for the signals' end offsets; retrying",
                    error=repr(error),
                )
                await asyncio.sleep(RETRY_PAUSE)
            else:
                return ends


class Deliveries(Protocol):
    """What is used of the worker's consumer."""

    def settled_up_to(self, tp: TP) -> int:
        """The offset up to which a partition is settled."""
        ...

    def delivers(self, tp: TP) -> bool:
        """Whether records of a partition still come to this worker."""
        ...


class SignalsWait:
    """Waits until a partition's signals are applied.

    Concurrent waits share one request for end offsets.

    `read_ends` is as `EndOffsets.read`, `mine` returns this worker's partitions, `limit` is in
    seconds.
    """

    def __init__(
        self,
        read_ends: Callable[[Iterable[TP]], Awaitable[dict[TP, int]]],
        consumer: Callable[[], Deliveries],
        mine: Callable[[], Iterable[int]],
        limit: float = APPLY_LIMIT,
    ) -> None:
        self._read_ends, self._consumer, self._mine, self._limit = read_ends, consumer, mine, limit
        self._ends = SingleFlight(self._read)

    async def _read(self) -> dict[TP, int]:
        return await self._read_ends(
            [TP(topics.SIGNALS.full, partition) for partition in sorted(self._mine())]
        )

    async def applied(self, partition: int) -> None:
        """Return once every signal acknowledged before this call is in the state of the partition.

        Raises GivenUp as soon as this worker does not receive the partition's signals any more,
        and Fatal when they aren't applied within the limit.
        """
        tp = TP(topics.SIGNALS.full, partition)
        end = await self._end(tp)
        deadline = asyncio.get_running_loop().time() + self._limit
        while (settled := self._consumer().settled_up_to(tp)) < end:
            self._check(tp)
            if asyncio.get_running_loop().time() > deadline:
                raise Fatal(
                    f"signals of partition {partition} are applied up to {settled} of {end} after"
                    f" {self._limit:.0f} s"
                )
            await asyncio.sleep(0.002)

    async def _end(self, tp: TP) -> int:
        reading = asyncio.ensure_future(self._ends.get())
        try:
            while not reading.done():
                self._check(tp)
                await asyncio.wait({reading}, timeout=0.1)
            ends = reading.result()
        finally:
            reading.cancel()
        if tp not in ends:
            raise GivenUp(f"{tp.topic}/{tp.partition} is not assigned to this worker any more")
        return ends[tp]

    def _check(self, tp: TP) -> None:
        if not self._consumer().delivers(tp):
            raise GivenUp(f"{tp.topic}/{tp.partition} is not delivered to this worker any more")
