"""Time as records: what is due is produced to the log, and the stage that reads it decides
(docs/architecture.md, Design decisions).

A heap per partition holds the times of this worker's waiting leads and running clocks; it is
filled from the state at each assignment and by the stage runner afterwards. Nothing is decided
here: a record that comes twice, or too late, finds its row and does nothing.
"""

import asyncio
import heapq
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from leads import topics
from leads.decision import Parked
from leads.keys import derive
from leads.records import SlaTick, encode
from leads.table_rows import SlaClock
from leads.waits import resume_due
from streams.ports import Clock, StageMetrics
from streams.runner.background import BackgroundTask
from streams.runner.model import Stage
from streams.runner.outbox import Outbox
from tables.schema import CLOCKS
from tables.state import State

#: A machine's clock can be set forward: so long at the most nobody looks at it.
LONGEST_SLEEP = 5.0
#: A due record is sent again if its row is still there after so long: the first may have met a
#: stopped worker.
AGAIN = 30.0


class Timers:
    """The timers of one worker."""

    def __init__(
        self,
        stages: Iterable[Stage],
        state: State,
        outbox: Outbox,
        clock: Clock,
        metrics: StageMetrics,
    ) -> None:
        self._stages = {stage.name: stage for stage in stages}
        self._state, self._outbox, self._clock, self._metrics = state, outbox, clock, metrics
        self._heap: list[tuple[float, int, str, str]] = []
        self._mine: set[int] = set()
        self._ticking = BackgroundTask(self._run)
        self._earlier = asyncio.Event()  # something is due before what is slept for

    def assign(self, partitions: Iterable[int]) -> None:
        """Take up the times of these partitions, and only these."""
        self._mine = set(partitions)
        self._heap = []
        for stage in self._stages.values():
            self._assign(stage)
        for partition in self._mine:
            for key, clock in self._state.scan(partition, CLOCKS):
                self.clock_set(partition, key, clock)

    def _assign(self, stage: Stage) -> None:
        put_off = 0
        for partition in self._mine:
            for _, parked in self._state.scan(partition, stage.parked):
                self.lead_parked(stage, partition, parked)
                put_off += parked.put_off
        self._metrics.set_put_off(stage.name, put_off)

    def lead_parked(self, stage: Stage, partition: int, parked: Parked) -> None:
        """Remember when a waiting record is due."""
        if parked.until:
            self._push(parked.until, partition, stage.name, parked.subject)

    def clock_set(self, partition: int, key: str, clock: SlaClock) -> None:
        """Remember when a clock is due."""
        if clock.deadline and not (clock.satisfied_at or clock.breached_at):
            self._push(clock.deadline, partition, "due", key)
        if clock.assign_by and not clock.alerted_at and not clock.started:
            self._push(clock.assign_by, partition, "assign_by", key)

    def _push(self, at: float, partition: int, kind: str, key: str) -> None:
        if not self._heap or at < self._heap[0][0]:
            self._earlier.set()
        heapq.heappush(self._heap, (at, partition, kind, key))

    def row_changed(self, partition: int, key: str, value: Any) -> None:
        """See ports.Timekeeper."""
        if isinstance(value, SlaClock):
            self.clock_set(partition, key, value)

    def start(self, end: Callable[[BaseException], None]) -> None:
        """Begin to tick; what goes wrong is fatal."""
        self._ticking.start(end)

    async def stop(self) -> None:
        """Stop ticking."""
        await self._ticking.stop()

    async def _run(self) -> None:
        while True:
            await self.tick()
            wait = self._seconds_to_sleep()
            self._earlier.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._earlier.wait()

    def _seconds_to_sleep(self) -> float:
        if not self._heap:
            return LONGEST_SLEEP
        wait = self._heap[0][0] - self._clock.now()
        return min(LONGEST_SLEEP, max(0.001, wait))

    async def tick(self) -> None:
        """Produce what is due now, and wait for the broker's acknowledgement."""
        now = self._clock.now()
        sent = []
        again: list[tuple[float, int, str, str]] = []
        while self._heap and self._heap[0][0] <= now:
            _, partition, kind, key = heapq.heappop(self._heap)
            if partition not in self._mine:
                continue
            record = await self._record(partition, kind, key)
            if record is not None:
                topic, own_key, value = record
                sent.append(self._outbox.put(topic.full, own_key, value, partition))
                again.append((now + AGAIN, partition, kind, key))
        for item in again:
            heapq.heappush(self._heap, item)
        if sent:
            self._outbox.flush()
            await asyncio.gather(*sent)

    async def _record(
        self, partition: int, kind: str, key: str
    ) -> tuple[topics.Topic, bytes, bytes] | None:
        if kind in {"due", "assign_by"}:
            return self._tick_of(partition, kind, key)
        stage = self._stages[kind]
        parked = self._state.read(partition, stage.parked, key)
        if parked is None or not parked.until or parked.until > self._clock.now():
            return None
        lead = resume_due(parked, stage.name)
        if lead is not None:
            await self._state.sealing.ensure([lead])
            return stage.retry_topic, key.encode(), self._state.sealing.encode(lead)
        return topics.BY_NAME[parked.topic], parked.key.encode(), parked.other.encode()

    def _tick_of(
        self, partition: int, kind: str, key: str
    ) -> tuple[topics.Topic, bytes, bytes] | None:
        clock = self._state.read(partition, CLOCKS, key)
        if (
            clock is None
            or clock.ended
            or clock.breached_at
            or clock.satisfied_at
            or (kind == "assign_by" and (clock.started or clock.alerted_at))
        ):
            return None
        at = clock.deadline if kind == "due" else clock.assign_by
        if at > self._clock.now():
            return None
        tick = SlaTick(tick_id=derive("tick", kind, key, at), kind=kind, person_key=key, at=at)
        if self._state.get(partition, self._stages["sla"].attempts.key(tick.tick_id)) is not None:
            # it is under way, or was decided: what is put off comes again by its own row
            return None
        return topics.SLA_TICKS, key.encode(), encode(tick)
