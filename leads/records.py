"""The records that pass the gates.

Frozen, typed, encoded as JSON; personal data sits in `person` objects only.

Times are seconds since the epoch, UTC, as floats. Ids are strings.
"""

from enum import StrEnum
from typing import Any, ClassVar, Literal

import msgspec

from leads.keys import lead_id


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Anything that is written to a topic or a table.

    Records are trees, so the garbage collector needn't track them.
    """


class PersonalRecord(Record, frozen=True, kw_only=True):
    """A record with fields that name or reach a person, or may: `personal` names them.

    Wherever it is written they are blank, and `sealed` holds them under the key of the lead that
    they belong to (leads/sealing.py).
    """

    personal: ClassVar[tuple[str, ...]] = ()
    subject_field: ClassVar[str] = "lead_id"

    sealed: bytes = b""

    @property
    def data_subject(self) -> str:
        """The id of that lead, '' where the record is about none."""
        return str(getattr(self, self.subject_field))


class Place(StrEnum):
    """Where a lead is. Exactly one at every moment (promise P1)."""

    IN_FLIGHT = "in_flight"
    ENGAGED = "engaged"
    NURTURED = "nurtured"
    REVIEW = "review"  # a person must decide
    HELD = "held"  # it waits for an outside cause
    FALLBACK = "fallback"
    SUPPRESSED = "suppressed"
    MERGED = "merged"
    DEAD = "dead"
    UNDONE = "undone"  # its import was taken back
    ERASED = "erased"  # the person was erased
    NOWHERE = ""  # of events that move nobody


#: Where a lead waits for a person or an outside cause.
WAITING_PLACES = frozenset({Place.REVIEW, Place.HELD, Place.FALLBACK})
#: Where a lead has ended.
ENDED_PLACES = frozenset(
    {Place.SUPPRESSED, Place.MERGED, Place.DEAD, Place.UNDONE, Place.ERASED}
)


class Captured(PersonalRecord, frozen=True, kw_only=True):
    """One record as a source gave it: topic `captured`, keyed by `source` and `source_id`.

    `raw` is the vendor's object, whole: it is the record's `person` object in the sense of
    promise P8.
    """

    personal: ClassVar = ("raw", "custom")

    source: str
    source_id: str
    captured_at: float
    raw: dict[str, Any]
    # contact: Apollo's API object; csv: a row of its export; resubmitted: a lead that a person has
    # corrected; reject: nothing that can be used
    format: str = "contact"
    imported: str = ""
    lists: tuple[str, ...] = ()
    priority: str = "fresh"  # fresh or bulk
    sequences_read_at: float = 0.0
    # the account's own fields by their names, options by their labels; personal, as `raw` is
    custom: dict[str, Any] = {}
    intents: tuple["Intent", ...] = ()  # interest that the source reports beside the record
    # names one request to take the record in again, although nothing in it has changed
    reimport_id: str = ""

    @property
    def data_subject(self) -> str:
        """See PersonalRecord."""
        return lead_id(self.source, self.source_id)


class Person(Record, frozen=True, kw_only=True):
    """Who: everything that names or reaches a human being."""

    email: str = ""
    emails: tuple[str, ...] = ()
    email_status: str = ""
    first_name: str = ""
    last_name: str = ""
    title: str = ""
    phone: str = ""
    linkedin: str = ""
    city: str = ""
    state: str = ""
    country: str = ""
    # further CRM properties by their names, as the rules' mapping made them
    more: dict[str, Any] = {}

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


class Company(Record, frozen=True, kw_only=True):
    """The employer. `employees` is 0 and `industry` empty where no source says."""

    name: str = ""
    domain: str = ""
    industry: str = ""
    employees: int = 0
    country: str = ""
    state: str = ""
    parent: str = ""
    free_mail: bool = False
    # further CRM properties of the company, as the rules' mapping made them
    more: dict[str, Any] = {}


class Intent(Record, frozen=True, kw_only=True):
    """One sign of interest: kind is strength, score, list or visit."""

    kind: str
    value: str
    at: float


class Sequences(Record, frozen=True, kw_only=True):
    """What Apollo said of its own sequences for this person, and when it was read (0: never)."""

    state: str = "unknown"  # active, inactive or unknown
    read_at: float = 0.0
    names: tuple[str, ...] = ()


class CrmLink(Record, frozen=True, kw_only=True):
    """The CRM's side of the lead, as last read."""

    contact_id: str = ""
    company_id: str = ""
    owner_id: str = ""  # the owner found on it before we wrote
    lifecycle: str = ""
    existed: bool = False
    open_deal: bool = False


