"""Reads the log into the read model, without a consumer group: its offsets lie beside its rows."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from app.base.errors import UsageError
from app.base.settings import Settings
from app.console.database import DatabaseUnavailableError
from app.console.groups import Change
from app.console.projecting import PROJECTED, changes_of
from app.console.store import (
    OvertakenError,
    Partition,
    ReadModel,
    Span,
)
from app.kafka.clients import consuming, ends
from streams.ports import Clock

log = structlog.get_logger(__name__)
_PAUSE = 1.0  # seconds between two tries while the database does not answer
_BEAT = 2.0  # seconds after which offsets are stored although nothing came
_TRIM_EVERY = 60.0  # seconds
_TELL_EVERY = 10.0  # seconds between two log lines while it is behind
_FETCH_MS = 500
Positions = Mapping[Partition, int]


class Projector:
    """One at a time: a second one that runs beside it stores nothing twice, and helps nobody.

    `tell` is given the number of records read and stored so far, after each batch.
    """

    def __init__(
        self,
        settings: Settings,
        model: ReadModel,
        clock: Clock,
        tell: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._settings, self._model, self._clock, self._tell = settings, model, clock, tell
        #: Records that this projector has read.
        self.records = 0
        self._told_at = self._trimmed_at = self._stored_at = 0.0
        self._was_behind = False

    async def follow(self, stop: asyncio.Event) -> None:
        """Keep the read model up to the log until `stop` is set; what was read is stored then.

        Waits for a database that does not answer. Raises UsageError for one without the tables, for
        a log that ends before what was read, and for a record that can't be read.
        """
        async with consuming(self._settings) as consumer:
            while not stop.is_set():
                try:
                    await self._read(consumer, lambda _: stop.is_set())
                except DatabaseUnavailableError as error:
                    log.error("waiting for the database of the read model", why=str(error))
                    await asyncio.sleep(_PAUSE)
                except OvertakenError as error:
                    log.warning("another process has changed the read model", why=str(error))

    async def catch_up(self) -> None:
        """Read all that the log holds at the call. Raises as `follow`, and
        DatabaseUnavailableError."""
        async with consuming(self._settings) as consumer:
            goal = _plain(await ends(consumer, PROJECTED))

            def is_reached(positions: Positions) -> bool:
                return all(positions.get(place, 0) >= end for place, end in goal.items())

            while True:
                try:
                    return await self._read(consumer, is_reached)
                except OvertakenError as error:
                    log.warning("another process reads into the read model", why=str(error))

    async def _read(
        self, consumer: AIOKafkaConsumer, is_done: Callable[[Positions], bool]
    ) -> None:
        """Read from the stored offsets on, until `is_done` of the positions."""
        await asyncio.to_thread(self._model.require_tables)
        stored: dict[Partition, int] = await asyncio.to_thread(self._model.offsets)
        found = await ends(consumer, PROJECTED)
        begins = await self._trim(consumer, found)
        _check(stored, found)
        consumer.assign(list(found))
        positions: dict[Partition, int] = {}
        for tp, begin in begins.items():
            place = tp.topic, tp.partition
            positions[place] = max(stored.get(place, 0), begin)
            consumer.seek(tp, positions[place])
        end = _plain(found)
        self._stored_at = 0.0
        while True:
            batches = await consumer.getmany(timeout_ms=_FETCH_MS)
            for tp in found:
                place = tp.topic, tp.partition
                end[place] = max(end[place], consumer.highwater(tp) or 0)
                if tp in batches:
                    positions[place] = batches[tp][-1].offset + 1
            records = [record for batch in batches.values() for record in batch]
            await self._store(records, stored, positions, end)
            if is_done(positions):
                return
            if self._clock.now() >= self._trimmed_at + _TRIM_EVERY:
                await self._trim(consumer, found)

    async def _store(
        self,
        records: Sequence[Any],
        stored: dict[Partition, int],
        positions: Positions,
        end: Positions,
    ) -> None:
        """Store what the records say; `stored` are the offsets after that."""
        now = self._clock.now()
        if not records and now < self._stored_at + _BEAT:
            return
        spans = [Span(*place, stored.get(place), at, end[place]) for place, at in positions.items()]

        def project() -> None:
            self._model.apply(_changes(records), spans, now)

        await asyncio.to_thread(project)
        stored.update(positions)
        self._stored_at = now
        self.records += len(records)
        self._tell(self.records)
        self._tell_lag(sum(span.end - span.until for span in spans), now)

    def _tell_lag(self, behind: int, now: float) -> None:
        if behind and now >= self._told_at + _TELL_EVERY:
            log.info("the read model is behind the log", records=behind)
            self._told_at, self._was_behind = now, True
        if self._was_behind and not behind:
            log.info("the read model has caught up with the log")
            self._was_behind = False

    async def _trim(
        self, consumer: AIOKafkaConsumer, found: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, int]:
        """Have rows of deleted records go; the partitions' first offsets."""
        begins: dict[TopicPartition, int] = await consumer.beginning_offsets(list(found))
        await asyncio.to_thread(self._model.trim, _plain(begins))
        self._trimmed_at = self._clock.now()
        return begins


def _changes(records: Sequence[Any]) -> list[Change]:
    return [change for record in records for change in changes_of(record)]


def _plain(offsets: Mapping[TopicPartition, int]) -> dict[Partition, int]:
    return {(tp.topic, tp.partition): offset for tp, offset in offsets.items()}


def _check(stored: Positions, found: Mapping[TopicPartition, int]) -> None:
    """Raise UsageError for a missing topic, and for one that was made again."""
    if missing := sorted(set(PROJECTED) - {tp.topic for tp in found}):
        raise UsageError(f"the broker has no topic {', '.join(missing)}: run `leadgate provision`")
    for tp, end in found.items():
        if (done := stored.get((tp.topic, tp.partition), 0)) > end:
            raise UsageError(
                f"{tp.topic}/{tp.partition} ends at {end}, and the read model has read up to"
                f" {done}: it belongs to another log; run `leadgate console rebuild`"
            )
