"""The audit's published schema is the code's; every event fits it, and a changed one does not."""

import json
from collections import defaultdict
from copy import deepcopy
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audit.json_schema import audit_schema
from leads import topics
from leads.audit_kinds import AUDIT_KINDS
from leads.records import Place, encode
from reference.example_event import example_event
from tests.compatibility.events import example_events
from tests.simulation.plan import make_plan
from tests.simulation.simulate import be_quiet, simulate

PUBLISHED = json.loads((Path(__file__).parents[2] / "docs" / "audit.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(
    PUBLISHED, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)
SEEDS = 24
Event = dict[str, Any]
#: Objects whose keys are the site's own: fields of its CRM, parts of its score, what people set.
FREE = frozenset("more wrote before ours parts fields review_decisions done domains any".split())


@lru_cache
def simulated() -> tuple[Event, ...]:
    """The events of some runs of the simulation."""
    be_quiet()
    return tuple(
        json.loads(record.value or b"")
        for seed in range(SEEDS)
        for record in simulate(make_plan(seed)).site.log.all(topics.AUDIT.full)
    )


@lru_cache
def examples() -> tuple[Event, ...]:
    """An event of each form of each kind."""
    return tuple(json.loads(encode(event)) for event in example_events())


@lru_cache
def one_of_each() -> tuple[Event, ...]:
    """Events of different kind, stage and place; a simulated one where there is one."""
    found: dict[tuple[str, ...], Event] = {}
    for event in chain(simulated(), examples()):
        found.setdefault((event["kind"], event["stage"], event["place"]), event)
    return tuple(found.values())


def faults(event: Event) -> list[str]:
    """What the schema says against an event."""
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(event)]


def test_the_published_schema_is_the_codes() -> None:
    assert audit_schema() == PUBLISHED, (
        "run python -m app.audit.json_schema > docs/audit.schema.json"
    )


def test_the_schema_is_one_and_says_its_version() -> None:
    jsonschema.Draft202012Validator.check_schema(PUBLISHED)
    assert PUBLISHED["$id"] == "urn:leadgate:audit-event:1"


def test_every_event_of_the_simulation_fits() -> None:
    assert [(event["kind"], why) for event in simulated() for why in faults(event)] == []
    assert len({event["kind"] for event in simulated()}) > 30


def test_an_event_of_every_form_of_the_catalogue_fits() -> None:
    assert [(event["kind"], why) for event in examples() for why in faults(event)] == []
    kinds = {name for kind in AUDIT_KINDS for name in kind.names}
    assert {event["kind"] for event in examples()} == kinds
    assert faults(json.loads(example_event())) == []


@settings(max_examples=400)
@given(st.data())
def test_an_event_with_a_changed_field_is_refused(data: st.DataObject) -> None:
    event = deepcopy(data.draw(st.sampled_from(one_of_each())))
    change = data.draw(st.sampled_from((add_a_field, retype_a_field, drop_a_field)))
    what = change(event, data)
    assert faults(event), f"{change.__name__}: {what}"


def add_a_field(event: Event, data: st.DataObject) -> str:
    """A field that no record has, in any record of the event."""
    record = data.draw(st.sampled_from([r for r in records(event) if "any" not in r]))
    record["surprise"] = 1
    return str(record)


def retype_a_field(event: Event, data: st.DataObject) -> str:
    """A value of a type that no field has: a list in a list."""
    record = data.draw(st.sampled_from([r for r in records(event) if r]))
    name: str = data.draw(st.sampled_from(sorted(record)))
    record[name] = [[1]]
    return str(name)


def drop_a_field(event: Event, data: st.DataObject) -> str:
    """A field that every event of the kind has."""
    required = [(event, name) for name in PUBLISHED["required"]]
    if isinstance(event["inputs"], dict):
        required += [(event["inputs"], name) for name in event["inputs"]]
    record, name = data.draw(st.sampled_from(required))
    del record[name]
    return str(name)


def records(value: Any) -> list[Event]:
    """The value's records: its objects, without those whose keys are free."""
    if isinstance(value, list):
        return [record for one in value for record in records(one)]
    if not isinstance(value, dict):
        return []
    inner = [record for name, one in value.items() if name not in FREE for record in records(one)]
    return [value, *inner]


@settings(max_examples=200)
@given(st.data())
def test_an_event_in_a_place_or_of_a_stage_of_another_kind_is_refused(data: st.DataObject) -> None:
    allowed = {
        name: (
            {place for form in kind.forms for place in form.places or ("",)},
            set(kind.stages),
        )
        for kind in AUDIT_KINDS
        for name in kind.names
    }
    event = deepcopy(data.draw(st.sampled_from(one_of_each())))
    places, stages = allowed[event["kind"]]
    others = {
        "place": {*Place, "elsewhere"} - places,
        "stage": {*(s for _, some in allowed.values() for s in some), "nobody"} - stages,
    }
    name = data.draw(st.sampled_from([name for name, some in others.items() if some]))
    event[name] = data.draw(st.sampled_from(sorted(others[name])))
    assert faults(event)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("schema", 2),
        ("kind", "signal_nothing"),
        ("id", "no uuid"),
        ("rules", "latest"),
        ("step", -1),
        ("actor", "olga"),
        ("inputs", {}),
        ("outcome", {"points": 100}),
    ],
)
def test_a_value_that_no_event_has_is_refused(name: str, value: Any) -> None:
    event = json.loads(example_event())
    assert event["kind"] == "routed"
    assert any(f"$.{name}" in why for why in faults(event | {name: value}))


def test_a_name_in_the_inputs_is_refused() -> None:
    by_stage: defaultdict[str, int] = defaultdict(int)
    for event in examples():
        lead = (event["inputs"] or {}).get("record", {})
        if "person" in lead:
            lead["person"] = {"first_name": "Rosalind"}
            by_stage[event["stage"]] += 1
            assert faults(event)
    assert len(by_stage) == 8