class Score(Record, frozen=True, kw_only=True):
    """Points of 100, the parts that gave them and the parts nobody could judge."""

    points: int
    parts: dict[str, int]
    missing: tuple[str, ...] = ()
    high_intent: str = ""  # the sign that makes it high intent, empty if none


class Route(Record, frozen=True, kw_only=True):
    """Who gets it and by which rule. kind: rep, existing or nurture."""

    kind: str
    owner_email: str = ""
    owner_id: str = ""
    rule: str = ""


class Enrolment(Record, frozen=True, kw_only=True):
    """The sequence that a lead is in, as it was entered: it is left by the same tool, whatever the
    rules say by then."""

    name: str
    tool: str  # list, cadence, apollo, hubspot or none
    target: str = ""  # a list's or cadence's name, a sequence's id
    leave: str = ""  # the list that a HubSpot sequence is left by


class Trigger(Record, frozen=True, kw_only=True):
    """The signal that a resting or waiting lead runs again for."""

    kind: str
    value: str = ""
    at: float = 0.0
    source: str = ""


class Lead(PersonalRecord, frozen=True, kw_only=True):
    """A lead between two gates."""

    personal: ClassVar = ("person", "unplaced_phone", "review_decisions")

    lead_id: str
    source: str
    source_id: str
    version: str
    step: int
    cause: str
    rules: str
    captured_at: float
    updated_at: float = 0.0  # by the source's own clock, 0 if it doesn't say
    person_key: str = ""  # of the person's first claimed address
    address_key: str = ""  # of the present address
    priority: str = "fresh"
    imported: str = ""
    lists: tuple[str, ...] = ()
    # keyed hashes of what names the person besides addresses: its Apollo person id, LinkedIn
    # profile, CRM id, phone; and which of them identity claims next, '' for the address
    contact_keys: tuple[str, ...] = ()
    claim_key: str = ""
    # the brand at which it is compared, '' where its company is looked at; whether it was compared
    # at that of the domain before; and where it is remembered since, as brand/person key
    brand_word: str = ""
    compared: bool = False
    remembered: tuple[str, ...] = ()
    asked_about: str = ""  # the lead that a question `variant` is about: the answer is for it alone
    apollo_id: str = ""
    apollo_person_id: str = ""  # of the person in Apollo's whole database
    seniority: str = ""
    function: str = ""  # what the position is about: sales, marketing, …
    person: Person = Person()
    company: Company = Company()
    intents: tuple[Intent, ...] = ()
    sequences: Sequences = Sequences()
    crm: CrmLink = CrmLink()
    score: Score | None = None
    route: Route | None = None
    owner_confirmed_at: float = 0.0
    # people's answers by what was asked (see ReviewItem.reason_kind), `route`, and what they have
    # set
    review_decisions: dict[str, str] = {}
    trigger: Trigger | None = None  # what set it going again after it had come to rest
    unknown_since: float = 0.0  # since when Apollo's sequence state could not be read
    engaged_at: float = 0.0
    nurtured_at: float = 0.0
    enrolled: Enrolment | None = None
    do_not_call: bool = False
    replied: bool = False  # it had answered a sequence of Apollo's before it came in
    # the CRM's id of the person as Apollo knows it: Apollo's own sync has written to the CRM
    source_crm_id: str = ""
    unplaced_phone: str = ""  # a number whose country no field says: to recognise the person
    released: bool = False  # live, whatever share of leads the rules make live
    # how often its owner was written again because another automation had changed it
    owner_rewrites: int = 0
    # of a merged lead, on its way to what the CRM write knows of the person: the lead that it was
    # merged into; `parted`: it was unmerged, and its values are withdrawn there
    merged_into: str = ""
    parted: bool = False

    @property
    def owner_id(self) -> str:
        """The CRM's id of the owner that its route names, '' without one."""
        return self.route.owner_id if self.route else ""

    @property
    def is_nurture(self) -> bool:
        """Whether its route is the nurture sequence."""
        return self.route is not None and self.route.kind == "nurture"

    @property
    def high_intent(self) -> str:
        """The sign that makes it high intent, '' if none does or it isn't scored yet."""
        return self.score.high_intent if self.score else ""


class Signal(Record, frozen=True, kw_only=True):
    """A fact about a person that comes after capture: topic `signals`, keyed by the person's key.

    kind: bounce, unsubscribe, do_not_contact, erased, reply, intent, sequence, owner, activity,
    deleted, updated; undone and released concern only the lead that `value` names; taken is a click
    on "I'm on it" by the Slack user in `value`; linked comes from identity: lead `value`, which had
    claimed the key, is that of the person whose key is `address_key`, and moved ends what is left
    of the lead under the key.
    """

    signal_id: str
    kind: str
    at: float
    source: str
    address_key: str = ""
    person_key: str = ""
    crm_id: str = ""
    value: str = ""  # of an intent: kind and value with a colon between them
    forwarded: bool = False
    # the one stage that it is for: it came when its lead was put off there, or not there yet
    only: str = ""
    # how often a stage has deferred it and sent it again, or sent it after an alias
    delivery: int = 0


