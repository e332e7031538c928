"""The strict consumer: Faust's aiokafka consumer, delivering without holes and committing without
guesses.

Why it exists: docs/design/faust-facts.md 0b. Faust 0.15.3 skips records at a restart with a backlog
and commits past them, silently. It overrides private methods of exactly that version, so the pin in
pyproject.toml and `tests/crash/test_backlog.py`, which fails without this module, belong to it.

What it changes:
 1. A record is delivered only at the expected offset; a hole makes it seek back
    (`offset_tracker.py`).
 2. Consecutive records of a partition are delivered as one run of up to 100, one Faust event: Faust
    costs some 150 us an event, so that runs, not records, are the unit of work.
 3. Delivery never blocks on a full queue: a partition has one run with its agent, the rest waits
    here (`batcher.py`), and when that is another run's worth, the partition alone is not fetched.
 4. A run counts only when every stage that reads it has settled it. Faust's own acknowledgements
    are ignored: it gives them to events whose body raised or was cancelled, too.
 5. Only the contiguous settled prefix is committed.
 6. A changelog's records are stored a fetched batch at once; Faust sees the last of them.
 7. Nothing is handed on while Faust rebalances: it empties its queues when it resumes, and what it
    empties it forgets. What was fetched meanwhile is fetched again.
 8. A partition that stands still is reported from what is settled. Faust's own look goes by its
    acknowledgements and by stream times that changelogs never have: it calls every changelog of
    a healthy worker an error.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from faust.transport.consumer import ensure_TP, ensure_TPset
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage

from streams.consumer.batcher import MAX_LINGER, RUN_RECORDS, RecordBatcher
from streams.consumer.offset_tracker import FetchVerdict, OffsetTracker, refuse_loss
from streams.consumer.seeking import seek_back
from streams.consumer.stalls import Stalls
from streams.consumer.static_member import DuplicateWorkerError, refuse_duplicate

log = structlog.get_logger(__name__)
FETCH_WAIT_MS = 100
_END_TRIES, _END_PAUSE = 20, 0.25


class RecordBatch(ConsumerMessage):
    """Consecutive records of one partition as one Faust message.

    `settle()` makes it committable.
    """

    records: list[Any]
    progress: OffsetTracker
    readers: int
    on_settled: Callable[["RecordBatch"], None]

    def settle(self) -> None:
        """Mark every record of the run as processed for good by one stage.

        The stage runner calls it last.
        """
        self.readers -= 1
        if self.readers == 0:
            self.on_settled(self)


@dataclass(slots=True)
class SourceTopics:
    """What the consumer must know of the topics that it reads.

    `compacted`: where a hole in the offsets can be real. `lead_topics`: what leads pass, in
    order; `crm_topics`: those of them whose stage calls the CRM. `skip_ranges`: offsets, each
    from and up to, that a replay leaves out, filled before the app starts.
    """

    compacted: frozenset[str] = frozenset()
    lead_topics: tuple[str, ...] = ()
    crm_topics: frozenset[str] = frozenset()
    skip_ranges: dict[TP, tuple[tuple[int, int], ...]] = field(default_factory=dict)


class StrictConsumer(driver.Consumer):
    """See the module's text. One instance a worker, made by Faust through `StrictTransport`."""

    def __init__(self, *args: Any, source: SourceTopics, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._source = source
        self._progress: dict[TP, OffsetTracker] = {}
        self._batcher = RecordBatcher(source.lead_topics, source.crm_topics)
        self._in_flight: set[TP] = set()
        self._timed: set[str] = set()
        self._refetch: set[TP] = set()
        self._dispatching: set[asyncio.Task[None]] = set()
        self._readers: Counter[str] = Counter()
        self._lead_partitions: list[tuple[TP, OffsetTracker]] = []
        self._stalls: Stalls[TP] = Stalls(self.app.conf.stream_processing_timeout)

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return StrictThread(self, loop=self.loop, beacon=self.beacon)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Forget what was fetched and not begun; what is in progress settles into its old
        tracker."""
        self._batcher.reset(())
        self._lead_partitions.clear()
        await super().on_partitions_revoked(revoked)
        self._progress.clear()
        self._in_flight.clear()

    async def perform_seek(self) -> None:
        """Seek source partitions to their committed offsets, or to the earliest where there is
        none."""
        committed: Mapping[TP, int | None] = await self.seek_to_committed()
        sources = [tp for tp in self.assignment() if not self._is_changelog_tp(tp)]
        positions: dict[TP, int] = {}
        if sources:
            earliest = await self.earliest_offsets(*sources)
            ends = await self._ends_past(sources, committed)
            for tp in sources:
                positions[tp] = self._track(tp, committed.get(tp), earliest[tp], ends[tp])
        self._batcher.reset(sources)
        self._in_flight.clear()
        self._lead_partitions = [
            (tp, self._progress[tp]) for tp in sources if tp.topic in self._source.lead_topics
        ]
        if positions:
            await self.seek_wait(positions)

    def _track(self, tp: TP, committed: int | None, earliest: int, end: int) -> int:
        """Track a partition from the position at which it is read, which is returned.

        Raises LostRecordsError.
        """
        skipped = self._source.skip_ranges.get(tp, ())
        if committed is None or committed < 0:
            self._progress[tp] = OffsetTracker(earliest, -1, skipped)
            return earliest
        compacted = tp.topic in self._source.compacted
        refuse_loss(f"{tp.topic}/{tp.partition}", committed, earliest, end, compacted=compacted)
        self._progress[tp] = OffsetTracker(committed, committed, skipped)
        return committed

    async def _ends_past(
        self, sources: list[TP], committed: Mapping[TP, int | None]
    ) -> Mapping[TP, int]:
        """Where the logs end.

        A leader just elected may report an earlier end for a moment, so it is asked again.
        """
        ends: Mapping[TP, int] = {}
        for _ in range(_END_TRIES):
            ends = await self.highwaters(*sources)
            if all((committed.get(tp) or 0) <= end for tp, end in ends.items()):
                break
            await asyncio.sleep(_END_PAUSE)
        return ends

    async def seek(self, partition: TP, offset: int) -> None:
        """Refuse: the read position belongs to OffsetTracker alone, and nothing in Leadgate seeks
        by hand."""
        raise NotImplementedError(
            f"{partition} is read in order; reset the group's offset instead of seeking to {offset}"
        )

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                await self._drain_once()
        except self.consumer_stopped_errors:
            if not self.transport.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.transport.app.should_stop:
                raise

    async def _drain_once(self) -> None:
        await self._seek_to_refetch()
        if not self.flow_active:
            await self.wait(self.can_resume_flow)  # type: ignore[arg-type]
        generation = self.app.consumer_generation_id
        records, _ = await self._wait_next_records(1.0)
        await asyncio.sleep(0)
        if not records or self.should_stop:
            return
        for fetched, batch in records.items():
            tp = ensure_TP(fetched)
            same = self.flow_active and self.app.consumer_generation_id == generation
            if self._is_changelog_tp(tp) and same and tp not in self._refetch:
                await self._restore(tp, batch)
            elif same and not self.app.rebalancing:
                await self._enqueue(tp, batch)
            else:
                self._refetch.add(tp)

    async def _seek_to_refetch(self) -> None:
        """Set back the partitions whose fetched records were put away, once they can be handed
        on."""
        if not self._refetch or not self.flow_active:
            return
        tables: Any = self.app.tables
        back: dict[TP, int] = {}
        for tp in list(self._refetch):
            if self._is_changelog_tp(tp):
                if tp in tables.recovery.active_tps:
                    back[tp] = max(0, tables.recovery.active_offsets[tp] or 0)
            elif self.app.rebalancing:
                continue
            elif tp in self._progress:
                back[tp] = self._progress[tp].expected
            self._refetch.discard(tp)
        await seek_back(self.seek_wait, back)

    async def _restore(self, tp: TP, batch: list[Any]) -> None:
        """Store a changelog's batch, and give Faust its last record: Faust needs it to know how far
        the table is restored."""
        tables: Any = self.app.tables
        if tp not in tables.recovery.active_tps:
            return
        tables._changelogs[tp.topic].restore(tp.partition, batch)
        await self.callback(self._to_message(tp, batch[-1]))

    async def _enqueue(self, tp: TP, batch: Iterable[Any]) -> None:
        progress = self._progress.get(tp)
        if progress is None:
            return
        admitted: list[Any] = []
        for record in batch:
            verdict = progress.admit(record.offset, gaps=tp.topic in self._source.compacted)
            if verdict is FetchVerdict.SEEK_BACK:
                progress.sought = True
                await seek_back(self.seek_wait, {tp: progress.expected})
                break
            if verdict is FetchVerdict.DELIVER:
                progress.delivered(record.offset)
                admitted.append(record)
        self._batcher.add(tp, admitted)
        await self._dispatch(tp)

    def _batch_of(self, tp: TP, records: list[Any], progress: OffsetTracker) -> RecordBatch:
        last = records[-1]
        run = RecordBatch(
            tp.topic,
            tp.partition,
            last.offset,
            last.timestamp / 1000.0,
            last.timestamp_type,
            None,
            b"",
            b"",
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )
        run.records = records
        run.progress = progress
        run.readers = self._readers_of(tp.topic)
        run.on_settled = self._on_settled
        return run

    def _readers_of(self, topic: str) -> int:
        if not self._readers:
            for agent in self.app.agents.values():
                self._readers.update(agent.channel.topics)
        return self._readers[topic]

    async def _dispatch(self, tp: TP) -> None:
        """Give runs to their stages: a partition's own, or all that are gathered for a CRM call."""
        if self.flow_active and not self.app.rebalancing:
            now = asyncio.get_running_loop().time()
            for one in list(
                self._batcher.ready_partitions(tp, self._is_free, self._is_coming, now)
            ):
                self._in_flight.add(one)
                await self.callback(
                    self._batch_of(one, self._batcher.take(one), self._progress[one])
                )
                self._fetch_or_not(one)
            if self._batcher.holds(tp) and tp.topic not in self._timed:
                self._timed.add(tp.topic)
                asyncio.get_running_loop().call_later(MAX_LINGER, self._dispatch_late, tp)
        self._fetch_or_not(tp)

    def _dispatch_late(self, tp: TP) -> None:
        self._timed.discard(tp.topic)
        self._dispatch_soon(tp)

    def _is_free(self, tp: TP) -> bool:
        return tp not in self._in_flight and tp in self._progress

    def _is_coming(self, topic: str) -> bool:
        """Whether leads that this worker knows of are on their way to a topic."""
        place = self._batcher.order[topic]
        for tp, progress in self._lead_partitions:
            unread = (self.highwater(tp) or 0) > progress.expected
            if tp.topic == topic and unread:
                return True
            if self._batcher.order[tp.topic] < place and (
                unread or progress.low_watermark < progress.expected
            ):
                return True
        return False

    def _fetch_or_not(self, tp: TP) -> None:
        full, stopped = self._batcher.count(tp) >= RUN_RECORDS, tp in self._buffered_partitions
        if full and not stopped:
            self._get_active_partitions().discard(tp)
            self._buffered_partitions.add(tp)
        elif stopped and not full:
            self._buffered_partitions.discard(tp)
            self._get_active_partitions().add(tp)

    def _on_settled(self, run: RecordBatch) -> None:
        run.progress.settle(run.records[0].offset, run.records[-1].offset)
        if self._progress.get(run.tp) is run.progress:
            self._in_flight.discard(run.tp)
            self._dispatch_soon(run.tp)
            for topic in self._batcher.held():
                if not self._is_coming(topic):
                    self._dispatch_soon(TP(topic, run.tp.partition))

    def _dispatch_soon(self, tp: TP) -> None:
        task = asyncio.get_running_loop().create_task(self._dispatch(tp))
        self._dispatching.add(task)
        task.add_done_callback(self._dispatched)

    def _dispatched(self, task: asyncio.Task[None]) -> None:
        self._dispatching.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.app._crash(error)

    def _filter_committable_offsets(self, tps: Iterable[TP]) -> dict[TP, int]:
        del tps  # Faust's own list of acknowledged offsets is not used
        assigned = ensure_TPset(self.assignment())
        ready: dict[TP, int] = {}
        for tp, progress in self._progress.items():
            if tp in assigned and (offset := progress.committable()) is not None:
                ready[tp] = offset
        return ready

    async def _commit_offsets(
        self, offsets: Mapping[TP, int], start_new_transaction: bool = True
    ) -> bool:
        progress = {tp: self._progress[tp] for tp in offsets if tp in self._progress}
        done: bool = await super()._commit_offsets(offsets, start_new_transaction)
        if done:
            for tp, p in progress.items():
                p.committed = offsets[tp]
        return done

    async def verify_all_partitions_active(self) -> None:
        """Log the partitions that stand still.

        Faust calls this every 2.5 commit intervals, except while it rebalances.
        """
        offsets = {
            tp: (p.low_watermark, self.highwater(tp) or 0) for tp, p in self._progress.items()
        }
        for stall in self._stalls.look(asyncio.get_running_loop().time(), offsets):
            log.warning(
                "a partition stands still",
                partition=f"{stall.partition.topic}/{stall.partition.partition}",
                settled=stall.settled,
                end=stall.end,
                seconds=round(stall.seconds),
            )

    def has_pending_input(self) -> bool:
        """Whether leads are known that no stage has begun, nor are held back."""
        for tp, progress in self._lead_partitions:
            if self._batcher.count(tp) and not self._batcher.holds(tp):
                return True
            if (self.highwater(tp) or 0) > progress.expected:
                return True
        return False

    def settled_up_to(self, tp: TP) -> int:
        """The end of what this worker has settled of a partition, -1 when it isn't assigned
        here."""
        progress = self._progress.get(tp)
        if progress is None:
            return -1
        return progress.low_watermark

    def delivers(self, tp: TP) -> bool:
        """Whether records of a partition still come to this worker: it neither stops nor
        rebalances, and has it."""
        return self.flow_active and not self.app.rebalancing and tp in self._progress


class StrictThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread, asking the broker more often (its 1.5 s would be the latency of
    every idle hop), and ending the process when another one has its worker's id."""

    #: Whether this process has been in the group: before, a member under its id is its predecessor.
    _joined = False

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """End the process when another one has this worker's place in the group.

        The group is not joined again before this returns, so that the other one keeps its place.
        """
        if self._joined:
            try:
                await refuse_duplicate(self._ensure_consumer()._coordinator)
            except DuplicateWorkerError as error:
                app: Any = self.app
                app.end(error)
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Note that the process is in the group, with partitions or without."""
        self._joined = True
        await super().on_partitions_assigned(assigned, generation_id)
