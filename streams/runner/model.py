"""What one stage is, and the records of one task's way through the stage runner."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
from msgspec.structs import replace

from leads import topics
from leads.decision import Decision, Gate, NeedsEffects, Parked
from leads.effect_results import EffectResult
from leads.effects import Effect
from leads.hiding import hide_person
from leads.records import (
    Alert,
    CrmRecord,
    IdentityLink,
    Lead,
    Record,
    ReviewDecision,
    Signal,
    SlaTick,
    lead_in,
)
from leads.sealing import Sealing
from leads.table_rows import NOTHING, Attempt, Deferred, WaitingRow, Woken
from streams.runner.outgoing import OutgoingRecord
from tables import schema
from tables.state import BatchView, Table

StageState = Any
_OF_A_PERSON = (Signal, SlaTick)
#: The encoded state of a stage whose rows could not be read, or were not, since the key of who it
#: is about is destroyed.
UNREAD = msgspec.Raw(b"null")
Reader = Callable[[Any, BatchView], StageState]


@dataclass(frozen=True)
class Stage:
    """What one stage is: its gate, its topics, what it reads, and which tables its decisions
    change."""

    gate: Gate
    inputs: dict[topics.Topic, type[Record]]
    load_state: Reader
    state_type: type[Any]
    retry_topic: topics.Topic  # where a lead comes back to when its wait ends
    writes: tuple[Table[Any], ...] = ()  # the tables that its decisions change
    # leads of one value are never at work side by side; '' is free
    serialize_by: Callable[[Lead], str] | None = None
    wakes_on_signal: bool = False  # signals wake what waits here, by person key
    # whether a signal is for the lead of another key: the gate decides where it goes
    follows_alias: Callable[[Signal, BatchView], bool] | None = None
    # the id of the lead that is on its way here, '' for none
    lead_on_its_way: Callable[[Signal, BatchView], str] | None = None

    @cached_property
    def name(self) -> str:
        """The gate's name, under which rows and events are filed."""
        return self.gate.name

    @cached_property
    def tables(self) -> dict[str, Table[Any]]:
        """The tables that a `TableWrite` of its gate may name."""
        return {table.name: table for table in self.writes}

    @cached_property
    def attempts(self) -> Table[Attempt]:
        """See tables/schema.py, as for the next four."""
        return schema.attempts(self.name)

    @cached_property
    def parked(self) -> Table[Parked]:
        """What waits under this stage."""
        return schema.parked(self.name)

    @cached_property
    def waiting(self) -> Table[WaitingRow]:
        """Which lead waits under this stage, by person."""
        return schema.waiting(self.name)

    @cached_property
    def deferred(self) -> Table[Deferred]:
        """What came for a lead that could not take it up yet."""
        return schema.deferred(self.name)

    @cached_property
    def woken(self) -> Table[Woken]:
        """What signals and decisions did here."""
        return schema.woken(self.name)

    def keys_of(self, record: Any) -> tuple[str, ...]:
        """The keys of a record's rows: records that share one are worked one after the other."""
        if isinstance(record, Lead):
            if self.serialize_by is not None and (own := self.serialize_by(record)):
                return (record.lead_id, record.person_key, own)
            return (record.lead_id, record.person_key)
        if isinstance(record, Alert):
            return (record.alert_id,)
        if isinstance(record, ReviewDecision):
            return (record.lead_id,)
        if isinstance(record, CrmRecord):
            return (record.key,)
        if isinstance(record, IdentityLink):
            return (record.address_key,)
        if isinstance(record, _OF_A_PERSON):
            return (record.person_key,)
        return ()


class DecodedRecord(msgspec.Struct, frozen=True):
    """A decoded record and what it was decoded from."""

    decoded: Any
    raw: Any

    @property
    def at(self) -> str:
        """The record's place in the log."""
        return f"{self.raw.topic}/{self.raw.partition}@{self.raw.offset}"

    def is_before(self, place: str) -> bool:
        """Whether it lies in the same partition as another record, and earlier."""
        partition, _, offset = place.rpartition("@")
        return partition == f"{self.raw.topic}/{self.raw.partition}" and self.raw.offset < int(
            offset
        )


