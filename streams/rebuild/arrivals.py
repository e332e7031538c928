"""What leads' decisions have sent, and what came from outside: decided again by the rows as they
are by then. None of it has an event of its own unless it is a lead's."""

from collections import deque
from typing import Any

from leads import topics
from leads.decision import Decision, NeedsEffects
from leads.effect_results import EffectResult
from leads.records import Alert, Captured, Lead, ReviewDecision, Signal
from streams.rebuild.model import Arrival, Pending, RebuildContext, nowhere
from streams.runner.attempts import close_attempt, remember, settle
from streams.runner.audit_events import subject_of
from streams.runner.deciding import is_erased_subject
from streams.runner.model import Stage, StageTask
from streams.runner.outbox import partition_of
from streams.runner.outputs import mark_shadow
from streams.runner.waking import Waking
from tables.state import BatchView

#: What Slack answers to an alert that was sent: only that it was counts.
_POSTED = {"post": EffectResult(ok=True)}


class Arrivals:
    """Takes records in the order in which they came. `pending` holds the leads of which no event
    tells, by the stage that they were sent to and their id."""

    def __init__(self, context: RebuildContext) -> None:
        self._context = context
        self._wakings = {name: Waking(stage) for name, stage in context.stages.items()}
        self._waiting: deque[Arrival] = deque()
        # captured records without an event, until one tells what came before them
        self._early: dict[str, list[Arrival]] = {}
        self.pending: dict[tuple[str, str], Pending] = {}

    def take(self, arrival: Arrival) -> None:
        """Take one, and all that follows from it."""
        self._waiting.append(arrival)
        self.go_on()

    def go_on(self) -> None:
        """Take what decisions have sent since."""
        while self._waiting:
            arrival = self._waiting.popleft()
            if isinstance(arrival.record, Captured) and arrival.raw is None:
                continue  # it is read from its own topic
            for stage in self._context.stages.values():
                if arrival.topic in stage.inputs:
                    self._receive(stage, arrival)

    def take_early(self, row_key: str) -> None:
        """Have those captured records come again that waited for an event of their source record.
        `go_on` takes them."""
        self._waiting.extend(self._early.pop(row_key, ()))

    def apply(self, stage: Stage, partition: int, view: BatchView, task: StageTask) -> None:
        """Write a decision's rows, and have what it sends arrive. `go_on` takes that."""
        decision = task.answer
        assert isinstance(decision, Decision)
        settle(stage, view, task, decision)
        view.put_many(close_attempt(stage, view, task, decision))
        self._context.rows.store(partition, view)
        for output in decision.outputs:
            topic = topics.BY_NAME[output.topic]
            own = partition_of(output.key.encode())
            self._waiting.append(Arrival(topic, own, mark_shadow(output.record, task), task.now))
        for alert in decision.alerts:
            own = partition_of(alert.to.encode())
            self._waiting.append(Arrival(topics.ALERTS, own, alert, task.now))
        for _, signal in task.released.signals:
            self._waiting.append(Arrival(topics.ROUTED_SIGNALS, partition, signal, task.now))

    def wait(self, stage: Stage, pending: Pending) -> None:
        """Have a lead wait for a stage, unless a later step of it does."""
        key = stage.name, pending.lead.lead_id
        before = self.pending.get(key)
        if before is None or before.lead.step <= pending.lead.step:
            self.pending[key] = pending

    def _receive(self, stage: Stage, arrival: Arrival) -> None:
        view = self._context.rows.view(arrival.partition)
        found = arrival.record
        if isinstance(found, Signal):
            waking = self._wakings[stage.name]
            found = waking.find(view, arrival.record)
            waking.note(view, arrival.record, found, arrival.at)
        if found is not None and not isinstance(found, ReviewDecision):
            self._arrive(stage, view, found, arrival)
        self._context.rows.store(arrival.partition, view)

    def _arrive(self, stage: Stage, view: BatchView, record: Any, arrival: Arrival) -> None:
        task = self._task(stage, record, arrival)
        if self._is_known(stage, view, task):
            return
        if is_erased_subject(record, task.row_key, self._context.sealing):
            return  # a worker that meets it ends it
        if isinstance(record, Captured) and (before := view.get(stage.attempts, task.row_key)):
            task.earlier = remember(before)
        answer = self._ask(stage, view, task)
        if isinstance(record, Lead) and not (isinstance(answer, Decision) and answer.silent):
            signal = arrival.record if isinstance(arrival.record, Signal) else None
            self.wait(stage, Pending(arrival.partition, record, arrival.at, signal))
        elif isinstance(answer, Decision) and (answer.lead is None or answer.silent):
            task.answer = answer
            self.apply(stage, arrival.partition, view, task)
        elif isinstance(record, Captured):
            self._early.setdefault(task.row_key, []).append(arrival)

    def _task(self, stage: Stage, record: Any, arrival: Arrival) -> StageTask:
        row_key, step, cause = subject_of(record, arrival.raw)
        return StageTask(
            record,
            nowhere(stage, arrival.partition),
            arrival.partition,
            row_key,
            step,
            cause,
            getattr(record, "rules", "") or self._context.current,
            arrival.at,
            since=arrival.at,
        )

    def _is_known(self, stage: Stage, view: BatchView, task: StageTask) -> bool:
        """Whether an event tells what was decided, or it has been decided here."""
        record, lead = task.record, task.row_key
        if isinstance(record, Captured):
            lead = lead.removeprefix("captured:")
        is_lead = isinstance(record, Lead | Captured)
        if is_lead and self._context.audited.has(stage.name, lead, task.cause):
            return True
        before = view.get(stage.attempts, task.row_key)
        if before is None:
            return False
        if before.cause == task.cause or task.cause in before.earlier:
            return True
        return before.step >= task.step

    def _ask(
        self, stage: Stage, view: BatchView, task: StageTask
    ) -> Decision | NeedsEffects | None:
        """The gate's answer by the rows as they are now, None if it can't say."""
        done = _POSTED if isinstance(task.record, Alert) else {}
        try:
            task.keep_state(stage.load_state(task.record, view), self._context.sealing)
            task.results = dict(done)
            rules = self._context.rules[task.rules]
            return stage.gate.decide(task.record, task.state, task.results, rules, task.now)
        except Exception:  # noqa: BLE001  a lead waits then; another record is left to its stage
            return None
