"""The proof of conservation can fail: one record more or less in a log is reported by name."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from aiokafka import TopicPartition

from app.audit.ledger import Ledger
from app.audit.placement import EXAMPLES, Fault, PlacementLedger
from leads import topics
from leads.decision import Parked
from leads.keys import derive
from leads.records import Audit, Captured, Lead, Person, ReviewItem, Signal, encode
from leads.retention import Deletion
from leads.review_items import MOVED
from leads.sealing import UNSEALED
from leads.table_rows import Attempt
from streams.runner.audit_events import subject_of
from streams.runner.dead_letters import dead_letter
from tables import schema

CAPTURED, VALIDATED, HEARD = topics.CAPTURED.full, topics.VALIDATED.full, topics.ROUTED_SIGNALS.full


@dataclass
class Raw:
    """A record as a consumer gives it."""

    topic: str
    offset: int
    value: bytes
    partition: int = 0
    timestamp: int = 0
    key: bytes = b"k"


def ident(source_id: str) -> str:
    """The lead's id of a captured record."""
    return derive("lead", "apollo", source_id)


def capture(offset: int, source_id: str, title: str = "VP") -> Raw:
    """A captured record."""
    one = Captured(source="apollo", source_id=source_id, captured_at=1.0, raw={"title": title})
    return Raw(CAPTURED, offset, encode(one))


def cause_of(raw: Raw) -> str:
    """What makes intake run."""
    return subject_of(msgspec.json.decode(raw.value, type=Captured), raw)[2]


def event(
    lead: str, kind: str, step: int, place: str, stage: str = "s", cause: str = "c", **inputs: Any
) -> bytes:
    """One audit event."""
    given = Audit(
        id=f"{lead}{kind}{step}{place}",
        lead=lead,
        stage=stage,
        kind=kind,
        step=step,
        place=place,
        at=1.0,
        actor="leadgate",
        cause=cause,
        rules="r",
        inputs=inputs or None,
    )
    return encode(given)


def lead(ident: str, step: int = 0, person: str = "p") -> Lead:
    """A lead between two gates."""
    return Lead(
        lead_id=ident,
        source="apollo",
        source_id="x",
        version="v",
        step=step,
        cause="c",
        rules="r",
        captured_at=1.0,
        person_key=person,
    )


def item(ident: str, step: int, stage: str = "company", kind: str = "review") -> ReviewItem:
    """A review item."""
    return ReviewItem(
        lead_id=ident,
        kind=kind,
        stage=stage,
        partition=0,
        step=step,
        since=1.0,
        reasons=(),
        person=Person(),
    )


def parked(stage: str, ident: str, **fields: Any) -> tuple[bytes, bytes | None]:
    """A parked row."""
    return schema.parked(stage).row(ident, Parked(subject=ident, **fields))


def attempt(raw: Raw, *earlier: str) -> tuple[bytes, bytes | None]:
    """Intake's row of a captured record, and the causes of those before it."""
    subject, step, cause = subject_of(msgspec.json.decode(raw.value, type=Captured), raw)
    row = Attempt(
        step=step,
        cause=cause,
        now=1.0,
        since=1.0,
        rules="r",
        seen=msgspec.Raw(b"{}"),
        done={},
        closed=True,
        earlier=earlier,
    )
    return schema.attempts("intake").row(subject, row)


ENGAGED, WAITS, MOVES, PUT_OFF = (ident(name) for name in ("engaged", "waits", "moves", "put off"))


