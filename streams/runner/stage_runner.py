"""The one way a stage runs.

Every rule that keeps a lead from being lost or doubled is applied here, once.

For each run of records (see streams/consumer), under the lock of its stage and partition:
 1. decode; what can't be decoded goes to the dead letters with its original bytes, or, on an
    internal topic, is fatal; an order that this site has not signed is a dead letter, too;
 2. find the stage's own row: the same cause is a replay, a lower step is stale, anything else is
    decided;
 3. make the effects that decisions need: for those that can't be made twice, `started` reaches the
    broker before the call;
 4. write rows and changes, and await the broker's acknowledgement;
 5. send the audit events, then the outputs, awaiting the acknowledgement of each;
 6. settle the run, so that it may be committed. Nothing is raised to Faust: what can't be
    handled ends the process.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable
from itertools import chain
from operator import attrgetter
from typing import Any

from leads.decision import Decision, NeedsEffects, Parked
from leads.effect_results import EffectResult
from leads.keys import event_id
from leads.records import Alert, Captured, Lead, Place, ReviewDecision, Signal
from leads.sealing import KeysUnavailableError, MissingKeyError
from leads.signatures import Signatures
from leads.table_rows import Attempt
from leads.waits import due_at
from streams.consumer.strict_consumer import RecordBatch
from streams.ports import Clock, Effector, StageMetrics, Timekeeper
from streams.runner import audit_events
from streams.runner.attempts import attempt_of, check_logic, postpone, remember
from streams.runner.deciding import QUARANTINED, Deciding
from streams.runner.decoding import Decoding
from streams.runner.model import DecodedRecord, EffectCall, Stage, StageTask
from streams.runner.order_check import OrderCheck
from streams.runner.outbox import IdleDetector, Outbox
from streams.runner.rules_versions import RulesRegistry
from streams.runner.sent_records import SentRecords
from streams.runner.waking import Waking
from tables.state import BatchView, Row, State

_MOVING = frozenset({Place.IN_FLIGHT, Place.NOWHERE})
_AUDITS, _OUTPUTS = attrgetter("audits"), attrgetter("outputs")
_WAKERS = (ReviewDecision, Signal)  # what may resume a waiting lead


class StageRunner:
    """Runs one stage in one worker.

    `timers` gets what waits, `metrics` counts what was done, `reached` is called at each point at
    which a process may die. `signatures` are the site's: only orders that it has signed are obeyed.
    `settled_to` answers up to which offset a topic's partition is settled, -1 for one that isn't
    this worker's.
    """

    def __init__(
        self,
        stage: Stage,
        *,
        state: State,
        outbox: Outbox,
        idle: IdleDetector,
        effector: Effector,
        registry: RulesRegistry,
        clock: Clock,
        metrics: StageMetrics,
        timers: Timekeeper,
        signatures: Signatures,
        settled_to: Callable[[str, int], int],
        reached: Callable[[str], None] = lambda _: None,
        live: bool = True,
    ) -> None:
        self.stage = stage
        self._state, self._outbox, self._idle = state, outbox, idle
        self._effector, self._registry, self._clock, self._metrics = (
            effector,
            registry,
            clock,
            metrics,
        )
        self._timers, self._reached, self._live = timers, reached, live
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._decoding = Decoding(stage, outbox, state.sealing)
        self._orders = OrderCheck(stage, signatures, state, outbox, registry, clock, metrics)
        self._sent = SentRecords(settled_to)
        self._waking = Waking(stage)
        self._deciding = Deciding(stage, registry)

    async def process(self, run: RecordBatch) -> None:
        """Take one run through steps 1 to 6.

        Raises Fatal, or anything unforeseen: the caller ends the process.
        """
        items: list[DecodedRecord] | None = None
        while True:
            changed = self._sent.changed(run.partition)
            try:
                async with self._locks[run.partition], self._idle.processing():
                    if items is None:
                        items = await self._decode(run.records)
                    items = await self._passes(run.partition, items)
            # what was written or sent meanwhile is found by its rows, as after a crash
            except MissingKeyError as error:
                await self._state.sealing.make_keys([error.lead])
                continue
            except KeysUnavailableError:
                await self._state.sealing.wait()
                continue
            if not items:
                break
            await changed.wait()
        self._metrics.passed(self.stage.name, len(run.records))
        run.settle()

    async def _decode(self, records: Iterable[Any]) -> list[DecodedRecord]:
        """Step 1."""
        items = []
        for record in records:
            item = await self._decoding.decode(record)
            if item is not None and await self._orders.accepts(item):
                items.append(item)
        return await self._decoding.open(items)

    async def _passes(self, partition: int, items: list[DecodedRecord]) -> list[DecodedRecord]:
        """Passes until no item can go on; the items left wait for a record of another run."""
        while items:
            count = len(items)
            items = await self._pass(partition, items)
            if len(items) == count:
                break
        return items

    async def _pass(self, partition: int, items: list[DecodedRecord]) -> list[DecodedRecord]:
        """Steps 2 to 5. Answers the items that must wait for another that shares a row with them.

        An item with open effects has yet to decide; one that has decided has yet to send, and only
        its row holds what.
        """
        view, now = BatchView(self._state, partition), self._clock.now()
        jobs: list[StageTask] = []
        pending: list[StageTask] = []
        early: list[Parked] = []
        later: list[DecodedRecord] = []
        busy: set[str] = set()
        for item in items:
            found = item.decoded
            if waking := isinstance(found, _WAKERS):
                found = self._waking.find(view, found)
            about = attempt = None
            if found is not None:
                about = audit_events.subject_of(found, item.raw)
                attempt = view.get(self.stage.attempts, about[0])
            is_busy = busy and not busy.isdisjoint(self._keys_of(item, found))
            if is_busy or (
                about and attempt and self._would_overwrite(attempt, item, found, about)
            ):
                later.append(item)
                busy.update(self._keys_of(item, found))
                continue
            if waking and (aside := self._waking.note(view, item.decoded, found, now)):
                early.append(aside)
            if about and (job := await self._open(view, item, found, about, attempt)) is not None:
                jobs.append(job)
                if isinstance(job.answer, NeedsEffects):
                    pending.append(job)
                    busy.update(self.stage.keys_of(job.record))
        await self._perform_until_decided(partition, view, pending)
        await self._persist_and_send(partition, view, jobs, early)
        return later

    def _keys_of(self, item: DecodedRecord, found: Any) -> tuple[str, ...]:
        own = self.stage.keys_of(item.decoded)
        if found is None or found is item.decoded:
            return own
        return (*own, *self.stage.keys_of(found))

    def _would_overwrite(
        self, attempt: Attempt, item: DecodedRecord, record: Any, about: audit_events.About
    ) -> bool:
        """Whether this item's decision would take the row of another record that may not have sent
        what it decided."""
        _, step, cause = about
        if not attempt.closed or attempt.cause == cause or self._is_stale(attempt, record, step):
            return False
        return not self._sent.has(attempt.at) and not item.is_before(attempt.at)

    def _is_stale(self, attempt: Attempt, record: Any, step: int) -> bool:
        """Whether a record comes too late for its row, which another cause has."""
        if attempt.step < step:
            return False
        return not attempt.gives_way(step, due_at(record, self.stage.name))

    # Step 2

    async def _open(
        self,
        view: BatchView,
        item: DecodedRecord,
        record: Any,
        about: audit_events.About,
        attempt: Attempt | None,
    ) -> StageTask | None:
        subject, step, cause = about
        earlier: tuple[str, ...] = ()
        if attempt is not None and attempt.cause != cause:
            if self._is_stale(attempt, record, step) or cause in attempt.earlier:
                # stale: a later decision about this lead has been taken here
                # (docs/design/interleavings.md 3)
                return None
            if isinstance(record, Captured):
                earlier = remember(attempt)
            attempt = None
        if attempt is not None and attempt.closed and attempt.at != item.at:
            return None  # a copy: the record that was decided sends its own outputs
        if attempt is not None:
            check_logic(self.stage, attempt, record, subject)
            rules = attempt.rules
        else:
            rules = getattr(record, "rules", "") or self._registry.current
        if not self._registry.knows(rules):
            await self._registry.ensure(rules)
        now, raw = self._clock.now(), item.raw
        key = raw.key or b""
        job = StageTask(
            record,
            item.at,
            raw.partition,
            subject,
            step,
            cause,
            rules,
            now,
            since=now,
            topic=raw.topic,
            key=key,
            earlier=earlier,
        )
        if isinstance(item.decoded, ReviewDecision):
            job.review_decision = item.decoded
        if attempt is not None:
            job.take_up(attempt, self.stage.state_type, view.sealing)
        if not job.replay:
            job.shadow = not self._live or self._is_shadow(job)
        self._deciding.decide(job, view)
        return job

    # Step 3

    async def _perform_until_decided(
        self, partition: int, view: BatchView, pending: list[StageTask]
    ) -> None:
        if pending:
            async with self._idle.awaiting_kafka():
                await self._effector.wait_for_signals(partition)
        while pending:
            await self._perform(partition, view, pending)
            for job in pending:
                self._deciding.decide(job, view)
            pending = [job for job in pending if isinstance(job.answer, NeedsEffects)]

    async def _perform(self, partition: int, view: BatchView, jobs: list[StageTask]) -> None:
        now = self._clock.now()
        rows: list[Row] = []
        calls: list[EffectCall] = []
        for job in jobs:
            assert isinstance(job.answer, NeedsEffects)
            for name, effect in job.answer.effects.items():
                begun = job.started.get(name)
                if begun is not None and (wait := self._effector.seconds_until_settled(begun)):
                    job.postponed = max(job.postponed, wait)
                    continue
                calls.append(EffectCall(job, name, effect, now, begun, name in job.begun))
                if effect.once:
                    job.started[name] = now
                if effect.guarded:
                    job.begun.add(name)
            if any(one.once or one.guarded for one in job.answer.effects.values()):
                attempt = attempt_of(self.stage, job, closed=False)
                rows.append(view.row(self.stage.attempts, job.row_key, attempt))
        if rows:
            async with self._idle.awaiting_kafka():
                await self._state.write(partition, rows)
        if any(not call.effect.reads for call in calls):
            self._fault_point("after started before call")
        async with self._idle.awaiting_vendor():
            results = await _gather([self._call(partition, call) for call in calls])
        self._fault_point("after call before state")
        for call, result in zip(calls, results, strict=True):
            call.note(result)

    async def _call(self, partition: int, call: EffectCall) -> EffectResult:
        job, effect = call.job, call.effect
        ident = ""
        if not effect.reads:
            ident = event_id(job.row_key, self.stage.name, job.cause, call.name)
        return await self._effector.perform(
            effect,
            effect_id=ident,
            since=job.since,
            started=call.started,
            again=call.begun is not None,
            partition=partition,
            record=job.record,
            shadow=job.shadow if isinstance(job.record, Lead) else self._is_shadow(job),
        )

    def _is_shadow(self, job: StageTask) -> bool:
        """Whether the rules make only a share of the leads live, and this one is not in it."""
        record, lead = job.record, None
        if isinstance(record, Lead):
            lead = record
        elif isinstance(record, Alert):
            return record.shadow
        elif isinstance(job.answer, NeedsEffects):
            lead = job.answer.lead
        return lead is not None and not self._registry.get(job.rules).is_live(lead)

    # Steps 4 and 5

    async def _persist_and_send(
        self, partition: int, view: BatchView, jobs: list[StageTask], early: list[Parked]
    ) -> None:
        for job in jobs:
            if job.postponed:
                job.parked = postpone(self.stage, view, job, self._clock.now() + job.postponed)
        async with self._idle.awaiting_kafka():
            await self._state.write(partition, view.take())
        self._fault_point("after state before send")
        self._schedule(partition, jobs, early)
        await self._outbox.send(chain.from_iterable(map(_AUDITS, jobs)))
        await self._outbox.send(chain.from_iterable(map(_OUTPUTS, jobs)))
        await self._destroy_keys(jobs)
        self._sent.note(partition, [job.at for job in jobs])
        self._fault_point("after send before commit")
        self._count(jobs)

    async def _destroy_keys(self, jobs: list[StageTask]) -> None:
        """Last of all, since what a decision sends is sealed with them."""
        gone: list[str] = []
        for job in jobs:
            if isinstance(job.answer, Decision):
                gone += job.answer.erases
        if gone:
            self._fault_point("after send before keys")
            await self._state.sealing.destroy(gone)

    def _count(self, jobs: list[StageTask]) -> None:
        kinds, delta = [], 0
        for job in jobs:
            if isinstance(job.answer, Decision):
                kinds.append(job.answer.kind)
                if (job.answer.place not in _MOVING or job.failed) and not job.replay:
                    self._count_end(job, job.answer)
            elif job.postponed:
                delta += not (job.before and job.before.put_off)
            delta -= job.was_put_off
        self._metrics.decided(self.stage.name, kinds)
        if delta:
            self._metrics.put_off(self.stage.name, delta)

    def _count_end(self, job: StageTask, decision: Decision) -> None:
        if decision.kind == QUARANTINED:
            self._metrics.quarantined(self.stage.name)
        if (
            (lead := decision.lead)
            and decision.place not in _MOVING
            and not (job.was_waiting or lead.trigger)
        ):
            self._metrics.arrived(decision.place, self._clock.now() - lead.captured_at)

    def _fault_point(self, point: str) -> None:
        self._reached(f"{point} {self.stage.name}")

    def _schedule(self, partition: int, jobs: list[StageTask], early: list[Parked]) -> None:
        for aside in early:
            self._timers.lead_parked(self.stage, partition, aside)
        for job in jobs:
            if job.parked is not None:
                self._timers.lead_parked(self.stage, partition, job.parked)
            if isinstance(job.answer, Decision):
                for put in job.answer.puts:
                    self._timers.row_changed(partition, put.key, put.value)


async def _gather(calls: list[Coroutine[Any, Any, EffectResult]]) -> list[EffectResult]:
    """As asyncio.gather, in a third of its time for thousands of calls: each lead makes eight."""
    tasks = [asyncio.get_running_loop().create_task(call) for call in calls]
    try:
        return [await task for task in tasks]
    except BaseException:
        for task in tasks:
            task.cancel()
        raise


def fatal_on_error(
    runners: Iterable[StageRunner], end: Callable[[BaseException], None]
) -> dict[str, Callable[[RecordBatch], Any]]:
    """Per stage, a body for a Faust agent that lets no exception out: `end` must not return."""

    def body_of(runner: StageRunner) -> Callable[[RecordBatch], Any]:
        async def body(run: RecordBatch) -> None:
            try:
                await runner.process(run)
            except asyncio.CancelledError:
                raise  # unsettled, so it comes again
            except BaseException as error:  # noqa: BLE001  the process ends with it, uncommitted
                end(error)

        return body

    return {runner.stage.name: body_of(runner) for runner in runners}
