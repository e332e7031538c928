"""What a replay may run again: only what is there, was processed and was decided."""

import asyncio
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from app.operations.replay import SkipRange, processed
from app.operations.replay_evidence import Evidence, Spot
from app.operations.replay_range import (
    ReplayRefusedError,
    ReplayScope,
    find_range,
    refuse_misuse,
    refuse_range,
)
from leads import topics
from leads.decision import Parked
from leads.keys import Keys
from leads.records import (
    Alert,
    Captured,
    IdentityLink,
    Lead,
    Person,
    Record,
    ReviewDecision,
    ReviewItem,
    Signal,
    encode,
)
from leads.signatures import Headers
from leads.table_rows import Attempt, Woken
from streams.runner.audit_events import subject_of
from streams.stages.all import make_stages
from tables import schema

KEYS = Keys("secret")
STAGES, SIGNATURES = make_stages(KEYS), KEYS.signatures
#: Offsets are compared without asking a broker.
NO_BROKER: AIOKafkaConsumer = None
PLACE = TopicPartition(topics.VALIDATED.full, 3)


@dataclass
class Raw:
    """A record as a consumer gives it."""

    topic: str
    value: bytes
    offset: int = 5
    partition: int = 3
    key: bytes = b"k"
    headers: Headers = ()


def lead(step: int = 2, cause: str = "c") -> Lead:
    """A lead."""
    return Lead(
        lead_id="a",
        source="apollo",
        source_id="1",
        version="v",
        step=step,
        cause=cause,
        rules="r",
        captured_at=1.0,
        person_key="p",
    )


def attempt(step: int, cause: str, **fields: Any) -> Attempt:
    """A stage's own row, closed unless `fields` say otherwise."""
    given: dict[str, Any] = {
        "now": 1.0,
        "since": 1.0,
        "rules": "r",
        "seen": msgspec.Raw(b"{}"),
        "done": {},
        "closed": True,
    }
    return Attempt(step=step, cause=cause, **(given | fields))


def row_of(stage: str, record: Record, raw: Raw, **fields: Any) -> tuple[bytes, bytes | None]:
    """The row that a stage keeps of a decided record."""
    subject, step, cause = subject_of(record, raw)
    at = f"{raw.topic}/{raw.partition}@{raw.offset}"
    given: dict[str, Any] = {"step": step, "cause": cause, "at": at}
    row = attempt(**(given | fields))
    return schema.attempts(stage).row(subject, row)


def found(
    record: Record, topic: topics.Topic, *rows: tuple[bytes, bytes | None]
) -> tuple[bool, bool]:
    """Whether a record is undecided, and whether it is left out."""
    evidence = Evidence(STAGES, SIGNATURES)
    body = encode(record)
    evidence.expect(Raw(topic.full, body, headers=SIGNATURES.headers(topic.full, b"k", body)))
    for key, value in rows:
        evidence.note_row(3, key, value)
    spot = Spot(3, 5)
    assert set(evidence.undecided) | evidence.left_out <= {spot}
    return spot in evidence.undecided, spot in evidence.left_out


UNDECIDED, DECIDED, LEFT_OUT = (True, False), (False, False), (False, True)
CAPTURED = Captured(source="apollo", source_id="1", captured_at=1.0, raw={})
ALERT = Alert(alert_id="x", kind="ops", to="#ops", text="t", at=1.0)
LINK = IdentityLink(link_id="l", address_key="k", person_key="p")
ONE_STAGE = [
    (CAPTURED, topics.CAPTURED, "intake"),
    (lead(), topics.VALIDATED, "identity"),
    (lead(), topics.UNIQUE, "company"),
    (lead(), topics.ASSIGNED, "engage"),
    (ALERT, topics.ALERTS, "notify"),
]


@pytest.mark.parametrize(("record", "topic", "stage"), ONE_STAGE)
def test_a_record_is_decided_by_its_stages_own_row(
    record: Record, topic: topics.Topic, stage: str
) -> None:
    raw = Raw(topic.full, encode(record))
    own, later = row_of(stage, record, raw), row_of(stage, record, raw, step=9, cause="later")
    assert found(record, topic) == UNDECIDED
    assert found(record, topic, own) == DECIDED
    assert found(record, topic, row_of(stage, record, raw, closed=False)) == UNDECIDED
    assert found(record, topic, row_of("write", record, raw)) == UNDECIDED
    assert found(record, topic, row_of(stage, record, raw, waited=True)) == LEFT_OUT
    assert found(record, topic, row_of(stage, record, raw, at="elsewhere")) == LEFT_OUT
    assert found(record, topic, row_of(stage, record, raw, logic=99)) == LEFT_OUT
    assert found(record, topic, later) == LEFT_OUT
    assert found(record, topic, own, later) == LEFT_OUT


