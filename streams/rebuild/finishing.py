"""The end of a rebuild: what is under way waits for a worker, and what lies in the past does not
come again."""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace

from leads import topics
from leads.decision import Parked
from leads.gates.sla_clock import is_running
from leads.keys import event_id
from leads.records import WAITING_PLACES, Lead, Place, Record, ReviewDecision, Signal
from leads.table_rows import Attempt, Deferred, SlaClock, WaitingRow, Woken
from leads.waits import EARLY_WAITS, LASTING, defer, resume
from streams.rebuild.model import Pending, nowhere
from streams.rebuild.rebuilding import Rebuilding
from streams.runner.attempts import attempt_of, park_postponed
from streams.runner.model import Stage, StageTask
from streams.runner.waking import EARLY, mark_of
from tables.schema import CLOCKS
from tables.state import BatchView

#: The effects that leave something behind, and those that reach somebody, by the names that gates
#: give them: an attempt of which nothing is known may have made them, so a worker looks first.
_ONCE, _REACHING = ("task", "note"), ("enter", "task")
#: The stages at which a lead may pass without an event: one that has an event of a later step has
#: passed them.
_NOT_OVER = WAITING_PLACES | {Place.IN_FLIGHT}
_SILENT = frozenset({"identity", "company"})
_SIGNAL = msgspec.json.Decoder(Signal)


class Finished(Record, frozen=True, kw_only=True):
    """What was found at the end, leads by their ids.

    `under_way` counts those that a worker takes up again. `lapsed` had a clock that ended before
    the rebuild, of which nobody is told. `not_rebuilt` wait, or were under way, and what they were
    is in the log no more.
    """

    under_way: int = 0
    lapsed: tuple[str, ...] = ()
    not_rebuilt: tuple[str, ...] = ()


