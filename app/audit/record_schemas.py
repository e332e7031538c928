"""JSON schemas of the records that an audit event holds: closed objects, in `$defs` by name.

`inputs` name their person nowhere (promise P8): where a lead lies in them, its `person` is empty.
"""

from inspect import cleandoc
from typing import Any

import msgspec

from leads.audit_kinds import AUDIT_KINDS
from leads.audit_kinds.outcomes import Details
from leads.effect_results import EffectResult
from leads.erasure_order import ErasureOrder
from leads.keys import Keys
from leads.records import Audit, Lead, Signal, SlaTick
from streams.stages.all import make_stages

Schema = dict[str, Any]
REF = "#/$defs/{name}"


class SourceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A captured record in an event's `inputs`: what names it, without what it says."""

    source: str
    source_id: str
    captured_at: float


_NOBODY: Schema = {"maxProperties": 0}
#: Where a lead lies in what a stage has read.
_LEADS_IN_STATE: dict[str, tuple[str, ...]] = {"engage": ("rest",), "sla": ("clock", "lead")}
#: What a stage decides on when a lead is known; without one there is no event.
_DECIDED_ON: dict[str, tuple[type[msgspec.Struct], ...]] = {
    "intake": (SourceRecord, Lead),
    "sla": (SlaTick, Signal),
    "erasure": (ErasureOrder,),
}


def ref(name: str) -> Schema:
    """A reference to a definition."""
    return {"$ref": REF.format(name=name)}


def record_of(stage: str) -> Schema:
    """What `inputs.record` of a stage's decision holds."""
    found = [_without_person(kind) for kind in _DECIDED_ON.get(stage, (Lead,))]
    return found[0] if len(found) == 1 else {"anyOf": found}


def state_of(stage: str) -> Schema:
    """What `inputs.seen` of a stage's decision holds."""
    state = ref(_STATES[stage].__name__)
    return state | _nobody_at(_LEADS_IN_STATE[stage]) if stage in _LEADS_IN_STATE else state


def result() -> Schema:
    """How an effect ended, as `inputs.done` shows it: its changes stand in `person` instead."""
    return ref(EffectResult.__name__) | {"properties": {"changes": False}}


def definitions() -> Schema:
    """Every record's schema by its name; `Audit` among them."""
    records: set[type[msgspec.Struct]] = {
        *(Audit, Details, SourceRecord, Lead, SlaTick, Signal, ErasureOrder, EffectResult),
        *_STATES.values(),
    }
    for kind in AUDIT_KINDS:
        records.update(form.outcome for form in kind.forms)
    in_order = sorted(records, key=lambda record: record.__name__)
    _, found = msgspec.json.schema_components(in_order, ref_template=REF)
    return {name: _closed(plain(schema)) for name, schema in sorted(found.items())}


def plain(schema: Any) -> Any:
    """A schema in JSON's own types, its texts without indents and without the keywords that are
    not of JSON Schema."""
    if isinstance(schema, dict):
        return {name: plain(value) for name, value in schema.items() if name != "discriminator"}
    if isinstance(schema, list | tuple):
        return [plain(value) for value in schema]
    return cleandoc(schema) if isinstance(schema, str) else schema


def _closed(schema: Schema) -> Schema:
    return schema | {"additionalProperties": False} if "properties" in schema else schema


def _without_person(kind: type[msgspec.Struct]) -> Schema:
    if kind in {Lead, ErasureOrder}:
        return ref(kind.__name__) | _nobody_at(())
    return ref(kind.__name__) | (_nobody_at(("lead",)) if kind is SlaTick else {})


def _nobody_at(path: tuple[str, ...]) -> Schema:
    if not path:
        return {"properties": {"person": _NOBODY}}
    return {"properties": {path[0]: _nobody_at(path[1:])}}


_STATES: dict[str, type[msgspec.Struct]] = {
    stage.name: stage.state_type for stage in make_stages(Keys(""))
}