def test_a_record_of_two_stages_is_decided_by_both_rows() -> None:
    raw = Raw(topics.LINKS.full, encode(LINK))
    rows = [row_of(stage, LINK, raw) for stage in ("identity", "company")]
    assert found(LINK, topics.LINKS) == UNDECIDED
    for row in rows:
        assert found(LINK, topics.LINKS, row) == UNDECIDED
    assert found(LINK, topics.LINKS, *rows) == DECIDED


def test_an_older_revision_is_no_decision_of_a_newer_one() -> None:
    raw = Raw(topics.CAPTURED.full, encode(CAPTURED))
    older = row_of("intake", CAPTURED, raw, step=4, cause="older")
    assert found(CAPTURED, topics.CAPTURED, older) == UNDECIDED
    _, _, cause = subject_of(CAPTURED, raw)
    copied = row_of("intake", CAPTURED, raw, step=4, cause="older", earlier=(cause,))
    assert found(CAPTURED, topics.CAPTURED, copied) == LEFT_OUT


def woken(stage: str, mark: str, lead: Lead | None = None) -> tuple[bytes, bytes | None]:
    """The mark that a signal or review decision leaves."""
    return schema.woken(stage).row(mark, Woken(lead=lead))


def test_a_signal_is_decided_once_every_stage_that_reads_it_has_marked_it() -> None:
    reply = Signal(signal_id="s", kind="reply", at=1.0, source="apollo", person_key="p")
    marks = [woken(stage, "s") for stage in ("routing", "assign", "engage")]
    sla = row_of("sla", reply, Raw(topics.ROUTED_SIGNALS.full, encode(reply)))
    assert found(reply, topics.ROUTED_SIGNALS, *marks) == UNDECIDED
    assert found(reply, topics.ROUTED_SIGNALS, *marks[1:], sla) == UNDECIDED
    assert found(reply, topics.ROUTED_SIGNALS, *marks, sla) == DECIDED
    assert (
        found(reply, topics.ROUTED_SIGNALS, *marks[:2], woken("engage", "s", lead()), sla)
        == LEFT_OUT
    )
    activity = Signal(signal_id="t", kind="activity", at=1.0, source="crm", person_key="p")
    done = row_of("sla", activity, Raw(topics.ROUTED_SIGNALS.full, encode(activity)))
    assert found(activity, topics.ROUTED_SIGNALS, done) == DECIDED, "it wakes nobody"
    engages = Signal(signal_id="s", kind="reply", at=1.0, source="a", only="engage", delivery=2)
    assert found(engages, topics.ROUTED_SIGNALS) == UNDECIDED
    assert found(engages, topics.ROUTED_SIGNALS, woken("engage", "s#2")) == DECIDED