class ReviewDecision(PersonalRecord, frozen=True, kw_only=True):
    """A person's decision: topic `review-decisions`, in the partition of the stage that asked."""

    personal: ClassVar = ("fields",)

    decision_id: str
    lead_id: str
    stage: str
    step: int
    action: str  # set, merge, separate, route, redrive, approve, suppress, undo, erase
    actor: str
    reason: str
    at: float
    fields: dict[str, str] = {}
    # how often the stage has deferred it and sent it again, each time under the lead's step then
    delivery: int = 0
    # what it answers (ReviewItem.reason_kind); '' answers what the lead waits for at that time
    asked: str = ""
    # the version of the rules that decides on the lead from here on; '' leaves it its own
    rules: str = ""


class Fingerprint(PersonalRecord, frozen=True, kw_only=True):
    """What is remembered of a person, to recognise another record of the same one.

    Names and title are as the source spells them; those of before version 2 of the company gate are
    in lower case, and the rest is empty."""

    personal: ClassVar = (
        "first_name",
        "last_name",
        "title",
        "email",
        "linkedin",
        "phone",
        "person_id",
        "crm_id",
        "city",
        "country",
    )

    lead_id: str
    person_key: str
    first_name: str
    last_name: str
    title: str
    email: str = ""
    seniority: str = ""
    function: str = ""
    company: str = ""
    domain: str = ""
    linkedin: str = ""
    phone: str = ""
    person_id: str = ""  # Apollo's, of the person rather than of the account's contact
    crm_id: str = ""
    city: str = ""
    country: str = ""
    # leads and persons that it is not, as people have said: by id, and by person key
    apart: tuple[str, ...] = ()


class SlaTick(Record, frozen=True, kw_only=True):
    """A message to the SLA stage, keyed by the person's key.

    Topic `clocks`: intent (the lead has shown it), start (its rep has it, the clock runs), taken (a
    rep has it, and no clock is needed), ended (the lead is no longer this person's, or was taken
    back). Topic `sla-ticks`: due and assign_by (a limit has passed).
    """

    tick_id: str
    kind: str
    person_key: str
    at: float
    lead: Lead | None = None


class SlaOutcome(Record, frozen=True, kw_only=True):
    """What became of a clock: topic `sla-outcomes`, keyed by the team.

    `clock_id` names the lead and when its clock started. Met is a clock in time only; one that is
    met after its breach stays breached. `shadow`: it was decided while effects were not live.
    """

    outcome_id: str
    kind: Literal["opened", "met", "breached", "withdrawn"]
    team: str
    clock_id: str
    deadline: float
    shadow: bool = False


class IdentityLink(Record, frozen=True, kw_only=True):
    """A fact for identity: this address belongs to that person.

    Topic `links`, keyed by `address_key`.
    """

    link_id: str
    address_key: str
    person_key: str
    crm_id: str = ""
    ended: str = ""  # the lead whose claim has ended, so that another lead may take it over
    # where the link brings a contact key to a person: that person's lead
    lead_id: str = ""
    from_lead: str = ""  # the lead that had claimed the key, and goes on or ends elsewhere
    fingerprint: Fingerprint | None = None  # of the record that had the key
    # at which the claim of `ended` ended, or at which `lead_id` had claimed its person
    step: int = 0
    forgotten: str = ""  # the person whom the company's brand `address_key` forgets


class CrmRecord(Record, frozen=True, kw_only=True):
    """What the CRM already holds: topic `crm.records`, keyed by an address key or a domain key.

    kind: contact, company, or complete (the snapshot's end marker, one a partition).
    """

    kind: str
    key: str
    crm_id: str = ""
    person_key: str = ""
    name: str = ""
    parent: str = ""  # of a company: the name of the one above it
    # ids of further companies of its domain, as far as sync-crm keeps them for its report
    others: tuple[str, ...] = ()


class Reason(Record, frozen=True, kw_only=True):
    """One rule looked at, and whether it decided."""

    rule: str
    decisive: bool
    why: str


class Change(Record, frozen=True, kw_only=True):
    """What a write set on a CRM contact, by the CRM's own names, and what stood there before; null
    where nothing did."""

    contact_id: str
    wrote: dict[str, Any]
    before: dict[str, Any]