@dataclass
class Log:
    """A site's log: a lead engaged, one in review, one on its way, one put off, one captured."""

    committed: dict[str, int] = field(default_factory=lambda: {CAPTURED: 5, VALIDATED: 7})
    begin: dict[str, int] = field(default_factory=dict)
    end: dict[str, int] = field(default_factory=dict)
    captured: list[Raw] = field(default_factory=list)
    under_way: list[Raw] = field(default_factory=list)
    rows: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    #: Rows of other partitions, which are read before.
    moved: list[tuple[int, tuple[bytes, bytes | None]]] = field(default_factory=list)
    items: list[bytes] = field(default_factory=list)
    events: list[bytes] = field(default_factory=list)
    deletions: list[Deletion] = field(default_factory=list)

    def __post_init__(self) -> None:
        sources = ("engaged", "waits", "moves", "put off", "waits")
        self.captured = [capture(n, name) for n, name in enumerate(sources)] + [capture(5, "new")]
        for raw, who in zip(self.captured, (ENGAGED, WAITS, MOVES, PUT_OFF), strict=False):
            self.events.append(event(who, "captured", 0, "in_flight", "intake", cause_of(raw)))
            self.events.append(event(who, "validated", 0, "in_flight", "intake", cause_of(raw)))
        self.events.append(event(ENGAGED, "engaged", 6, "engaged", "engage"))
        self.events.append(event(WAITS, "variant", 2, "review", "company"))
        self.rows = [attempt(raw) for raw in self.captured[:4]]
        self.rows += [parked("identity", PUT_OFF, put_off=True, lead=lead(PUT_OFF))]
        self.rows += [
            parked("company", WAITS, held=item(WAITS, 2)),
            parked("engage", ENGAGED, lead=lead(ENGAGED)),
        ]
        self.items = [encode(item(WAITS, 2))]
        self.under_way = [Raw(VALIDATED, 7, encode(lead(MOVES, 1)))]

    def judge(self) -> PlacementLedger:
        """The account of this log."""
        ledger = Ledger(_offsets(self.committed))
        for record in self.under_way:
            ledger.note_pending(record)
        for record in self.captured:
            ledger.note_captured(record)
        for partition, (key, value) in self.moved:
            ledger.note_row(partition, key, value)
        for key, value in self.rows:
            ledger.note_row(0, key, value)
        for found in self.items:
            ledger.note_item(found)
        for found in self.events:
            ledger.note_event(found)
        deletions = {TopicPartition(one.topic, one.partition): one for one in self.deletions}
        return ledger.judge(_offsets(self.begin), _offsets(self.end), deletions)


def _offsets(by_topic: dict[str, int]) -> dict[TopicPartition, int]:
    return {TopicPartition(topic, 0): offset for topic, offset in by_topic.items()}


def test_a_sound_log_is_conserved() -> None:
    account = Log().judge()
    assert account.broken == []
    assert account.conserved
    assert account.places == {
        ENGAGED: "engaged",
        WAITS: "review",
        MOVES: "in_flight",
        PUT_OFF: "in_flight",
        ident("new"): "in_flight",
    }


def skip(log: Log) -> None:
    log.committed[CAPTURED] = 6


def skip_a_revision(log: Log) -> None:
    log.captured[4] = capture(4, "waits", title="CEO")


def skip_poison(log: Log) -> None:
    log.captured[4] = Raw(CAPTURED, 4, b"{")


def delete_unread(log: Log) -> None:
    log.begin[CAPTURED] = 6


def cut_the_end(log: Log) -> None:
    log.end[CAPTURED] = 3


def drop_the_record_under_way(log: Log) -> None:
    log.under_way.clear()


def drop_the_put_off_row(log: Log) -> None:
    log.rows.append((log.rows[4][0], None))


def put_off_no_more(log: Log) -> None:
    log.rows.append(parked("identity", PUT_OFF, lead=lead(PUT_OFF)))


def drop_the_item(log: Log) -> None:
    log.items.append(encode(item(WAITS, 2, kind=MOVED)))


def drop_the_parked_row(log: Log) -> None:
    log.rows.append((log.rows[5][0], None))


def park_another_step(log: Log) -> None:
    log.rows.append(parked("company", WAITS, held=item(WAITS, 1)))


def show_nothing(log: Log) -> None:
    log.items.clear()


def show_another_step(log: Log) -> None:
    log.items = [encode(item(WAITS, 1))]


def show_a_later_step(log: Log) -> None:
    log.items.append(encode(item(WAITS, 3)))


def show_another_stage(log: Log) -> None:
    log.items.append(encode(item(WAITS, 2, stage="routing")))


def show_the_engaged(log: Log) -> None:
    log.items.append(encode(item(ENGAGED, 2)))


def double(log: Log) -> None:
    log.events.append(event(ENGAGED, "nurtured", 6, "nurtured", "engage"))


def lose_the_events(log: Log) -> None:
    log.events = [e for e in log.events if MOVES.encode() not in e]
    log.under_way.clear()


def appear_from_nowhere(log: Log) -> None:
    log.events.append(event("nobody", "engaged", 6, "engaged", "engage"))


