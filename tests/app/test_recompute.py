"""Decisions come out of their events again; a changed byte is reported; memory stays as it is."""

import tracemalloc
from collections.abc import Iterator

import msgspec
import pytest
from msgspec.structs import replace

from app.audit.originals import Originals
from app.audit.recompute import SHOWN, RecomputeReport, Recomputing
from leads.decision import Decision
from leads.gates.intake import IntakeState
from leads.keys import Keys
from leads.records import Audit, Captured, encode
from leads.rules import Rules
from leads.sealing import UNSEALED
from streams.runner import audit_events
from streams.runner.model import StageTask
from streams.stages import intake
from tests.samples import contact

STAGE = intake.make(Keys("secret"))


class _Raw:
    offset = 7

    def __init__(self, value: bytes) -> None:
        self.value = value


def decided(number: int, rules: Rules) -> tuple[str, bytes, list[bytes]]:
    """A captured record's cause and bytes, and the events of its decision."""
    raw = contact(number)
    record = Captured(source="apollo", source_id=raw["id"], captured_at=1.0, raw=raw)
    value = encode(record)
    subject, step, cause = audit_events.subject_of(record, _Raw(value))
    job = StageTask(record, "", 0, subject, step, cause, rules.hash, 9.0)
    job.keep_state(IntakeState(), UNSEALED)
    answer = STAGE.gate.decide(record, job.state, {}, rules, 9.0)
    assert isinstance(answer, Decision)
    job.answer = answer
    said = audit_events.audits(STAGE, job, UNSEALED)
    return cause, value, [record.value or b"" for record in said]


def run(
    rules: Rules,
    said: Iterator[bytes] | list[bytes],
    originals: Originals,
    window: int = 100,
    until: float = 0.0,
) -> RecomputeReport:
    """Recompute events of one partition; captured records were deleted up to a time."""
    doing = Recomputing(
        {"intake": STAGE}, {rules.hash: rules}, originals.get, UNSEALED, window, until
    )
    for value in said:
        doing.take(0, value)
    return doing.result()


@pytest.fixture
def log(rules: Rules) -> Iterator[tuple[list[bytes], Originals]]:
    """Three leads' events, and their captured records."""
    said: list[bytes] = []
    with Originals() as originals:
        for number in range(3):
            cause, value, audits = decided(number, rules)
            originals.add(cause, value)
            said += audits
        yield said, originals


Log = tuple[list[bytes], Originals]


def test_what_was_decided_comes_out_the_same(rules: Rules, log: Log) -> None:
    said, originals = log
    assert [msgspec.json.decode(value)["kind"] for value in said] == ["captured", "validated"] * 3
    assert run(rules, said, originals) == RecomputeReport(decisions=3, same=3, different={})


def test_a_changed_event_is_reported_with_both(rules: Rules, log: Log) -> None:
    said, originals = log
    event = msgspec.json.decode(said[1], type=Audit)
    said[1] = encode(msgspec.structs.replace(event, outcome={"other": 1}))
    found = run(rules, said, originals)
    assert (found.decisions, found.same) == (3, 2)
    assert '"other"' in found.different[event.id]


def test_a_captured_record_that_was_deleted_on_purpose_is_counted_apart(
    rules: Rules, log: Log
) -> None:
    """Captured at second 1; what is missing of later ones is a difference."""
    said, _ = log
    with Originals() as none:
        assert run(rules, said, none, until=2.0) == RecomputeReport(
            decisions=0, same=0, different={}, deleted=3
        )
        found = run(rules, said, none, until=1.0)
    assert (found.deleted, found.decisions, len(found.different)) == (0, 3, 3)


def test_a_changed_or_missing_note_is_its_decisions_difference(rules: Rules, log: Log) -> None:
    said, originals = log
    note, decision = (msgspec.json.decode(said[n], type=Audit) for n in (2, 3))
    without = said[:2] + said[3:]
    assert run(rules, without, originals).different.keys() == {decision.id}
    for place in (2, len(said)):
        changed = list(without)
        changed.insert(place, encode(msgspec.structs.replace(note, outcome={"other": 1})))
        assert run(rules, changed, originals).different.keys() == {decision.id}


def test_a_note_that_compaction_has_left_behind_its_decision_is_found(
    rules: Rules, log: Log
) -> None:
    said, originals = log
    assert run(rules, [*said[1:], said[0]], originals).different == {}
    assert run(rules, [*said[1:], said[0], said[1]], originals).different == {}


def test_records_and_rules_that_are_gone_are_reported(rules: Rules, log: Log) -> None:
    said, originals = log
    with Originals() as none:
        assert all("is not in the log" in why for why in run(rules, said, none).different.values())
    doing = Recomputing({"intake": STAGE}, {}, originals.get, UNSEALED)
    doing.take(0, said[1])
    assert all("are not in the log" in why for why in doing.result().different.values())


def test_of_many_differences_some_are_shown_and_all_are_counted(rules: Rules) -> None:
    with Originals() as none:
        said = [value for number in range(SHOWN + 20) for value in decided(number, rules)[2]]
        found = run(rules, said, none)
    assert (found.decisions, found.same, len(found.different)) == (SHOWN + 20, 0, SHOWN)


def test_memory_does_not_grow_with_the_log(rules: Rules) -> None:
    """Four times the events of a full window take no more."""

    def peak(leads: int) -> int:
        with Originals() as originals:
            said = _decide_one_by_one(leads, rules, originals)
            tracemalloc.start()
            assert run(rules, said, originals, window=50).same == leads
            found = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return found

    peak(400)  # fills the caches of keys and ids, which have bounds of their own
    once, often = peak(100), peak(400)
    assert often < once + 100_000


def _decide_one_by_one(leads: int, rules: Rules, originals: Originals) -> Iterator[bytes]:
    for number in range(leads):
        cause, value, audits = decided(number, rules)
        originals.add(cause, value)
        yield from audits


def test_what_another_version_of_the_logic_decided_is_counted_apart(rules: Rules, log: Log) -> None:
    said, originals = log
    other = STAGE.gate.logic + 1
    events = [replace(msgspec.json.decode(value, type=Audit), logic=other) for value in said]
    found = run(rules, list(map(encode, events)), originals)
    assert (found.decisions, found.different) == (0, {})
    assert found.other_logic == {f"intake {other}": 3}
