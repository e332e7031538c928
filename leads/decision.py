"""What a gate answers: either effects that must be made first, or a decision.

A gate is a pure function `decide(record, seen, done, rules, now)`. `seen` is what it read from
state, `done` the results of its effects so far. While `done` lacks the result of an effect, the
gate answers with that effect; when it has all of them, with the decision. So the same function
serves the live stream, a replay from the stored row, recomputation and the property tests.
"""

from enum import StrEnum
from typing import Any, Protocol

from leads.effect_results import EffectResult
from leads.effects import Effect
from leads.records import Alert, Lead, Place, Reason, Record, ReviewItem
from leads.rules import Rules


class TableWrite(Record, frozen=True, kw_only=True):
    """A change of one row of the stage's own tables; a null value deletes it."""

    table: str
    key: str
    value: Any


class OutputRecord(Record, frozen=True, kw_only=True):
    """A record for another topic."""

    topic: str
    key: str
    record: Any


class AuditNote(Record, frozen=True, kw_only=True):
    """One more audit event beside the decision's own (a notice sent, an enrolment), that moves
    nobody."""

    kind: str
    outcome: dict[str, Any] = {}
    place: str = ""
    details: dict[str, Any] = {}  # of the outcome, what may name the person


class WaitReason(StrEnum):
    """Whether a lead stays under the stage that decided, and for what."""

    NO = ""
    REVIEW = "review"  # a person must decide: it is shown in the review queue
    HELD = "held"  # an outside cause must end: it is shown in the review queue
    # the CRM would not take it: a person re-drives it, and it is shown in the review queue
    FALLBACK = "fallback"
    REST = "rest"  # it has arrived; a signal about the person resumes it


class Decision(Record, frozen=True, kw_only=True):
    """A gate's answer, complete. The stage runner writes it, then sends what it holds."""

    kind: str
    place: Place
    trace: tuple[Reason, ...] = ()
    # the lead as the decision leaves it; None for records that are about no lead
    lead: Lead | None = None
    outputs: tuple[OutputRecord, ...] = ()
    puts: tuple[TableWrite, ...] = ()
    notes: tuple[AuditNote, ...] = ()
    alerts: tuple[Alert, ...] = ()
    outcome: dict[str, Any] = {}
    details: dict[str, Any] = {}  # of the outcome, what may name the person
    wait: WaitReason = WaitReason.NO
    wakes: tuple[str, ...] = ()  # kinds of signals that end the wait
    until: float = 0.0  # when the stage looks again by itself, 0 for never
    asked_about: str = ""  # the lead that people are asked to compare this one with
    # the leads whose keys are destroyed once all of this is sent
    erases: tuple[str, ...] = ()
    silent: bool = False  # a step between two events: it writes none of its own


class NeedsEffects(Record, frozen=True, kw_only=True):
    """Effects without whose results nothing can be decided."""

    effects: dict[str, Effect]
    lead: Lead | None = None  # whose effects they are, where the decided record is no lead


class Gate(Protocol):
    """One stage's pure part."""

    name: str
    #: The version of `decide`. It rises with a change after which an old event may be decided
    #: otherwise: recompute then counts the old version's events apart (promise P6). A worker goes
    #: on from the attempts of another version as `streams/runner/attempts.py` (`check_logic`) says.
    logic: int

    def decide(
        self, record: Any, seen: Any, done: dict[str, EffectResult], rules: Rules, now: float
    ) -> Decision | NeedsEffects:
        """Answer for one record.

        No clock, no I/O, no randomness: the same arguments give the same bytes.
        """
        ...


class Parked(Record, frozen=True, kw_only=True):
    """A record that stays under a stage, with all that is needed to go on: a lead, or another
    record put off.

    A put-off one comes again as it is at `until`. What the stage held of the lead before
    (`rested`, `held`, `wakes`) stays in force meanwhile.
    """

    subject: str
    lead: Lead | None = None
    # the JSON of a record that is no lead, which comes again on `topic`, keyed by `key`
    other: str = ""
    topic: str = ""
    key: str = ""
    held: ReviewItem | None = None
    wakes: tuple[str, ...] = ()
    until: float = 0.0
    put_off: bool = False
    rested: Lead | None = None  # of a put-off lead: as it lay here before

    @property
    def waiting(self) -> Lead | None:
        """The lead as the stage last decided on it, whether or not a further record of it is put
        off."""
        return self.rested if self.put_off else self.lead