@pytest.mark.parametrize(
    ("breaks", "fault", "about"),
    [
        (skip, Fault.SKIPPED, ident("new")),
        (skip_a_revision, Fault.SKIPPED, WAITS),
        (skip_poison, Fault.SKIPPED, derive("dead", f"{CAPTURED}/0@4")),
        (delete_unread, Fault.DELETED, f"{CAPTURED}/0"),
        (cut_the_end, Fault.CUT, f"{CAPTURED}/0"),
        (drop_the_record_under_way, Fault.LOST, MOVES),
        (lose_the_events, Fault.LOST, MOVES),
        (drop_the_put_off_row, Fault.LOST, PUT_OFF),
        (put_off_no_more, Fault.LOST, PUT_OFF),
        (drop_the_item, Fault.UNSHOWN, WAITS),
        (show_nothing, Fault.UNSHOWN, WAITS),
        (show_a_later_step, Fault.MOVED_ON, WAITS),
        (drop_the_parked_row, Fault.UNPARKED, WAITS),
        (park_another_step, Fault.UNPARKED, WAITS),
        (show_another_step, Fault.MOVED_ON, WAITS),
        (show_another_stage, Fault.MOVED_ON, WAITS),
        (show_the_engaged, Fault.MOVED_ON, ENGAGED),
        (double, Fault.DOUBLED, ENGAGED),
        (appear_from_nowhere, Fault.UNKNOWN, "nobody"),
    ],
)
def test_one_record_more_or_less_is_reported_by_name(
    breaks: Callable[[Log], None], fault: Fault, about: str
) -> None:
    log = Log()
    breaks(log)
    account = log.judge()
    assert not account.conserved
    assert {f: list(found.examples) for f, found in account.faults.items()} == {fault: [about]}
    assert about in account.broken[0]


def shorten(log: Log, begin: int) -> None:
    """Leadgate has deleted the first three captured records; the log begins at `begin`."""
    log.captured = [raw for raw in log.captured if raw.offset >= begin]
    log.begin[CAPTURED] = begin
    log.deletions = [Deletion(topic=CAPTURED, partition=0, first=0, before=3)]


@pytest.mark.parametrize("begin", [0, 2, 3])
def test_what_was_deleted_on_purpose_is_no_loss(begin: int) -> None:
    """A worker stores how far it deletes before it does, and may die in between."""
    log = Log()
    shorten(log, begin)
    account = log.judge()
    assert account.broken == []
    assert account.known == 5
    assert account.report()["deleted"] == {CAPTURED: 3}


def test_a_group_that_has_lost_its_offsets_has_read_what_was_deleted_on_purpose() -> None:
    log = Log()
    shorten(log, 3)
    del log.committed[CAPTURED]
    assert log.judge().broken == []
    log.begin[CAPTURED] = 4
    assert list(log.judge().faults) == [Fault.DELETED]


def test_what_others_have_deleted_is_told_from_what_was_meant() -> None:
    log = Log()
    shorten(log, 4)
    account = log.judge()
    assert list(account.faults) == [Fault.TRUNCATED]
    assert "up to 3" in account.broken[0]
    assert "1 records" in account.broken[0]
    log.begin[CAPTURED] = 6
    assert list(log.judge().faults) == [Fault.DELETED], "unread records are gone"


def test_a_lead_whose_record_was_deleted_is_still_missed() -> None:
    log = Log()
    shorten(log, 3)
    drop_the_record_under_way(log)
    assert list(log.judge().faults) == [Fault.LOST]


def test_a_lead_of_which_a_record_is_under_way_is_between_two_writes() -> None:
    """Its item and row may be a moment behind; the record may be a signal of the person alone."""
    log = Log()
    drop_the_item(log)
    drop_the_parked_row(log)
    log.under_way.append(Raw(VALIDATED, 8, encode(lead(WAITS, 3))))
    assert log.judge().broken == []
    log = Log()
    drop_the_item(log)
    heard = Signal(signal_id="s", kind="reply", at=1.0, source="apollo", person_key="key of waits")
    log.under_way.append(Raw(HEARD, 0, encode(heard)))
    assert list(log.judge().faults) == [Fault.UNSHOWN]
    log.events.append(
        event(WAITS, "unique", 1, "in_flight", "identity", record=lead(WAITS, 1, "key of waits"))
    )
    assert log.judge().broken == []


def test_a_lead_that_moved_to_another_partition_waits_there_whichever_is_read_first() -> None:
    log = Log()
    log.moved = [(8, log.rows[5])]
    drop_the_parked_row(log)
    assert log.judge().broken == []
    log.moved.append((8, (log.rows[5][0], None)))
    assert list(log.judge().faults) == [Fault.UNPARKED]