class StageTask(msgspec.Struct, eq=False):
    """One record on its way through a run.

    A Struct, since its thirty fields are set for each record.
    """

    record: Any
    at: str
    partition: int
    row_key: str
    step: int
    cause: str
    rules: str
    now: float
    state: StageState = None
    # once for each time that the record is taken up: what it waits for between two effects is short
    has_state: bool = False
    results: dict[str, EffectResult] = msgspec.field(default_factory=dict)
    started: dict[str, float] = msgspec.field(default_factory=dict)
    begun: set[str] = msgspec.field(default_factory=set)
    answer: Decision | NeedsEffects | None = None
    replay: bool = False
    postponed: float = 0.0
    was_waiting: bool = False
    review_decision: ReviewDecision | None = None
    # which of `done` only read: they are made again after a wait
    reads: set[str] = msgspec.field(default_factory=set)
    released: Deferred = NOTHING
    failed: str = ""
    shadow: bool = False
    earlier: tuple[str, ...] = ()  # see Attempt
    unchanged: bool = False  # see Attempt.unchanged
    lead_id: str = ""  # of a replay: the lead that was decided on
    audits: list[OutgoingRecord] = msgspec.field(default_factory=list)
    outputs: list[OutgoingRecord] = msgspec.field(default_factory=list)
    # where the record came from, and under which key: a put-off one that is no lead comes again
    # there
    topic: str = ""
    key: bytes = b""
    since: float = 0.0  # when this stage first took up the record
    taken_up: bool = False  # an earlier attempt was put off or cut off
    # what lay under this stage of the decision's lead, and what lies there now
    before: Parked | None = None
    parked: Parked | None = None
    was_put_off: bool = False  # it is put off no longer
    # something was deferred for the lead: `released` of it goes out, `stays` stays
    had_deferred: bool = False
    stays: Deferred = NOTHING
    # `seen` as the row and the audit hold it;
    # null where reading failed: an empty Raw is no JSON
    encoded_state: msgspec.Raw = UNREAD

    def keep_state(self, seen: StageState, sealing: Sealing) -> None:
        """Go on from this reading of the stage's rows."""
        self.state, self.has_state = seen, True
        self.encoded_state = msgspec.Raw(sealing.encode(seen))

    def take_up(self, attempt: Attempt, seen: type[Any], sealing: Sealing) -> None:
        """Go on from the row: a replay gives the same decision, an unfinished attempt keeps the
        results of effects that change something."""
        self.rules, self.results, self.started = (
            attempt.rules,
            dict(attempt.done),
            dict(attempt.started),
        )
        self.begun = set(attempt.begun)
        self.review_decision, self.since = attempt.review_decision, attempt.since
        self.earlier = attempt.earlier
        self.taken_up, self.replay = True, attempt.closed
        if attempt.closed:
            self.now, self.was_waiting = attempt.now, attempt.waited
            self.released, self.failed, self.shadow = (
                attempt.released,
                attempt.failed,
                attempt.shadow,
            )
            self.unchanged, self.lead_id = attempt.unchanged, attempt.lead_id
            self.encoded_state = attempt.seen
            if not attempt.failed and bytes(attempt.seen) != bytes(UNREAD):
                self.state = sealing.open(msgspec.json.decode(attempt.seen, type=seen))


def _hide_person(result: EffectResult, record: Any) -> EffectResult:
    """The result, its reason without the person's name and addresses, which a vendor may quote."""
    lead = lead_in(record)
    if not result.reason or lead is None:
        return result
    return replace(result, reason=hide_person(result.reason, lead.person))


class EffectCall(msgspec.Struct, frozen=True):
    """One effect of a task on its way.

    `begun` is when an earlier attempt at an effect that is made once began, None if there was none;
    `was_begun` says so of any effect that a person may receive.
    """

    job: StageTask
    name: str
    effect: Effect
    started: float
    begun: float | None
    was_begun: bool

    def note(self, result: EffectResult) -> None:
        """Store the result, or put the job off; a call that surely left nothing behind counts as
        not begun by this attempt."""
        if not result.retry_after:
            self.job.results[self.name] = _hide_person(result, self.job.record)
            if self.effect.reads:
                self.job.reads.add(self.name)
            return
        self.job.postponed = max(self.job.postponed, result.retry_after)
        if result.not_sent and not self.was_begun:
            self.job.begun.discard(self.name)
        if result.not_sent and self.begun is None:
            self.job.started.pop(self.name, None)
        elif result.not_sent and self.begun is not None:
            self.job.started[self.name] = self.begun
