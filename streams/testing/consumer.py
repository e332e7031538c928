"""The strict consumer's contract over the log in memory: no holes, one run of a partition at a
time, contiguous commits."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from itertools import product
from typing import Any

from leads.topics import LEAD_TOPICS, TOPICS
from streams.consumer.batcher import RUN_RECORDS
from streams.consumer.offset_tracker import LostRecordsError, OffsetTracker, refuse_loss
from streams.runner.model import Stage
from streams.testing.log import LogRecord, MemoryLog
from streams.testing.process import Process

Place = tuple[str, int]
Body = Callable[[Any], Awaitable[None]]
COMMIT_EVERY = 0.5
_COMPACTED = frozenset(topic.full for topic in TOPICS if topic.cleanup == "compact")
_LEADS = frozenset(topic.full for topic in LEAD_TOPICS)


class MemoryRun:
    """Consecutive records of one partition; see consumer.Run."""

    def __init__(
        self, records: list[LogRecord], readers: int, settled: Callable[["MemoryRun"], None]
    ) -> None:
        self.records, self._readers, self._settled = records, readers, settled
        self.topic, self.partition = records[0].topic, records[0].partition

    def settle(self) -> None:
        """One reader has processed it for good."""
        self._readers -= 1
        if self._readers == 0:
            self._settled(self)


class MemoryConsumer:
    """Hands runs of any cut to the stages that read them; `draw` decides where they are cut and
    whose turn it is."""

    def __init__(
        self,
        log: MemoryLog,
        process: Process,
        stages: Iterable[Stage],
        bodies: Mapping[str, Body],
        draw: random.Random,
    ) -> None:
        self._log, self._process, self._draw = log, process, draw
        self._readers: dict[str, list[Body]] = {}
        for stage in stages:
            for topic in stage.inputs:
                self._readers.setdefault(topic.full, []).append(bodies[stage.name])
        self._progress: dict[Place, OffsetTracker] = {}
        self._out: set[Place] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._changed = asyncio.Event()
        self._settled = asyncio.Condition()
        # places that may have something to hand on, in the order in which they got it
        self._ready: dict[Place, None] = {}
        self._uncommitted: dict[Place, None] = {}
        self._to_commit = asyncio.Event()
        log.grown.append(self._grow)

    def _grow(self, place: Place) -> None:
        if place in self._progress:
            self._ready[place] = None
            self._changed.set()

    def assign(self, partitions: Iterable[int]) -> None:
        """Begin with what the group has committed; forget everything else."""
        self._out.clear()
        self._uncommitted.clear()
        self._progress, self._ready = {}, {}
        for place in product(self._readers, partitions):
            try:
                self._progress[place] = self._track(place)
            except LostRecordsError as error:
                self._process.end(error)
                return
            if self._has_more(place):
                self._ready[place] = None
        self._changed.set()

    def _track(self, place: Place) -> OffsetTracker:
        """See StrictConsumer. Raises LostRecordsError."""
        begin, committed = self._log.begin(*place), self._log.committed.get(place)
        if committed is None:
            return OffsetTracker(begin, -1)
        end, where = self._log.end(*place), f"{place[0]}/{place[1]}"
        refuse_loss(where, committed, begin, end, compacted=place[0] in _COMPACTED)
        return OffsetTracker(committed, committed)

    async def drain(self, partitions: Iterable[int]) -> None:
        """Hand on nothing more of these partitions, and return when what was handed on is settled
        and committed."""
        gone = set(partitions)
        leaving: dict[Place, OffsetTracker] = {}
        for place in list(self._progress):
            if place[1] in gone:
                leaving[place] = self._progress.pop(place)
        while any(progress.low_watermark < progress.expected for progress in leaving.values()):
            async with self._settled:
                await self._settled.wait()
        await self._commit(leaving)

    def has_pending_input(self) -> bool:
        """Whether leads lie in the log that were not handed on."""
        return any(place[0] in _LEADS and self._has_more(place) for place in self._ready)

    def settled_up_to(self, topic: str, partition: int) -> int:
        """The end of what is settled of a partition, -1 for one that isn't this worker's."""
        progress = self._progress.get((topic, partition))
        if progress is None:
            return -1
        return progress.low_watermark

    async def settled_to(self, topic: str, partition: int, end: int) -> None:
        """Return once everything before `end` is settled here; never for a partition that isn't
        this worker's."""
        while (
            progress := self._progress.get((topic, partition))
        ) is None or progress.low_watermark < end:
            async with self._settled:
                await self._settled.wait()

    async def run(self) -> None:
        """Hand on what there is, until cancelled."""
        while not self._process.dead:
            self._ready = dict.fromkeys(filter(self._has_more, self._ready))
            ready = [place for place in self._ready if place not in self._out]
            if not ready:
                self._changed.clear()
                await self._changed.wait()
                continue
            self._hand_on(self._draw.choice(ready))
            if self._draw.random() < 0.5:
                await asyncio.sleep(self._draw.choice((0.0, 0.001, 0.02)))

    def _has_more(self, place: Place) -> bool:
        progress = self._progress.get(place)
        return progress is not None and self._log.end(*place) > progress.expected

    def _hand_on(self, place: Place) -> None:
        progress = self._progress[place]
        waiting = self._log.read(*place, progress.expected)
        records = waiting[: self._draw.choice((1, 2, 3, RUN_RECORDS))]
        progress.delivered(records[-1].offset)
        self._out.add(place)
        bodies = self._readers[place[0]]

        def settled(run: MemoryRun) -> None:
            progress.settle(run.records[0].offset, run.records[-1].offset)
            if self._progress.get(place) is progress:
                self._out.discard(place)
                self._uncommitted[place] = None
                self._to_commit.set()
            self._changed.set()
            self._tasks = [task for task in self._tasks if not task.done()]
            self._tasks.append(asyncio.get_running_loop().create_task(self._notify_settled()))

        run = MemoryRun(records, len(bodies), settled)
        loop = asyncio.get_running_loop()
        self._tasks += [loop.create_task(_body(body, run)) for body in bodies]

    async def _notify_settled(self) -> None:
        async with self._settled:
            self._settled.notify_all()

    async def commit(self) -> None:
        """Commit now and then, until cancelled."""
        while not self._process.dead:
            await self._to_commit.wait()
            self._to_commit.clear()
            await asyncio.sleep(COMMIT_EVERY)
            settled, self._uncommitted = self._uncommitted, {}
            await self._commit(
                {place: self._progress[place] for place in settled if place in self._progress}
            )

    async def _commit(self, of: Mapping[Place, OffsetTracker]) -> None:
        ready: dict[Place, int] = {}
        for place, progress in of.items():
            if (offset := progress.committable()) is not None:
                ready[place] = offset
        if ready:
            await self._process.step("commit")
            for place, offset in ready.items():
                self._log.committed[place] = max(offset, self._log.committed.get(place, 0))
                of[place].committed = offset


async def _body(body: Body, run: MemoryRun) -> None:
    await body(run)