class Finishing:
    """Closes a rebuild at the time `now`."""

    def __init__(self, rebuilding: Rebuilding, now: float) -> None:
        self._rebuilding, self._now = rebuilding, now
        self._arrivals, context = rebuilding.arrivals, rebuilding.context
        self._rows, self._stages = context.rows, context.stages
        self._audited, self._places = context.audited, context.places

    def finish(
        self, review_decisions: Iterable[ReviewDecision], unread: Iterable[tuple[int, Signal]]
    ) -> Finished:
        """Write the rows that only the end shows. `review_decisions` are all committed ones,
        `unread` the signals that are not committed, with their partitions."""
        for partition, signal in unread:
            self._note_unread(partition, signal)
        for one in review_decisions:
            self._take_answer(one)
        under_way = 0
        for (name, _), pending in self._arrivals.pending.items():
            under_way += self._park(self._stages[name], pending)
        lapsed: list[str] = []
        for partition in range(topics.PARTITIONS):
            for stage in self._stages.values():
                self._forget_what_was_taken(stage, partition)
            lapsed += self._stop_clocks(partition)
        return Finished(
            under_way=under_way, lapsed=tuple(lapsed), not_rebuilt=tuple(self._not_rebuilt())
        )

    def _not_rebuilt(self) -> Iterator[str]:
        for one in self._rebuilding.undecided:
            is_last = self._audited.last_step(one.lead) == one.step
            if is_last and one.place in _NOT_OVER:
                yield one.lead

    def _note_unread(self, partition: int, signal: Signal) -> None:
        """A signal that a worker reads once more does nothing where an event tells of it."""
        view, mark = self._rows.view(partition), mark_of(signal.signal_id, signal.delivery)
        for stage in self._stages.values():
            if not stage.wakes_on_signal or view.has(stage.woken, mark):
                continue
            if self._has_woken(stage, view, signal):
                view.put(stage.woken, mark, Woken())
        self._rows.store(partition, view)

    def _has_woken(self, stage: Stage, view: BatchView, signal: Signal) -> bool:
        """Whether an event tells that a signal resumed the lead that lies under a stage."""
        pointer = view.get(stage.waiting, signal.person_key or signal.address_key)
        if pointer is None:
            return False
        wake = _wake(pointer.lead_id, stage, signal)
        return self._audited.has(stage.name, pointer.lead_id, wake)

    def _take_answer(self, answer: ReviewDecision) -> None:
        """A person's answer that no decision has followed goes on with the lead that waits for
        it."""
        stage = self._stages.get(answer.stage)
        if stage is None:
            return
        if self._audited.has(stage.name, answer.lead_id, answer.decision_id):
            return
        for partition in range(topics.PARTITIONS):
            view = self._rows.view(partition)
            found = resume(view.get(stage.parked, answer.lead_id), answer, stage.name)
            if found is not None:
                mark = mark_of(answer.decision_id, answer.delivery)
                view.put(stage.woken, mark, Woken(lead=found))
                self._rows.store(partition, view)
                self._arrivals.wait(stage, Pending(partition, found, answer.at))

    def _park(self, stage: Stage, pending: Pending) -> bool:
        """Have a lead taken up by its stage as one whose call was put off; False if it went on."""
        view, lead = self._rows.view(pending.partition), pending.lead
        if self._has_gone_on(stage, view.get(stage.attempts, lead.lead_id), lead):
            self._defer(stage, view, pending)
            return False
        parked = park_postponed(view.get(stage.parked, lead.lead_id), lead, self._now)
        view.put(stage.parked, lead.lead_id, parked)
        view.put(stage.attempts, lead.lead_id, self._begun(stage, pending))
        if stage.wakes_on_signal:
            view.put(stage.waiting, lead.person_key, WaitingRow(lead_id=lead.lead_id))
        self._rows.store(pending.partition, view)
        return True

    def _defer(self, stage: Stage, view: BatchView, pending: Pending) -> None:
        """A signal that has set nothing going counts for the lead's next rest."""
        signal, lead = pending.signal, pending.lead.lead_id
        if signal is None or stage.lead_on_its_way is None or signal.kind not in LASTING:
            return
        view.put(stage.deferred, lead, defer(view.get(stage.deferred, lead), signal, pending.at))
        self._rows.store(pending.partition, view)

    def _has_gone_on(self, stage: Stage, attempt: Attempt | None, lead: Lead) -> bool:
        if attempt is not None and attempt.step >= lead.step:
            return True
        if stage.name in _SILENT and self._audited.last_step(lead.lead_id) > lead.step:
            return True
        return (stage.name, lead.lead_id, lead.cause) in self._places

    def _begun(self, stage: Stage, pending: Pending) -> Attempt:
        """An attempt cut off at a point that nobody knows."""
        lead = pending.lead
        task = StageTask(
            lead,
            nowhere(stage, pending.partition),
            pending.partition,
            lead.lead_id,
            lead.step,
            lead.cause,
            lead.rules,
            self._now,
            started=dict.fromkeys(_ONCE, self._now),
            begun=set(_REACHING),
            since=pending.at,
        )
        return attempt_of(stage, task, closed=False)

    def _forget_what_was_taken(self, stage: Stage, partition: int) -> None:
        """Signals are deferred no longer that an event tells of, or that came too long ago."""
        view = self._rows.view(partition)
        for key, deferred in self._rows.scan(partition, stage.deferred):
            left = self._still_deferred(stage, key, deferred)
            if left != deferred:
                view.put(stage.deferred, key, left or None)
        for key, parked in self._rows.scan(partition, stage.parked):
            if key.startswith(EARLY) and self._was_taken(stage, view, parked):
                view.put(stage.parked, key, None)
        self._rows.store(partition, view)

    def _was_taken(self, stage: Stage, view: BatchView, parked: Parked) -> bool:
        """Whether a signal that came before its lead has reached it since, or never will."""
        if parked.until + sum(EARLY_WAITS) < self._now:
            return True
        return self._has_woken(stage, view, _SIGNAL.decode(parked.other))

    def _still_deferred(self, stage: Stage, lead: str, deferred: Deferred) -> Deferred:
        left = tuple(
            (at, signal)
            for at, signal in deferred.signals
            if not self._audited.has(stage.name, lead, _wake(lead, stage, signal))
        )
        return Deferred(signals=left, review_decisions=deferred.review_decisions)

    def _stop_clocks(self, partition: int) -> list[str]:
        """Record deadlines that have passed as such, so that no tick fires them: nobody knows what
        the owner did meanwhile."""
        lapsed = []
        view = self._rows.view(partition)
        for key, clock in self._rows.scan(partition, CLOCKS):
            stopped = _stopped(clock, self._now)
            if stopped != clock:
                lapsed.append(clock.lead.lead_id)
                view.put(CLOCKS, key, stopped)
        self._rows.store(partition, view)
        return lapsed


def _wake(lead: str, stage: Stage, signal: Signal) -> str:
    return event_id(lead, stage.name, signal.signal_id, "wake")


def _stopped(clock: SlaClock, now: float) -> SlaClock:
    if clock.ended:
        return clock
    if is_running(clock) and clock.deadline < now:
        return replace(clock, breached_at=now)
    waits = clock.assign_by and not (clock.started or clock.alerted_at)
    if waits and clock.assign_by < now:
        return replace(clock, alerted_at=now)
    return clock
