"""The audit's published schema is the code's, and an event fits it."""

import json
from pathlib import Path

import jsonschema
import pytest

from app.audit.json_schema import audit_schema
from leads.records import Audit, AuditPerson, Reason, encode

PUBLISHED = json.loads((Path(__file__).parents[2] / "docs" / "audit.schema.json").read_text())


def test_the_published_schema_is_the_codes() -> None:
    assert audit_schema() == PUBLISHED, (
        "run python -m app.audit.json_schema > docs/audit.schema.json"
    )


def test_an_event_fits_and_a_broken_one_does_not() -> None:
    event = Audit(
        id="e",
        lead="l",
        stage="intake",
        kind="validated",
        step=0,
        place="in_flight",
        at=1.0,
        actor="leadgate",
        cause="c",
        rules="r",
        inputs={},
        trace=(Reason(rule="x", decisive=True, why="y"),),
        person=AuditPerson(email="a@b.c"),
    )
    body = json.loads(encode(event))
    jsonschema.validate(body, PUBLISHED)
    del body["lead"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(body, PUBLISHED)
