"""What earlier commits wrote is read by this one, with nothing lost; the declared formats are only
added to."""

import json

import jsonschema
import msgspec
import pytest

from app.audit.json_schema import audit_schema
from leads import topics
from leads.records import AUDIT_FORMAT, Audit, Lead, encode
from leads.rules import Rules
from reference.stored_records import NOT_RECORDS
from tests.compatibility import recorded
from tests.compatibility.declared import declared
from tests.compatibility.filled import complete, lost
from tests.compatibility.samples import RULES, Sample, decoded, samples, stored
from tests.compatibility.wire import written

ADD = "run `make formats` and commit what it writes; it only adds"


def lost_of(sample: Sample) -> list[str]:
    """What this code loses of a sample."""
    found = decoded(sample)
    now = found.model_dump(mode="json") if isinstance(found, Rules) else complete(found)
    return lost(json.loads(sample.value), now)


def test_the_formats_are_only_added_to() -> None:
    faults = recorded.faults(declared(), recorded.recorded())
    assert not faults, "docs/design/compatibility.md says what may change:\n" + "\n".join(faults)


def test_every_addition_is_recorded() -> None:
    assert not recorded.additions(declared(), recorded.recorded()), ADD
    missing = {sample.name for sample in samples()} - {sample.name for sample in stored()}
    assert not missing, f"{ADD}: {sorted(missing)}"


def test_every_topic_and_every_record_has_samples() -> None:
    names = {sample.name.split()[1] for sample in stored() if sample.name.startswith("topic ")}
    exempt = {topic.name for topic in NOT_RECORDS} - {"rules"}
    assert names == {topic.name for topic in topics.TOPICS} - exempt
    assert written().keys() <= {sample.name for sample in stored()}


def test_nothing_of_what_was_written_is_lost() -> None:
    assert [(sample.name, at) for sample in stored() for at in lost_of(sample)] == []


def test_the_bytes_of_an_old_record_mean_the_same_when_they_are_written_again() -> None:
    for sample in stored():
        if sample.name != RULES:
            again = Sample(sample.name, encode(decoded(sample)))
            assert complete(decoded(again)) == complete(decoded(sample)), sample.name


def test_old_events_fit_the_schema() -> None:
    validator = jsonschema.Draft202012Validator(audit_schema())
    events = [json.loads(s.value) for s in stored() if s.name.startswith("event ")]
    assert len(events) > 50
    assert [(e["kind"], str(f.message)) for e in events for f in validator.iter_errors(e)] == []


def test_an_event_without_a_version_is_of_the_first() -> None:
    event = next(s for s in stored() if s.name == "event validated")
    assert b'"schema"' not in event.value
    assert msgspec.json.decode(event.value, type=Audit).schema == 1
    assert AUDIT_FORMAT == 1


def test_a_value_that_is_lost_is_found() -> None:
    assert lost({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}, "c": 1}) == ["$.a.b[1]"]
    assert lost({"a": {"b": 1}}, {"a": {}}) == ["$.a.b"]
    lead = next(s for s in stored() if s.name == "topic routed Lead")
    renamed = Sample(lead.name, lead.value.replace(b'"seniority"', b'"no_such_field"'))
    assert lost_of(renamed) == ["$.no_such_field"]


BEFORE = {
    "record Lead": "no tag",
    "field Lead.step": "int",
    "field Lead.source": "str",
    "field Lead.imported": 'str = ""',
    "field Lead.route": "Route | none = null",
    "place held": "",
    "record Outcome.Scored": "no tag",
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"field Lead.imported": None}, "Lead.imported was removed or renamed"),
        ({"place held": None}, "old events have this place"),
        ({"field Lead.step": "str"}, "was `int` and is `str`"),
        ({"field Lead.imported": 'str = "poll"'}, 'is `str = "poll"`'),
        ({"field Lead.imported": "str"}, "is `str`"),
        ({"field Lead.route": "none = null"}, "add another name, and read both"),
        ({"field Lead.rank": "str"}, "field Lead.rank is new and has no default"),
        ({"field Outcome.Scored.rank": "int"}, "Outcome.Scored.rank is new and has no default"),
    ],
)
def test_a_change_that_old_bytes_do_not_bear_is_named(
    change: dict[str, str | None], said: str
) -> None:
    changed = {**BEFORE, **change}
    now = {name: form for name, form in changed.items() if form is not None}
    [why] = recorded.faults(now, BEFORE)
    assert said in why


@pytest.mark.parametrize(
    "more",
    [
        {"field Lead.rank": 'str = ""'},
        {"field Lead.route": "Place | Route | none = null"},
        {"record Visit": "no tag", "field Visit.page": "str"},
        {"place paused": ""},
    ],
)
def test_an_addition_is_none_until_it_is_recorded(more: dict[str, str]) -> None:
    now = BEFORE | more
    assert recorded.faults(now, BEFORE) == []
    assert recorded.additions(now, BEFORE) == more
    assert recorded.parse(recorded.to_text(now)) == now


def test_a_lead_without_the_fields_of_later_commits_is_read() -> None:
    bare = min((s for s in stored() if s.name == "topic routed Lead"), key=lambda s: len(s.value))
    lead = decoded(bare)
    assert isinstance(lead, Lead)
    assert (lead.priority, lead.route, lead.review_decisions) == ("fresh", None, {})