class KnownValues(PersonalRecord, frozen=True, kw_only=True):
    """What one record says of its person (leads/survivorship.py compares it with others').

    `at` is when the record was last changed, by its source; 0 where a file doesn't say.
    """

    personal: ClassVar = ("person", "wrote", "before")

    lead_id: str
    version: str
    source: str
    at: float
    captured_at: float
    person: Person
    address_key: str = ""
    company: str = ""
    domain: str = ""
    seniority: str = ""
    function: str = ""
    do_not_call: bool = False
    set_by_people: tuple[str, ...] = ()  # fields whose value a person has set
    email_verified: bool = False  # by the rules, or by a person's word
    # of a merged record: what its write has set on the contact, by the CRM's names, and what stood
    # there before
    wrote: dict[str, Any] = {}
    before: dict[str, Any] = {}


class PersonValues(PersonalRecord, frozen=True, kw_only=True):
    """CRM write: what the records of one person say, under the person's key.

    `own` is of the lead that goes on, as the contact `contact_id` was last written for it ('' if
    none was); `merged` of the records merged into it whose values were compared; `waiting` are
    merged leads whose values could not be written yet. `ours` holds the contact's properties as
    Leadgate wrote them last, by the CRM's names: one that shows another value is the CRM's own.
    """

    personal: ClassVar = ("ours",)

    own: KnownValues | None = None
    contact_id: str = ""
    merged: tuple[KnownValues, ...] = ()
    waiting: tuple[Lead, ...] = ()
    ours: dict[str, Any] = {}

    @property
    def data_subject(self) -> str:
        """See PersonalRecord."""
        return self.own.lead_id if self.own is not None else ""


class AuditPerson(Person, frozen=True, kw_only=True):
    """An event's `person` object: all that is personal in it.

    A Person is one whose contact the event did not change. `known` is what the stage had read of
    the person's other records.
    """

    changes: tuple[Change, ...] = ()
    known: PersonValues | None = None


#: The version of the audit's format. Fields and kinds may be added within a version
#: (docs/design/compatibility.md).
AUDIT_FORMAT = 1


class Audit(PersonalRecord, frozen=True, kw_only=True):
    """One event of a lead's story: topic `audit`, keyed by its own `id` (promise P8).

    `schema` is the version of its format; an event without the field is of version 1. Whoever
    writes another version names it: the default is what old events mean.
    """

    personal: ClassVar = ("person", "details")
    subject_field: ClassVar = "lead"

    id: str
    lead: str
    stage: str
    kind: str
    step: int
    place: str
    at: float
    actor: str
    cause: str
    rules: str
    inputs: Any
    trace: tuple[Reason, ...] = ()
    outcome: Any = None
    person: AuditPerson | None = None
    schema: int = 1
    # effects were not live for this lead when it was decided: what it calls for was not done
    shadow: bool = False
    # the version of the gate's logic that decided (Gate.logic); recompute judges only its own
    logic: int = 1
    # what belongs to the outcome and may name the person: see audit_kinds.outcomes.Details
    details: dict[str, Any] = {}


class ReviewItem(PersonalRecord, frozen=True, kw_only=True):
    """What people are asked of a lead: topic `review-queue`, keyed by lead id and stage, since each
    stage knows only of its own waits.

    The record with the highest step says whether a lead waits (`review_items.py`): a replay may
    write an older one again.
    """

    personal: ClassVar = ("person",)

    lead_id: str
    kind: str  # review, held or fallback; moved: from this step on it waits no longer
    stage: str
    partition: int  # of the stage that asked: the decision goes back there
    step: int
    since: float
    reasons: tuple[Reason, ...] = ()
    person: Person = Person()
    company: Company = Company()
    reason_kind: str = ""  # the kind of the decision that let it wait: invalid, variant, unrouted …
    asked_about: str = ""  # the lead that it may be one person with, '' if none is known


class Alert(PersonalRecord, frozen=True, kw_only=True):
    """Something a human should see: topic `alerts`, keyed by channel. kind: notice, escalation,
    ops."""

    personal: ClassVar = ("text",)

    alert_id: str
    kind: str
    to: str  # an e-mail address, or a channel name behind '#'
    text: str
    at: float
    lead_id: str = ""
    # of a notice whose clock runs: the rep is offered a button that says who has taken it
    person_key: str = ""
    shadow: bool = False  # about a lead whose effects are not live: said to have been sent


def lead_in(record: Any) -> Lead | None:
    """The lead that a record is, or that it is about; None for another record."""
    return record if isinstance(record, Lead) else getattr(record, "lead", None)


def encode(record: Record) -> bytes:
    """JSON bytes, the same for the same record."""
    return _ENCODER.encode(record)


_ENCODER = msgspec.json.Encoder(order="deterministic")


def to_plain(record: Any) -> Any:
    """A record as JSON's own types."""
    return msgspec.to_builtins(record)
