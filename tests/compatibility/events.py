"""An audit event of every form that the catalogue knows: every kind, stage and place."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from app.audit.record_schemas import SourceRecord
from leads.audit_kinds import AUDIT_KINDS, EventForm, Origin
from leads.effect_results import EffectResult
from leads.erasure_order import ErasureOrder, PersonOutside
from leads.keys import Keys, derive, event_id
from leads.records import Audit, AuditPerson, Lead, Person, Reason, Signal, SlaTick, to_plain
from streams.stages.all import make_stages
from tests.compatibility.filled import filled, variants

_BY_PEOPLE = frozenset({Origin.REVIEW, Origin.UNDO, Origin.EXPORT, Origin.UNMERGE})
_STATES = {stage.name: stage.state_type for stage in make_stages(Keys(""))}
_RECORDS: dict[str, tuple[type[Any], ...]] = {
    "intake": (SourceRecord, Lead),
    "sla": (SlaTick, Signal),
    "erasure": (ErasureOrder,),
}


def example_events() -> Iterator[Audit]:
    """One event for each form, stage, place, name, and record that its stage decides on."""
    for kind in AUDIT_KINDS:
        for name in kind.names:
            for form in kind.forms:
                yield from _of_a_form(name, form)


def _of_a_form(name: str, form: EventForm) -> Iterator[Audit]:
    for stage in form.stages:
        for place in form.places or ("",):
            for number, inputs in enumerate(_inputs(form.origin, stage)):
                yield _event(name, form, stage, place, inputs, number)


def _event(name: str, form: EventForm, stage: str, place: str, inputs: Any, number: int) -> Audit:
    lead = derive("example", name, stage, place, number)
    decided = form.origin in {Origin.DECISION, Origin.FAILURE, Origin.ERASED}
    outcomes = variants(form.outcome)
    return Audit(
        id=event_id(lead, stage, "example", name),
        lead=lead,
        stage=stage,
        kind=name,
        step=number,
        place=place,
        at=1_767_603_600.5,
        actor="olga" if form.origin in _BY_PEOPLE else "leadgate",
        cause=derive("example cause", name),
        rules="0123456789abcdef",
        inputs=inputs,
        trace=(filled(Reason),) if decided else (),
        outcome=msgspec.to_builtins(outcomes[number % len(outcomes)]),
        person=filled(AuditPerson) if decided else None,
        shadow=True,
    )


def _inputs(origin: Origin, stage: str) -> list[Any]:
    others = {
        Origin.NOTE: None,
        Origin.REVIEW: {"step": 3},
        Origin.UNREADABLE: {"where": "leadgate.captured/3@14"},
        Origin.UNDO: {"imported": "import-id"},
        Origin.EXPORT: {"leads": [derive("example export")]},
        Origin.UNMERGE: {"merge": derive("example merge")},
    }
    return [others[origin]] if origin in others else _decided(stage)


def _decided(stage: str) -> list[Any]:
    """What a decision was made from, once for each record; nobody's name in it."""
    state = filled(_STATES[stage])
    for field in ("rest", "clock"):
        if (row := getattr(state, field, None)) is not None:
            state = replace(state, **{field: _nobody(row)})
    done = {f"effect {i}": _without_changes(one) for i, one in enumerate(variants(EffectResult))}
    return [
        {"record": to_plain(_nobody(filled(record))), "seen": to_plain(state), "done": done}
        for record in _RECORDS.get(stage, (Lead,))
    ]


def _nobody(record: Any) -> Any:
    """A record whose lead has no person."""
    if isinstance(record, Lead):
        return replace(record, person=Person())
    if isinstance(record, ErasureOrder):
        return replace(record, person=PersonOutside())
    return replace(record, lead=_nobody(record.lead)) if hasattr(record, "lead") else record


def _without_changes(result: EffectResult) -> Any:
    return to_plain(replace(result, changes=()))
