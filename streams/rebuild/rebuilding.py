"""The state computed again from what lies in Kafka without it.

Every decision about a lead is in the audit, with what it was made from: it is decided again, and
its rows are those that a worker wrote. Decisions about anything else (links, signals, clocks,
alerts) leave no event: what leads' decisions have sent is decided again right after them, by the
rows as they are by then.
"""

from typing import Any

from leads import topics
from leads.decision import Decision
from leads.records import Audit, Captured, Lead, Record, ReviewDecision
from leads.table_rows import Woken
from streams.rebuild.arrivals import Arrivals
from streams.rebuild.beside_decisions import (
    keep_decided,
    keep_erasure,
    keep_source,
    keep_suppression,
)
from streams.rebuild.derived import answer_of
from streams.rebuild.model import Arrival, RebuildContext, Undecided, home_of, is_decision, nowhere
from streams.runner.attempts import remember
from streams.runner.audit_events import subject_of
from streams.runner.deciding import FAULT, QUARANTINED, quarantine
from streams.runner.model import Stage, StageTask
from streams.runner.outbox import partition_of
from streams.runner.redeciding import Inputs, Redeciding
from streams.runner.waking import mark_of
from tables.state import BatchView


class Rebuilding:
    """Takes the audit's events and the records of outside in the order of their times.

    `decisions` counts those that were decided again; `undecided` are those that could not be;
    `erased` counts events that nobody can read since a person was erased.
    """

    def __init__(self, context: RebuildContext) -> None:
        self.context, self.arrivals = context, Arrivals(context)
        self._redeciding = Redeciding(
            context.stages, context.rules, context.original_bytes, context.sealing
        )
        self._answers: dict[tuple[str, str], ReviewDecision] = {}
        self.undecided: list[Undecided] = []
        self.decisions = self.erased = 0

    def take_event(self, event: Audit) -> None:
        """An event of the audit, opened; a person's answer before the decision that it led to."""
        if event.kind == "reviewed":
            self._answers[event.stage, event.cause] = answer_of(event)
        elif event.kind == "person_erased":
            keep_erasure(self.context.rows, event)
        elif is_decision(event) and event.stage in self.context.stages:
            self._take_decision(self.context.stages[event.stage], event)
            self.arrivals.go_on()

    def take_record(self, topic: topics.Topic, raw: Any, record: Record) -> None:
        """A committed record of a topic that is written from outside, opened, and `raw` as it lies
        there."""
        self.arrivals.take(Arrival(topic, raw.partition, record, raw.timestamp / 1000, raw))

    def _take_decision(self, stage: Stage, event: Audit) -> None:
        inputs = self._redeciding.read(event)
        if inputs is None:
            self._note_erased(stage, event)
            return
        task = self._decide(stage, event, inputs)
        if isinstance(task, str):
            self._note_undecided(stage, event, task)
            return
        self.decisions += 1
        self._keep(stage, task)

    def _keep(self, stage: Stage, task: StageTask) -> None:
        """Write the rows of a decision, unless a later one of the lead is there."""
        context = self.context
        task.partition = partition = partition_of(home_of(stage.name, task.record).encode())
        self._identify(task)
        view = context.rows.view(partition)
        if (before := view.get(stage.attempts, task.row_key)) is not None:
            if before.cause == task.cause or before.step > task.step:
                return
            if isinstance(task.record, Captured):
                task.earlier = remember(before)
        place = context.places.get((stage.name, task.row_key, task.cause))
        task.at = place or nowhere(stage, partition)
        self._note_answer(stage, view, task)
        if stage.name == "identity" and isinstance(task.record, Lead) and not task.record.claim_key:
            keep_source(context.rows, task.record)
        keep_suppression(context.rows, partition, view, task)
        self.arrivals.apply(stage, partition, view, task)
        self.arrivals.take_early(task.row_key)

    def _decide(self, stage: Stage, event: Audit, inputs: Inputs) -> StageTask | str:
        if event.kind == QUARANTINED:
            return self._quarantined(stage, event, inputs)
        try:
            task = self._redeciding.decide(event, inputs, self.context.sealing)
        except Exception as error:  # noqa: BLE001  whatever a gate raises concerns its lead only
            return f"{type(error).__name__}: {error}"
        if isinstance(task, str):
            return task
        assert isinstance(task.answer, Decision)
        if (task.answer.kind, task.answer.place) != (event.kind, event.place):
            return f"version {stage.gate.logic} of the gate decides {task.answer.kind}"
        return task

    def _quarantined(self, stage: Stage, event: Audit, inputs: Inputs) -> StageTask | str:
        """What a gate could not decide waits for a person."""
        task = self._redeciding.undecided(event, inputs, self.context.sealing)
        if isinstance(task, str):
            return task
        task.failed = event.trace[0].why.removeprefix(FAULT)
        ops_channel = self.context.rules[task.rules].ops_channel
        task.answer = quarantine(stage.name, task, ops_channel)
        return task

    def _identify(self, task: StageTask) -> None:
        """The row's key and step, which an event about a captured record, a signal or a tick does
        not hold."""
        if isinstance(task.record, Lead):
            return
        raw = self.context.original(task.cause) if isinstance(task.record, Captured) else None
        task.row_key, task.step, _ = subject_of(task.record, raw)

    def _note_answer(self, stage: Stage, view: BatchView, task: StageTask) -> None:
        answer = self._answers.pop((stage.name, task.cause), None)
        if answer is not None:
            task.review_decision = answer
            view.put(stage.woken, mark_of(answer.decision_id, 0), Woken(lead=task.record))

    def _note_erased(self, stage: Stage, event: Audit) -> None:
        """A lead of an erased person has ended: nothing of it is rebuilt. One that had only been
        compared with such a person goes on from its next event."""
        if not self.context.sealing.is_destroyed(event.lead):
            self._note_undecided(stage, event, "a person that it was compared with was erased")
            return
        self.erased += 1
        self._keep_decided(stage, event)

    def _note_undecided(self, stage: Stage, event: Audit, why: str) -> None:
        """An event that can't be decided again still says that it was."""
        gone = self._keep_decided(stage, event) is None
        self.undecided.append(
            Undecided(event.lead, event.stage, event.kind, event.step, event.place, why, gone)
        )

    def _keep_decided(self, stage: Stage, event: Audit) -> Any:
        record = self._redeciding.record(event)
        raw = self.context.original(event.cause) if isinstance(record, Captured) else None
        keep_decided(self.context.rows, stage, event, record, raw)
        return record
