"""What the stages remember: the records of their rows. Each kind has one writing stage."""

from typing import ClassVar

import msgspec

from leads.effect_results import EffectResult
from leads.records import (
    Company,
    Fingerprint,
    Lead,
    PersonalRecord,
    Record,
    ReviewDecision,
    Signal,
)


class Deferred(Record, frozen=True, kw_only=True):
    """What came for a lead that a stage could not take it up for: the lead was put off, or is still
    on its way here.

    Kept in the order in which it came, by lead id; each signal with the time at which it was
    kept.
    """

    signals: tuple[tuple[float, Signal], ...] = ()
    review_decisions: tuple[ReviewDecision, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.signals or self.review_decisions)


NOTHING = Deferred()


class Woken(Record, frozen=True, kw_only=True):
    """What a signal or a review decision did when a stage first read it: the lead as it went on,
    None for nothing. `elsewhere`: the signal went after its lead to another person's key.

    A replay of the record does the same again, whatever waits by then (promise P7).
    """

    lead: Lead | None = None
    elsewhere: bool = False


class WaitingRow(Record, frozen=True, kw_only=True):
    """Which lead of a person lies under a stage."""

    lead_id: str


class Attempt(PersonalRecord, frozen=True, kw_only=True):
    """How far a stage got with a record: written before anything leaves, so that it decides once
    (docs/design/interleavings.md 1).

    Once closed, `seen`, `done` and `now` are what the decision was made from; with the record
    itself and the rules' version they give the same decision again, byte for byte. Until then
    only `started` and what effects have changed outside counts: what was read is read again.
    """

    personal: ClassVar = ("done", "failed")

    step: int
    cause: str
    now: float
    since: float  # when the stage first took the record up
    rules: str
    seen: msgspec.Raw  # the stage's own `seen`, encoded
    done: dict[str, EffectResult]
    started: dict[str, float] = {}
    # effects that reach somebody and may have been made, known only once they are in `done`
    begun: tuple[str, ...] = ()
    closed: bool = False
    # it was in the review queue before, which must be updated now that it moves on
    waited: bool = False
    # the record's place in the log: only the same place is a replay, another is a copy
    at: str = ""
    review_decision: ReviewDecision | None = None  # the person's decision that set the lead going
    released: Deferred = NOTHING  # what had been deferred, and is sent again with this decision
    failed: str = ""  # the gate could not decide, for this reason
    shadow: bool = False  # effects were not live when it was decided
    lead_id: str = ""  # the lead that was decided on, '' for another record
    # of a captured record: the causes of those of its source record that came before it, the
    # latest last. Their bytes are no news when they come again
    earlier: tuple[str, ...] = ()
    logic: int = 0  # the version of the gate's logic (Gate.logic); 0 in rows that don't say
    # a look that found nothing new (promise P8): no event tells it, and the lead stays
    # parked at the step before
    unchanged: bool = False

    def gives_way(self, step: int, due_at: float | None) -> bool:
        """Whether another record of its step may still be decided: what ends the wait (`due_at` is
        None), or a look that was due later."""
        if not self.unchanged or self.step != step:
            return False
        return due_at is None or due_at > self.now


class SourceRow(Record, frozen=True, kw_only=True):
    """Intake: one record of a source, as last seen."""

    lead_id: str
    version: str
    revision: int
    address_key: str
    person_key: str
    company_domain: str
    sequence: str = ""
    # by the source's own clock, of the newest revision; 0 from a source that doesn't say
    updated_at: float = 0.0
    # leads and persons that it is kept apart from, in its further revisions, too
    apart: tuple[str, ...] = ()


class PersonRow(Record, frozen=True, kw_only=True):
    """Identity: who an address belongs to. An alias points to the person's first key.

    status: waiting (claimed by `lead_id`; it stays so after that lead has arrived), crm (known from
    the CRM only), ended (the claim may be taken over).
    """

    person_key: str
    lead_id: str = ""
    status: str = "waiting"
    crm_id: str = ""
    # of the lead that has claimed it, to see whether another lead's person is the same
    fingerprint: Fingerprint | None = None
    # at which the lead claimed it, or its person where a merge has brought it a contact key: an
    # end that is older does not concern the claim
    step: int = 0


class ContactRow(Record, frozen=True, kw_only=True):
    """CRM write: which contact a person is, under the person's key. Identity reads it."""

    crm_id: str


class CompanyRow(Record, frozen=True, kw_only=True):
    """Company: one domain."""

    name: str
    # its people as they were remembered before version 2 of the gate, which has a row for each
    people: tuple[Fingerprint, ...] = ()
    facts: Company | None = None
    facts_at: float = 0.0
    separate: tuple[str, ...] = ()  # domains and parents that a person declared unrelated
    parent: str = ""  # whose subsidiary it is, as the CRM's snapshot says


class BlockRow(Record, frozen=True, kw_only=True):
    """Company: the people of a brand who share a block (leads/matching/blocking.py), by their keys,
    the latest last."""

    people: tuple[str, ...] = ()


class BrandRow(Record, frozen=True, kw_only=True):
    """Company: the domains that share a brand stem, with their companies' names."""

    domains: dict[str, str]


class Suppression(Record, frozen=True, kw_only=True):
    """Signals: why an address, or its person, must not be written to."""

    kind: str
    at: float
    source: str
    whole_person: bool


class SlaClock(Record, frozen=True, kw_only=True):
    """SLA: a person's clock. Times are 0 while they haven't come.

    `deadline` belongs to the owner's two hours, `assign_by` to the half hour in which a lead must
    reach a rep.
    """

    lead: Lead
    started: float = 0.0
    deadline: float = 0.0
    satisfied_at: float = 0.0
    breached_at: float = 0.0
    assign_by: float = 0.0
    alerted_at: float = 0.0
    # of the owner, by the rules under which the clock was started
    team: str = ""
    # there is no clock: `lead` is another person's by now, or was taken back. What it said up to
    # that step starts none
    ended: bool = False


class SlaWindow(Record, frozen=True, kw_only=True):
    """SLA windows: the clocks of one team whose deadlines lie in one hour, by their ids.

    A clock that is opened and nothing else still runs, or its person was suppressed meanwhile.
    """

    opened: tuple[str, ...] = ()
    met: tuple[str, ...] = ()
    breached: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()


class SlaWindowSpan(Record, frozen=True, kw_only=True):
    """SLA windows: the first and the last window that a team may have, by when they begin."""

    first: int
    last: int
