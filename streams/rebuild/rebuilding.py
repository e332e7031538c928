"""The state computed again from what lies in Kafka without it.

Every decision about a lead is in the audit, with what it was made from: it is decided again, and
its rows are those that a worker wrote. Decisions about anything else (links, signals, clocks,
alerts) leave no event: what leads' decisions have sent is decided again right after them, by the
rows as they are by then.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from leads import topics
from leads.decision import Decision, NeedsEffects
from leads.effect_results import EffectResult
from leads.gates.colleagues import brand_of
from leads.records import (
    Alert,
    Audit,
    Captured,
    CrmRecord,
    Lead,
    Record,
    ReviewDecision,
    Signal,
)
from leads.rules import Rules
from leads.sealing import Sealing
from leads.table_rows import Attempt, Suppression, Woken
from streams.rebuild.derived import answer_of, source_of
from streams.rebuild.rebuilt_rows import RebuiltRows
from streams.runner.attempts import close_attempt, remember, settle
from streams.runner.audit_events import subject_of
from streams.runner.deciding import FAULT, QUARANTINED, quarantine
from streams.runner.model import UNREAD, Stage, StageTask
from streams.runner.outbox import partition_of
from streams.runner.outputs import marked
from streams.runner.redeciding import Redeciding
from streams.runner.suppression import suppression_of
from streams.runner.waking import Waking, mark_of
from tables.schema import SOURCES, SUPPRESSIONS
from tables.state import BatchView

#: What Slack answers to an alert that was sent: only that it was counts.
_POSTED = {"post": EffectResult(ok=True)}


class AuditIndex(Protocol):
    """What the whole audit says, asked while it is read."""

    def has(self, stage: str, lead: str, cause: str) -> bool:
        """Whether a stage has decided about a lead because of this cause."""
        ...

    def last_step(self, lead: str) -> int:
        """The highest step at which anything was decided about a lead, -1 for none."""
        ...


class Original(NamedTuple):
    """A captured record as it lies in its topic."""

    value: bytes
    offset: int


class Pending(NamedTuple):
    """A lead that was sent to a stage which has not decided about it, or that a signal has resumed
    there."""

    partition: int
    lead: Lead
    at: float
    signal: Signal | None = None


class Undecided(NamedTuple):
    """An event that can't be decided again, and why; `gone` if only its captured record is."""

    lead: str
    stage: str
    kind: str
    step: int
    place: str
    why: str
    gone: bool


class _Arrival(NamedTuple):
    topic: topics.Topic
    partition: int
    record: Any
    at: float
    raw: Any = None


