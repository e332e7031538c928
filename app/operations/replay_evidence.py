"""Which records of a replay are decided by the state, undecided or left out.

The stages' rows are read from the changelog, as the workers restore them. A record with a closed
row of its own is decided, and runs again without a call. Left out are records that a stage would
drop (a copy, a record older than its lead's row), records that another version of the stage's logic
has decided (it can't be repeated what that sent), and records that ended a lead's wait: the review
item and the later gates have taken them into account already, and the lead may have gone on since.
Left out is also an order that this site has not signed: it was refused, or obeyed by a release that
didn't sign yet.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from leads.orders import is_order
from leads.records import Record, ReviewDecision, Signal
from leads.signatures import SignatureError, Signatures
from leads.topics import Topic
from leads.waits import WAKING
from streams.runner.audit_events import subject_of
from streams.runner.decoding import refusal
from streams.runner.model import Stage
from streams.runner.waking import mark_of


class Spot(NamedTuple):
    """A record's place in the topic."""

    partition: int
    offset: int


class _Claim(NamedTuple):
    """One stage's part in a record."""

    stage: str
    spot: Spot
    step: int = 0
    cause: str = ""
    at: str = ""
    logic: int = 0


class _Step(msgspec.Struct):
    step: int


class _Lead(msgspec.Struct):
    """Shows only that a row has a lead."""


class _Row(msgspec.Struct):
    """The fields that are read of a row: of an attempt, of a mark, or of a parked lead."""

    step: int = 0
    cause: str = ""
    closed: bool = False
    waited: bool = False
    at: str = ""
    earlier: tuple[str, ...] = ()
    logic: int = 0
    lead: _Lead | None = None
    held: _Step | None = None


@dataclass(slots=True)
class Evidence:
    """The records of one topic's range, and what the stages' rows show of them."""

    stages: Iterable[Stage]
    signatures: Signatures
    left_out: set[Spot] = field(default_factory=set)
    _open: set[_Claim] = field(default_factory=set)
    _marked: set[_Claim] = field(default_factory=set)
    _attempts: dict[bytes, list[_Claim]] = field(default_factory=dict)
    _marks: dict[bytes, list[_Claim]] = field(default_factory=dict)
    _asked: dict[bytes, list[_Claim]] = field(default_factory=dict)

    @property
    def undecided(self) -> list[Spot]:
        """The records that at least one stage would decide now, in order."""
        return sorted({claim.spot for claim in self._open})

    def expect(self, raw: Any) -> None:
        """Note a record of the range. One that can't be decoded only becomes a dead letter
        again."""
        for stage in self.stages:
            for topic, kind in stage.inputs.items():
                if topic.full == raw.topic and not (topic.public and refusal(raw.value or b"")):
                    self._expect_at(stage, topic, kind, raw)

    def _expect_at(self, stage: Stage, topic: Topic, kind: type[Any], raw: Any) -> None:
        try:
            record = msgspec.json.decode(raw.value or b"", type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        spot = Spot(raw.partition, raw.offset)
        if self._is_refused(topic, record, raw):
            self.left_out.add(spot)
        elif isinstance(record, ReviewDecision):
            self._expect_review_decision(stage, record, spot)
        elif isinstance(record, Signal) and record.only not in {"", stage.name}:
            return
        elif isinstance(record, Signal) and stage.wakes_on_signal:
            if record.kind in WAKING:
                claim = _Claim(stage.name, spot)
                self._expect_mark(stage, mark_of(record.signal_id, record.delivery), claim)
                self._open.add(claim)
        else:
            subject, step, cause = subject_of(record, raw)
            at = f"{raw.topic}/{raw.partition}@{raw.offset}"
            claim = _Claim(stage.name, spot, step, cause, at, stage.gate.logic)
            self._attempts.setdefault(stage.attempts.key(subject), []).append(claim)
            self._open.add(claim)

    def _is_refused(self, topic: Topic, record: Record, raw: Any) -> bool:
        if not is_order(topic, record):
            return False
        try:
            self.signatures.number_of(topic.full, raw.key, raw.value, raw.headers)
        except SignatureError:
            return True
        return False

    def _expect_review_decision(
        self, stage: Stage, review_decision: ReviewDecision, spot: Spot
    ) -> None:
        """A decision without a mark came too late, unless the lead waits at the step it names."""
        if review_decision.stage == stage.name:
            claim = _Claim(stage.name, spot, review_decision.step)
            self._expect_mark(
                stage, mark_of(review_decision.decision_id, review_decision.delivery), claim
            )
            self._asked.setdefault(stage.parked.key(review_decision.lead_id), []).append(claim)

    def _expect_mark(self, stage: Stage, mark: str, claim: _Claim) -> None:
        key = stage.woken.key(mark)
        self._marks.setdefault(key, []).append(claim)

    def note_row(self, partition: int, key: bytes, value: bytes | None) -> None:
        """Note a row of the changelog, in the order of its partition.

        A record is decided in the state of its own partition; a lead that moves to another person's
        leaves a row of the same key there.
        """
        if claims := _in(partition, self._attempts.get(key)):
            self._note_attempt(claims, _decode(value))
        elif claims := _in(partition, self._marks.get(key)):
            self._note_mark(claims, _decode(value))
        elif claims := _in(partition, self._asked.get(key)):
            self._note_asked(claims, _decode(value))

    def _note_attempt(self, claims: list[_Claim], row: _Row) -> None:
        for claim in claims:
            decided = row.closed and row.cause == claim.cause
            older = claim.cause in row.earlier or (
                row.cause != claim.cause and row.step >= claim.step
            )
            if decided or older:
                self._open.discard(claim)
            otherwise = row.waited or row.at != claim.at or row.logic not in {0, claim.logic}
            if older or (decided and otherwise):
                self.left_out.add(claim.spot)

    def _note_mark(self, claims: list[_Claim], row: _Row) -> None:
        self._open.difference_update(claims)
        self._marked.update(claims)
        if row.lead is not None:
            self.left_out.update(claim.spot for claim in claims)

    def _note_asked(self, claims: list[_Claim], row: _Row) -> None:
        for claim in claims:
            self._open.discard(claim)
            if row.held is not None and row.held.step == claim.step and claim not in self._marked:
                self._open.add(claim)


def _in(partition: int, claims: list[_Claim] | None) -> list[_Claim]:
    """Those of the claims whose records lie in a partition."""
    return [claim for claim in claims or () if claim.spot.partition == partition]


def _decode(value: bytes | None) -> _Row:
    """A row; one at step -1 if it was deleted."""
    if value is None:
        return _Row(step=-1)
    return _ROW.decode(value)


_ROW = msgspec.json.Decoder(_Row)
