"""A decision computed again from its own audit event: the event holds what its stage read, the
results of its effects, the rules' version and the time.

For comparison with what was written (promise P6), and to write the state's rows again.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from leads.decision import Decision
from leads.effect_results import EffectResult
from leads.erasure_order import ErasureOrder
from leads.records import Audit, AuditPerson, Captured, Lead, Person, Record, Signal, SlaTick
from leads.rules import Rules
from leads.sealing import Sealing, has_sealed_part
from streams.runner import audit_events
from streams.runner.model import Stage, StageTask

#: The effects that change a contact, by the names that gates give them; the first that was made
#: has written most.
_CHANGING = ("upsert", "restore", "assign", "again")
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
        kind = self._stages[event.stage].state_type
        seen = self._sealing.open(msgspec.convert(event.inputs["seen"], kind))
        record = self.record(event)
        if has_sealed_part((record, seen, event.person)):
            return None
        person = _person_of(event)
        known = event.person if event.person is not None and event.person.known else person
        with_person = audit_events.with_person
        return Inputs(with_person(record, person), with_person(seen, known))

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
        done = msgspec.convert(event.inputs["done"], dict[str, EffectResult])
        task = StageTask(
            inputs.record,
            "",
            0,
            event.lead,
            event.step,
            event.cause,
            event.rules,
            event.at,
            results=_with_changes(done, event.person),
            shadow=event.shadow,
        )
        task.keep_state(inputs.seen, sealing)
        return task

    def is_captured(self, event: Audit) -> bool:
        """Whether it is about a captured record, which the event only names."""
        return _MARKS.keys().isdisjoint(event.inputs["record"])

    def record(self, event: Audit) -> Any:
        """The record that the stage decided about, without its person; None for a captured one
        that was deleted."""
        plain = event.inputs["record"]
        for mark, kind in _MARKS.items():
            if mark in plain:
                return self._sealing.open(msgspec.convert(plain, kind))
        original = self._original(event.cause)
        if original is None:
            return None
        return self._sealing.open(self._captured.decode(original))


def _person_of(event: Audit) -> Person:
    """The person as a lead holds it, without what only the event says."""
    if event.person is None:
        return Person()
    return Person(**{name: getattr(event.person, name) for name in Person.__struct_fields__})


def _with_changes(
    done: dict[str, EffectResult], person: AuditPerson | None
) -> dict[str, EffectResult]:
    """The results, one of them with what they have changed in the CRM: the event holds the changes
    of all of them together."""
    if person is None or not person.changes:
        return done
    name = next((name for name in _CHANGING if name in done), next(iter(done)))
    return {**done, name: replace(done[name], changes=person.changes)}