class Rebuilding:
    """Takes the audit's events and the records of outside in the order of their times.

    `rules` are the versions by hash, `current` the hash of the one in force. `places` holds where
    a record lies that is not committed, by stage, row's key and cause: a worker reads it once
    more, and must know it again. `original` finds a captured record by its cause.
    """

    def __init__(
        self,
        stages: Mapping[str, Stage],
        rules: Mapping[str, Rules],
        current: str,
        *,
        original: Callable[[str], Original | None],
        audited: AuditIndex,
        places: Mapping[tuple[str, str, str], str],
        rows: RebuiltRows,
        sealing: Sealing,
    ) -> None:
        self._stages, self._rules, self._current = stages, rules, current
        self._original, self.audited, self.places = original, audited, places
        self.rows, self._sealing = rows, sealing
        self._redeciding = Redeciding(stages, rules, self._bytes_of, sealing)
        self._wakings = {name: Waking(stage) for name, stage in stages.items()}
        self._answers: dict[tuple[str, str], ReviewDecision] = {}
        self._arrivals: deque[_Arrival] = deque()
        # captured records without an event, until one tells what came before them
        self._early: dict[str, list[_Arrival]] = {}
        self.pending: dict[tuple[str, str], Pending] = {}
        self.undecided: list[Undecided] = []
        self.decisions = 0

    # What was decided about leads

    def take_event(self, event: Audit) -> None:
        """An event of the audit, opened; a person's answer before the decision that it led to."""
        if event.kind == "reviewed":
            self._answers[event.stage, event.cause] = answer_of(event)
        elif is_decision(event) and event.stage in self._stages:
            self._decided(self._stages[event.stage], event)
            self._go_on()

    def _decided(self, stage: Stage, event: Audit) -> None:
        task = self._decide(stage, event)
        if isinstance(task, str):
            self._note_undecided(stage, event, task)
            return
        self.decisions += 1
        partition = partition_of(home_of(stage.name, task.record).encode())
        task.partition = partition
        self._identify(task)
        view = self.rows.view(partition)
        if (before := view.get(stage.attempts, task.row_key)) is not None:
            if before.cause == task.cause or before.step > task.step:
                return
            if isinstance(task.record, Captured):
                task.earlier = remember(before)
        place = self.places.get((stage.name, task.row_key, task.cause))
        task.at = place or nowhere(stage, partition)
        self._note_answer(stage, view, task)
        self._keep_source(stage, task)
        self._keep_suppression(partition, view, task)
        self._apply(stage, partition, view, task)
        self._arrivals.extend(self._early.pop(task.row_key, ()))

    def _decide(self, stage: Stage, event: Audit) -> StageTask | str:
        if event.kind == QUARANTINED:
            return self._quarantined(stage, event)
        try:
            task = self._redeciding.decide(event, self._sealing)
        except Exception as error:  # noqa: BLE001  whatever a gate raises concerns its lead only
            return f"{type(error).__name__}: {error}"
        if isinstance(task, str):
            return task
        assert isinstance(task.answer, Decision)
        if (task.answer.kind, task.answer.place) != (event.kind, event.place):
            return f"version {stage.gate.logic} of the gate decides {task.answer.kind}"
        return task

    def _quarantined(self, stage: Stage, event: Audit) -> StageTask | str:
        """What a gate could not decide waits for a person."""
        task = self._redeciding.undecided(event, self._sealing)
        if isinstance(task, str):
            return task
        task.failed = event.trace[0].why.removeprefix(FAULT)
        task.answer = quarantine(stage.name, task, self._rules[task.rules].ops_channel)
        return task

    def _identify(self, task: StageTask) -> None:
        """The row's key and step, which an event about a captured record, a signal or a tick does
        not hold."""
        if isinstance(task.record, Lead):
            return
        raw = self._original(task.cause) if isinstance(task.record, Captured) else None
        task.row_key, task.step, _ = subject_of(task.record, raw)

    def _note_answer(self, stage: Stage, view: BatchView, task: StageTask) -> None:
        answer = self._answers.pop((stage.name, task.cause), None)
        if answer is not None:
            task.review_decision = answer
            view.put(stage.woken, mark_of(answer.decision_id, 0), Woken(lead=task.record))

    # What an event says beside its decision

    def _keep_suppression(self, partition: int, view: BatchView, task: StageTask) -> None:
        """What stopped a person when a stage looked, where its signal is in the log no more. Under
        which of the person's keys it was found nobody says: it holds for both."""
        found: Suppression | None = getattr(task.state, "suppression", None)
        lead = task.record
        if found is None or not isinstance(lead, Lead) or suppression_of(lead, view) is not None:
            return
        for key in filter(None, {lead.person_key if found.whole_person else "", lead.address_key}):
            view.put(SUPPRESSIONS, key, found)
            own = partition_of(key.encode())
            if own != partition:
                there = self.rows.view(own)
                there.put(SUPPRESSIONS, key, found)
                self.rows.store(own, there)

    def _keep_source(self, stage: Stage, task: StageTask) -> None:
        """A source record's row, from the lead as identity got it, where the captured record of
        that revision is gone."""
        lead = task.record
        if stage.name != "identity" or not isinstance(lead, Lead) or lead.claim_key:
            return
        partition, row = partition_of(home_of("intake", lead).encode()), source_of(lead)
        view = self.rows.view(partition)
        known = view.get(SOURCES, lead.lead_id)
        if known is None or known.revision < row.revision:
            view.put(SOURCES, lead.lead_id, row)
            self.rows.store(partition, view)

    def _note_undecided(self, stage: Stage, event: Audit, why: str) -> None:
        """An event that can't be decided again still says that it was: its row keeps a worker from
        deciding once more."""
        record = self._redeciding.record(event)
        self.undecided.append(
            Undecided(
                event.lead, event.stage, event.kind, event.step, event.place, why, record is None
            )
        )
        key, step, home = f"captured:{event.lead}", 0, _source_key(event)
        if record is not None:
            raw = self._original(event.cause) if isinstance(record, Captured) else None
            key, step, _ = subject_of(record, raw)
            home = home_of(stage.name, record)
        partition = partition_of(home.encode())
        view = self.rows.view(partition)
        attempt = Attempt(
            step=step,
            cause=event.cause,
            now=event.at,
            since=event.at,
            rules=event.rules,
            seen=UNREAD,
            done={},
            closed=True,
            at=nowhere(stage, partition),
            lead_id=event.lead,
            shadow=event.shadow,
        )
        view.put(stage.attempts, key, attempt)
        self.rows.store(partition, view)

    # What leads' decisions have sent, and what came from outside

    def take_record(self, topic: topics.Topic, raw: Any, record: Record) -> None:
        """A committed record of a topic that is written from outside, opened, and `raw` as it lies
        there."""
        at = raw.timestamp / 1000
        self._arrivals.append(_Arrival(topic, raw.partition, record, at, raw))
        self._go_on()

    def _apply(self, stage: Stage, partition: int, view: BatchView, task: StageTask) -> None:
        decision = task.answer
        assert isinstance(decision, Decision)
        settle(stage, view, task, decision)
        view.put_many(close_attempt(stage, view, task, decision))
        self.rows.store(partition, view)
        for output in decision.outputs:
            topic = topics.BY_NAME[output.topic]
            own = partition_of(output.key.encode())
            self._arrivals.append(_Arrival(topic, own, marked(output.record, task), task.now))
        for alert in decision.alerts:
            own = partition_of(alert.to.encode())
            self._arrivals.append(_Arrival(topics.ALERTS, own, alert, task.now))
        for _, signal in task.released.signals:
            self._arrivals.append(_Arrival(topics.ROUTED_SIGNALS, partition, signal, task.now))

    def _go_on(self) -> None:
        while self._arrivals:
            arrival = self._arrivals.popleft()
            if isinstance(arrival.record, Captured) and arrival.raw is None:
                continue  # it is read from its own topic
            for stage in self._stages.values():
                if arrival.topic in stage.inputs:
                    self._receive(stage, arrival)

    def _receive(self, stage: Stage, arrival: _Arrival) -> None:
        view = self.rows.view(arrival.partition)
        found = arrival.record
        if isinstance(found, Signal):
            waking = self._wakings[stage.name]
            found = waking.find(view, arrival.record)
            waking.note(view, arrival.record, found, arrival.at)
        self._arrive(stage, view, found, arrival)
        self.rows.store(arrival.partition, view)

    def _arrive(self, stage: Stage, view: BatchView, record: Any, arrival: _Arrival) -> None:
        if record is None or isinstance(record, ReviewDecision):
            return
        row_key, step, cause = subject_of(record, arrival.raw)
        if self._is_known(stage, view, record, row_key, step, cause):
            return
        rules = getattr(record, "rules", "") or self._current
        task = StageTask(
            record,
            nowhere(stage, arrival.partition),
            arrival.partition,
            row_key,
            step,
            cause,
            rules,
            arrival.at,
            since=arrival.at,
        )
        if isinstance(record, Captured) and (before := view.get(stage.attempts, row_key)):
            task.earlier = remember(before)
        answer = self._ask(stage, view, task)
        if isinstance(record, Lead) and not (isinstance(answer, Decision) and answer.silent):
            signal = arrival.record if isinstance(arrival.record, Signal) else None
            self.wait(stage, Pending(arrival.partition, record, arrival.at, signal))
        elif isinstance(answer, Decision) and (answer.lead is None or answer.silent):
            task.answer = answer
            self._apply(stage, arrival.partition, view, task)
        elif isinstance(record, Captured):
            self._early.setdefault(row_key, []).append(arrival)

    def _is_known(
        self, stage: Stage, view: BatchView, record: Any, row_key: str, step: int, cause: str
    ) -> bool:
        """Whether an event tells what was decided, or it has been decided here."""
        lead = row_key.removeprefix("captured:") if isinstance(record, Captured) else row_key
        if isinstance(record, Lead | Captured) and self.audited.has(stage.name, lead, cause):
            return True
        before = view.get(stage.attempts, row_key)
        if before is None:
            return False
        if before.cause == cause or cause in before.earlier:
            return True
        return before.step >= step

    def _ask(
        self, stage: Stage, view: BatchView, task: StageTask
    ) -> Decision | NeedsEffects | None:
        """The gate's answer by the rows as they are now, None if it can't say."""
        done = _POSTED if isinstance(task.record, Alert) else {}
        try:
            task.keep_state(stage.load_state(task.record, view), self._sealing)
            task.results = dict(done)
            rules = self._rules[task.rules]
            return stage.gate.decide(task.record, task.state, task.results, rules, task.now)
        except Exception:  # noqa: BLE001  a lead waits then; another record is left to its stage
            return None

    def wait(self, stage: Stage, pending: Pending) -> None:
        """Have a lead wait for a stage, unless a later step of it does."""
        key = stage.name, pending.lead.lead_id
        before = self.pending.get(key)
        if before is None or before.lead.step <= pending.lead.step:
            self.pending[key] = pending

    def _bytes_of(self, cause: str) -> bytes | None:
        found = self._original(cause)
        return None if found is None else found.value


def is_decision(event: Audit) -> bool:
    """Whether an event holds what was decided about, and not only a note beside it."""
    return isinstance(event.inputs, dict) and "record" in event.inputs


def nowhere(stage: Stage, partition: int) -> str:
    """The place of a record that is committed: before all those that a worker still reads."""
    return f"{stage.retry_topic.full}/{partition}@-1"


def home_of(stage: str, record: Any) -> str:
    """The key by which a record's partition is found, where a stage decides about it."""
    if isinstance(record, Captured):
        return f"{record.source}:{record.source_id}"
    if isinstance(record, CrmRecord):
        return record.key
    if not isinstance(record, Lead):
        return str(record.person_key)
    if stage == "intake":
        return f"{record.source}:{record.source_id}"
    if stage == "identity":
        return record.claim_key or record.person_key
    if stage == "company":
        return brand_of(record) or record.person_key
    return record.person_key


def _source_key(event: Audit) -> str:
    record = event.inputs["record"]
    return f"{record.get('source')}:{record.get('source_id')}"