def test_a_persons_decision_counts_once_and_one_that_came_too_late_never() -> None:
    review_decision = ReviewDecision(
        decision_id="r",
        lead_id="a",
        stage="company",
        step=2,
        action="redrive",
        actor="olga",
        reason="x",
        at=1.0,
    )
    item = ReviewItem(
        lead_id="a",
        kind="review",
        stage="company",
        partition=3,
        step=2,
        since=1.0,
        reasons=(),
        person=Person(),
    )
    company = next(stage for stage in STAGES if stage.name == "company")
    waits = company.parked.row("a", Parked(subject="a", lead=lead(), held=item))
    later = company.parked.row("a", Parked(subject="a", held=msgspec.structs.replace(item, step=4)))
    gone = company.parked.row("a", None)
    assert found(review_decision, topics.REVIEW_DECISIONS) == DECIDED
    forged = Evidence(STAGES, SIGNATURES)
    forged.expect(Raw(topics.REVIEW_DECISIONS.full, encode(review_decision)))
    forged.note_row(3, *waits)
    assert (forged.undecided, forged.left_out) == ([], {Spot(3, 5)}), "no worker obeys it"
    assert found(review_decision, topics.REVIEW_DECISIONS, waits) == UNDECIDED
    moved = Evidence(STAGES, SIGNATURES)
    body = encode(review_decision)
    signed = SIGNATURES.headers(topics.REVIEW_DECISIONS.full, b"k", body)
    moved.expect(Raw(topics.REVIEW_DECISIONS.full, body, headers=signed))
    moved.note_row(3, *waits)
    moved.note_row(8, *gone)
    assert moved.undecided == [Spot(3, 5)], "the row of another partition says nothing of it"
    assert found(review_decision, topics.REVIEW_DECISIONS, waits, later) == DECIDED
    assert found(review_decision, topics.REVIEW_DECISIONS, waits, gone) == DECIDED
    taken = woken("company", "r", lead())
    put_off = company.parked.row("a", Parked(subject="a", lead=lead(), held=item, put_off=True))
    assert found(review_decision, topics.REVIEW_DECISIONS, waits, taken, gone) == LEFT_OUT
    assert found(review_decision, topics.REVIEW_DECISIONS, waits, taken, put_off) == LEFT_OUT


def test_what_was_no_record_is_none_now() -> None:
    evidence = Evidence(STAGES, SIGNATURES)
    for value in (b"", b"{", b"\xff", b"[" * 5000, b'{"source":3}', b"x" * 300_000):
        evidence.expect(Raw(topics.CAPTURED.full, value))
    assert evidence.undecided == []


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (ReplayScope(), "where it begins"),
        (ReplayScope(since="0", first=0, partition=1), "where it begins"),
        (ReplayScope(since="0", until="9", last=9, partition=1), "where it ends"),
        (ReplayScope(first=0), "--partition"),
        (ReplayScope(since="0", last=7), "--partition"),
        (ReplayScope(since="0", partition=12), "0 to 11"),
        (ReplayScope(since="0", partition=-1), "0 to 11"),
    ],
)
def test_a_range_is_given_once(wanted: ReplayScope, why: str) -> None:
    with pytest.raises(ReplayRefusedError, match=why):
        refuse_misuse(wanted)


def test_a_beginning_that_is_no_time_and_no_offset_is_refused() -> None:
    wanted = ReplayScope(since="yesterday")
    with pytest.raises(ReplayRefusedError, match=r"'yesterday' is not a time: .* or an offset"):
        asyncio.run(find_range(NO_BROKER, wanted, {PLACE: 0}, {PLACE: 9}))


def test_a_small_number_is_an_offset_of_each_partition() -> None:
    wanted = ReplayScope(since="3", until="999999999")
    found = asyncio.run(find_range(NO_BROKER, wanted, {PLACE: 0}, {PLACE: 9}))
    assert found == ({PLACE: 3}, {PLACE: 9})


def test_a_range_that_is_there_is_taken() -> None:
    for wanted in (
        ReplayScope(since="0"),
        ReplayScope(since="2026-11-24", partition=0),
        ReplayScope(first=0, last=2, partition=11),
    ):
        refuse_misuse(wanted)
    for first, last in ((10, 20), (10, None), (None, 20), (19, 20), (None, None)):
        refuse_range(PLACE, first, last, 10, 20)


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        (9, 12, "begins at 10"),
        (12, 21, "processed up to 20"),
        (21, None, "processed up to 20"),
        (12, 12, "no record"),
        (14, 12, "no record"),
        (20, None, "no record"),
    ],
)
def test_a_range_that_is_not_there_is_refused(
    first: int | None, last: int | None, why: str
) -> None:
    with pytest.raises(ReplayRefusedError, match=why):
        refuse_range(PLACE, first, last, 10, 20)


def test_an_earlier_replay_is_replaced_before_it_began_and_must_end_after() -> None:
    earlier = SkipRange(topic=PLACE.topic, partition=3, begin=5, done=50, left_out=((9, 50),))
    assert processed(PLACE, 7, None) == 7
    assert processed(PLACE, 5, earlier) == 50
    assert processed(PLACE, 60, earlier) == 60
    with pytest.raises(ReplayRefusedError, match="7 of 50"):
        processed(PLACE, 7, earlier)