def test_a_lead_that_is_put_off_in_another_partition_is_under_way() -> None:
    log = Log()
    log.moved = [(8, log.rows[4])]
    drop_the_put_off_row(log)
    assert log.judge().broken == []


def test_an_older_item_that_is_written_again_shows_nobody() -> None:
    log = Log()
    log.items += [encode(item(ENGAGED, 4, kind=MOVED)), encode(item(ENGAGED, 3))]
    log.items += [encode(item(WAITS, 1, kind=MOVED)), encode(item(WAITS, 0, "intake"))]
    assert log.judge().broken == []


def test_a_repeat_that_changes_nothing_needs_no_event_of_its_own() -> None:
    log = Log()
    log.captured[4] = capture(4, "waits", title="VP ")
    log.rows.append(attempt(log.captured[4]))
    assert log.judge().broken == []


def test_bytes_that_come_again_after_another_revision_were_read_before() -> None:
    log = Log()
    first, second, again = (capture(at, "waits", title=t) for at, t in enumerate("ABA", start=4))
    log.captured[4:] = [first, second, again]
    log.committed[CAPTURED] = 7
    log.rows.append(attempt(second))
    assert log.judge().broken != []
    _, _, cause = subject_of(msgspec.json.decode(first.value, type=Captured), first)
    log.rows[-1] = attempt(second, cause)
    assert log.judge().broken == []


def test_what_no_stage_could_read_is_dead_and_that_of_other_topics_was_never_captured() -> None:
    log = Log()
    skip_poison(log)
    for topic, offset in ((CAPTURED, 4), (topics.SIGNALS.full, 9)):
        [said, _] = asyncio.run(
            dead_letter("intake", Raw(topic, offset, b"{"), "broken", UNSEALED)
        )
        log.events.append(said.value or b"")
    account = log.judge()
    assert account.broken == []
    assert account.count()["dead"] == 1


def test_a_source_record_that_was_unusable_once_is_where_its_better_revision_is() -> None:
    log = Log()
    again = capture(4, "waits", title="better")
    log.captured.append(again)
    log.rows.append(attempt(again))
    for where in (0, len(log.events)):
        log.events.insert(where, event(WAITS, "dead", 0, "dead", "intake"))
        log.events.append(event(WAITS, "variant", 2, "review", "company"))
    assert log.judge().broken == []
    first = Ledger()
    first.note_event(event("a", "dead", 0, "dead", "intake"))
    first.note_event(event("a", "invalid", 0, "review", "intake"))
    assert first.account().places == {"a": "review"}
    assert first.account().conserved


def test_events_that_move_nobody_move_nobody() -> None:
    ledger = Ledger()
    for one in (
        ("captured", 0, "in_flight"),
        ("held", 3, "held"),
        ("breached", 9, ""),
        ("late", 2, "engaged"),
    ):
        ledger.note_event(event("a", *one))
    assert ledger.account().places == {"a": "held"}


def test_many_of_a_fault_are_counted_and_some_are_named() -> None:
    log = Log()
    log.events += [event(f"stranger {n}", "engaged", 6, "engaged") for n in range(EXAMPLES + 5)]
    account = log.judge()
    assert account.report()["faults"]["unknown"]["count"] == EXAMPLES + 5
    assert len(account.broken) == EXAMPLES + 1
    assert account.broken[-1] == "unknown: 5 more"


def test_only_what_is_found_twice_is_a_fault() -> None:
    first, second = PlacementLedger(known=1), PlacementLedger(known=2)
    first.note(Fault.UNSHOWN, "a", "")
    first.note(Fault.LOST, "a", "")
    second.note(Fault.UNSHOWN, "b", "")
    second.note(Fault.LOST, "a", "")
    second.note(Fault.LOST, "b", "")
    both = first.confirmed_by(second)
    assert {fault: list(found.examples) for fault, found in both.faults.items()} == {
        Fault.LOST: ["a"]
    }
    assert both.known == 2


def test_inputs_of_any_shape_can_be_read() -> None:
    ledger = Ledger()
    for inputs in (
        None,
        {},
        {"where": "x"},
        {"record": {"source": "a"}},
        {"record": {"person_key": "p", "x": [1]}},
    ):
        ledger.note_event(
            msgspec.json.encode(
                msgspec.json.decode(event("a", "captured", 0, "in_flight")) | {"inputs": inputs}
            )
        )
    assert ledger.account().places == {"a": "in_flight"}
