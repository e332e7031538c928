"""A decision computed again from its own audit event: the event holds what its stage read, the
results of its effects, the rules' version and the time.

For comparison with what was written (promise P6), and to write the state's rows again.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from leads.decision import Decision
from leads.effect_results import EffectResult
from leads.erasure_order import ErasureOrder
from leads.records import Audit, Captured, Lead, Person, Record, Signal, SlaTick
from leads.rules import Rules
from leads.sealing import Sealing, has_sealed_part
from streams.runner import audit_events
from streams.runner.model import Stage, StageTask

_MARKS: dict[str, type[Record]] = {
    "lead_id": Lead,
    "signal_id": Signal,
    "tick_id": SlaTick,
    "erasure_id": ErasureOrder,
}


class Inputs(NamedTuple):
    """What a decision was made from, opened: the record (None for a captured one that is not in
    the log any more) and what its stage had read."""

    record: Any
    seen: Any


class Redeciding:
    """Decides by the events of all stages. `original` returns a captured record by its cause, None
    where it is not in the log any more."""

    def __init__(
        self,
        stages: Mapping[str, Stage],
        rules: Mapping[str, Rules],
        original: Callable[[str], bytes | None],
        sealing: Sealing,
    ) -> None:
        self._stages, self._rules, self._original = stages, rules, original
        self._sealing = sealing
        self._captured = msgspec.json.Decoder(Captured)

    def read(self, event: Audit) -> Inputs | None:
        """The inputs of a decision's event, which is opened; None where a person in them was
        erased: nobody can compute that decision any more."""
        if self._sealing.is_destroyed(event.lead):
            return None
        person = event.person or Person()
        kind = self._stages[event.stage].state_type
        seen = self._sealing.open(msgspec.convert(event.inputs["seen"], kind))
        record = self._record(event)
        if has_sealed_part((record, seen, event.person)):
            return None
        with_person = audit_events.with_person
        return Inputs(with_person(record, person), with_person(seen, person))

    def decide(self, event: Audit, inputs: Inputs, sealing: Sealing) -> StageTask | str:
        """The task with its decision, or why there is none. What the task holds encoded is sealed
        by `sealing`. Raises what the gate raises."""
        task = self.undecided(event, inputs, sealing)
        if isinstance(task, str):
            return task
        gate = self._stages[event.stage].gate
        answer = gate.decide(
            task.record, inputs.seen, task.results, self._rules[event.rules], event.at
        )
        if not isinstance(answer, Decision):
            return f"it asks for {', '.join(answer.effects)} now"
        task.answer = answer
        return task

    def undecided(self, event: Audit, inputs: Inputs, sealing: Sealing) -> StageTask | str:
        """The same before its gate is asked."""
        if inputs.record is None:
            return "the captured record is not in the log any more"
        if event.rules not in self._rules:
            return f"the rules {event.rules} are not in the log any more"
        task = StageTask(
            inputs.record,
            "",
            0,
            event.lead,
            event.step,
            event.cause,
            event.rules,
            event.at,
            results=msgspec.convert(event.inputs["done"], dict[str, EffectResult]),
            shadow=event.shadow,
        )
        task.keep_state(inputs.seen, sealing)
        return task

    def is_captured(self, event: Audit) -> bool:
        """Whether it is about a captured record, which the event only names."""
        return _MARKS.keys().isdisjoint(event.inputs["record"])

    def _record(self, event: Audit) -> Any:
        """The record that the stage decided about."""
        plain = event.inputs["record"]
        for mark, kind in _MARKS.items():
            if mark in plain:
                return self._sealing.open(msgspec.convert(plain, kind))
        original = self._original(event.cause)
        if original is None:
            return None
        return self._sealing.open(self._captured.decode(original))
