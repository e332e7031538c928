"""The JSON schema of the audit's events, as `docs/audit.schema.json` has it: `python -m
app.audit.json_schema`.

Each kind has a branch of its own, chosen by `kind`: its stages, its places, what its `inputs` and
its `outcome` hold. A validator names the branch in its errors.
"""

import json
import sys

from app.audit.record_schemas import Schema, definitions, record_of, ref, result, state_of
from leads.audit_kinds import AUDIT_KINDS, AuditKind, EventForm, Origin
from leads.audit_kinds.model import LEAD_STAGES, STAGES
from leads.records import AUDIT_FORMAT, Place

_DECIDING = (*LEAD_STAGES, "sla", "erasure")
_UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
_ID: Schema = {"type": "string", "format": "uuid", "pattern": _UUID}
_TEXT: Schema = {"type": "string"}


def audit_schema() -> Schema:
    """The schema of one event of the topic `leadgate.audit`."""
    records = definitions()
    event = records.pop("Audit")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:leadgate:audit-event:{AUDIT_FORMAT}",
        "title": "An event of leadgate.audit",
        "description": event["description"],
        "type": "object",
        "properties": event["properties"] | _common_properties(),
        "required": [*event["required"], "outcome"],
        "additionalProperties": False,
        "allOf": [_branch(kind) for kind in AUDIT_KINDS],
        "$defs": _origins() | records,
    }


def _common_properties() -> Schema:
    names: list[str] = []
    for kind in AUDIT_KINDS:
        names.extend(kind.names)
    return {
        "id": _ID,
        "lead": _ID,
        "stage": {"enum": [*STAGES, "undo", "unmerge", "export"]},
        "kind": {"enum": names},
        "step": {"type": "integer", "minimum": 0},
        "place": {"enum": list(Place)},
        "at": {"type": "number", "description": "seconds since 1970, UTC"},
        "rules": {"type": "string", "pattern": "^([0-9a-f]{16})?$"},
        "inputs": {},
        "outcome": {"type": "object"},
        "details": ref("Details"),
        "schema": {"const": AUDIT_FORMAT, "default": AUDIT_FORMAT},
    }


def _branch(kind: AuditKind) -> Schema:
    forms = [_form(form) for form in kind.forms]
    meant = forms[0] if len(forms) == 1 else {"anyOf": forms}
    names = {"enum": list(kind.names)} if kind.members else {"const": kind.name}
    return {
        "if": {"properties": {"kind": names}},
        "then": {"title": kind.name, "description": kind.meaning, **meant},
    }


def _form(form: EventForm) -> Schema:
    return ref(f"from_{form.origin}") | {
        "properties": {
            "stage": {"enum": list(form.stages)},
            "place": {"enum": list(form.places or ("",))},
            "outcome": ref(form.outcome.__name__),
        }
    }


def _origins() -> Schema:
    """What events of each origin have in common."""
    by_leadgate: Schema = {"actor": {"const": "leadgate"}}
    found = {
        Origin.DECISION: _decided(unread=False),
        Origin.FAILURE: _decided(unread=True),
        Origin.ERASED: _decided(unread=True),
        Origin.NOTE: _without_trace(by_leadgate | {"inputs": {"type": "null"}}),
        Origin.REVIEW: _without_trace({"inputs": _object({"step": {"type": "integer"}})}),
        Origin.UNREADABLE: _without_trace(by_leadgate | {"inputs": _object({"where": _TEXT})}),
        Origin.UNDO: _without_trace({"inputs": _object({"imported": _TEXT})}),
        Origin.EXPORT: _without_trace(
            {"inputs": _object({"leads": {"type": "array", "items": _ID}})}
        ),
        Origin.UNMERGE: _without_trace({"inputs": _object({"merge": _TEXT})}),
    }
    return {f"from_{origin}": schema for origin, schema in found.items()}


def _decided(*, unread: bool) -> Schema:
    """`unread`: what the stage had read may be null. An event of an erased person has neither
    `person` nor `sealed`."""
    return {
        "properties": {"actor": {"const": "leadgate"}, "person": ref("AuditPerson")},
        "allOf": [
            {
                "if": {"properties": {"stage": {"const": stage}}},
                "then": {"properties": {"inputs": _inputs(stage, unread=unread)}},
            }
            for stage in _DECIDING
        ],
    }


def _inputs(stage: str, *, unread: bool) -> Schema:
    state = state_of(stage)
    return _object(
        {
            "record": record_of(stage),
            "seen": {"anyOf": [state, {"type": "null"}]} if unread else state,
            "done": {"type": "object", "additionalProperties": result()},
        }
    )


def _without_trace(properties: Schema) -> Schema:
    return {"properties": properties | {"trace": False, "person": False}}


def _object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(audit_schema(), indent=1) + "\n")
