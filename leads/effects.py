"""Every call that a gate may ask for, and every result that a gate may read: one record each.

An effect's id is derived from lead, stage, name and cause, never from its target
(docs/design/interleavings.md 1). Three class attributes say what a call is:
- `reads`: it changes nothing outside;
- `once`: it leaves something behind each time it is made (a task, a message), so that it is
  noted as begun before it leaves and never repeated without a look. Every other effect is
  harmless twice, by a key of its own in the vendor's system;
- `guarded`: it reaches the person or the rep, so that it is never made after a suppression was
  acknowledged (promise P4).
"""

from typing import Any, ClassVar, TypeAlias

from leads.records import Lead, Record

#: How the id of a contact begins that only a shadow run has made.
SHADOW = "shadow:"


class _Effect(Record, frozen=True, kw_only=True):
    """One call. `name` is the vendor and the call, as metrics and alerts show them."""

    name: ClassVar[str]
    reads: ClassVar[bool] = False
    once: ClassVar[bool] = False
    guarded: ClassVar[bool] = False


class UpsertContact(_Effect, frozen=True, kw_only=True):
    """The lead's contact and company in the CRM. Answers `ContactWritten`.

    `overwrite` and `company_overwrite` are the properties that may replace what is there; `ours`
    those that we have written on contact `ours_on`, by the CRM's names with their values: as long
    as one still shows ours it may be replaced, too. `lead` is the lead as it is written, None for
    the record itself. `basis` is the lawful basis by the rules' word for it, '' where the rules
    have none, and `source` where the person's data comes from.
    """

    name: ClassVar[str] = "crm.upsert"
    basis: str = ""
    source: str = ""
    overwrite: tuple[str, ...] = ()
    company_overwrite: tuple[str, ...] = ()
    ours: dict[str, Any] = {}
    ours_on: str = ""
    lead: Lead | None = None
    keeps_emails: bool = False  # the contact's addresses stay as they are


class RestoreContact(_Effect, frozen=True, kw_only=True):
    """Properties of a contact back to what stood there `before`, where the CRM still shows what we
    `wrote`. Answers `ContactRestored`."""

    name: ClassVar[str] = "crm.restore"
    contact_id: str
    wrote: dict[str, Any]
    before: dict[str, Any]


class LookUpOwner(_Effect, frozen=True, kw_only=True):
    """A user of the CRM by id. Answers `OwnerFound`."""

    name: ClassVar[str] = "crm.owner"
    reads: ClassVar[bool] = True
    owner_id: str


class ReadAccounts(_Effect, frozen=True, kw_only=True):
    """The lead's company and those above it, with their owners. Answers `AccountsRead`."""

    name: ClassVar[str] = "crm.account"
    reads: ClassVar[bool] = True
    company_id: str
    domain: str


class AssignOwner(_Effect, frozen=True, kw_only=True):
    """Owner ('' leaves it), score and the reasons for both. Answers `OwnerAssigned`."""

    name: ClassVar[str] = "crm.assign"
    contact_id: str
    owner_email: str
    score: int
    status: str
    intent: str = ""
    engagement: int = 0
    sequence: str = ""
    reasons: str = ""


class ReadOwner(_Effect, frozen=True, kw_only=True):
    """The owner that the contact has in the CRM now. Answers `OwnerRead`."""

    name: ClassVar[str] = "crm.read_owner"
    reads: ClassVar[bool] = True
    contact_id: str


class CreateTask(_Effect, frozen=True, kw_only=True):
    """A task for an owner, by id or by address, due at a time in seconds since the epoch."""

    name: ClassVar[str] = "crm.task"
    once: ClassVar[bool] = True
    guarded: ClassVar[bool] = True
    contact_id: str
    subject: str
    due: float
    owner_id: str = ""
    owner_email: str = ""


class CreateNote(_Effect, frozen=True, kw_only=True):
    """A note in an owner's name, which counts as the owner's activity."""

    name: ClassVar[str] = "crm.note"
    once: ClassVar[bool] = True
    contact_id: str
    owner_id: str
    text: str
    at: float


class EnterList(_Effect, frozen=True, kw_only=True):
    """Onto a list or cadence of the CRM, by its name."""

    name: ClassVar[str] = "crm.enter_list"
    guarded: ClassVar[bool] = True
    contact_id: str
    list_name: str


class LeaveList(_Effect, frozen=True, kw_only=True):
    """Off a list or cadence."""

    name: ClassVar[str] = "crm.leave_list"
    contact_id: str
    list_name: str


class EnterSequence(_Effect, frozen=True, kw_only=True):
    """Into one of the CRM's own sequences, in an owner's name and from the owner's inbox."""

    name: ClassVar[str] = "crm.enrol"
    guarded: ClassVar[bool] = True
    contact_id: str
    sequence: str
    leave: str
    owner_id: str
    inbox: str


class LeaveSequence(_Effect, frozen=True, kw_only=True):
    """Out of the CRM's own sequences, by the list `leave`.

    `patience`: seconds for which the CRM may still show the contact in it; None asks once.
    """

    name: ClassVar[str] = "crm.unenrol"
    contact_id: str
    leave: str
    patience: float | None = None


class StopContact(_Effect, frozen=True, kw_only=True):
    """No more mail from the CRM, for this kind of suppression; off the nurture lists too."""

    name: ClassVar[str] = "crm.stop"
    contact_id: str
    kind: str
    nurtured: bool


class ReadActivities(_Effect, frozen=True, kw_only=True):
    """The owner's first activity with the contact since a time. Answers `ActivityRead`."""

    name: ClassVar[str] = "crm.activities"
    reads: ClassVar[bool] = True
    contact_id: str
    owner_id: str
    since: float


class EnrichCompany(_Effect, frozen=True, kw_only=True):
    """A company's record from Apollo, for a credit of the day's cap. Answers `CompanyRead`."""

    name: ClassVar[str] = "apollo.enrich"
    domain: str
    daily_cap: int


class ReadApolloSequences(_Effect, frozen=True, kw_only=True):
    """Whether Apollo's own sequences write to the person. Answers `SequencesRead`."""

    name: ClassVar[str] = "apollo.sequences"
    reads: ClassVar[bool] = True
    apollo_id: str
    email: str


class StopInApollo(_Effect, frozen=True, kw_only=True):
    """Out of every sequence of Apollo's, unless Apollo itself is the suppression's `source`."""

    name: ClassVar[str] = "apollo.stop"
    apollo_id: str
    kind: str
    source: str


class EnterApolloSequence(_Effect, frozen=True, kw_only=True):
    """Into a sequence of Apollo's, sent from the mailbox `sender`."""

    name: ClassVar[str] = "apollo.enrol"
    guarded: ClassVar[bool] = True
    apollo_id: str
    sequence: str
    sender: str


class LeaveApolloSequence(_Effect, frozen=True, kw_only=True):
    """Out of a sequence of Apollo's."""

    name: ClassVar[str] = "apollo.leave"
    apollo_id: str
    sequence: str


class SetApolloOwner(_Effect, frozen=True, kw_only=True):
    """The contact's owner in Apollo."""

    name: ClassVar[str] = "apollo.owner"
    apollo_id: str
    email: str


class PostAlert(_Effect, frozen=True, kw_only=True):
    """A message to a Slack channel or, by address, to a person.

    `button` offers "I'm on it" and is what a click on it says; '' for none.
    """

    name: ClassVar[str] = "slack.post"
    once: ClassVar[bool] = True
    to: str
    text: str
    alert_id: str
    button: str = ""


class ReadSlackUser(_Effect, frozen=True, kw_only=True):
    """The address of a Slack user. Answers `SlackUserRead`."""

    name: ClassVar[str] = "slack.user"
    reads: ClassVar[bool] = True
    user: str


class EraseContact(_Effect, frozen=True, kw_only=True):
    """The person's contact, by the CRM's id and by our key, and what we made about it. Answers
    `Erased`.

    `permanent`: for good, where the CRM can; else into its recycle bin.
    """

    name: ClassVar[str] = "crm.erase"
    contact_id: str
    person_key: str
    permanent: bool = True


class EraseInApollo(_Effect, frozen=True, kw_only=True):
    """The person's contacts in Apollo stopped and off all lists. Answers `Erased`."""

    name: ClassVar[str] = "apollo.erase"
    apollo_id: str
    email: str


class EraseMessage(_Effect, frozen=True, kw_only=True):
    """An alert that was posted at a time, or later, taken out of Slack. Answers `Erased`."""

    name: ClassVar[str] = "slack.erase"
    to: str
    alert_id: str
    at: float


class EraseRows(_Effect, frozen=True, kw_only=True):
    """The person's rows of the review sheets, by leads and by the keys of addresses. Answers
    `Erased`."""

    name: ClassVar[str] = "sheet.erase"
    lead_ids: tuple[str, ...]
    address_keys: tuple[str, ...]


class AwaitSnapshot(_Effect, frozen=True, kw_only=True):
    """Nothing to call: the lead waits until the CRM's snapshot is complete."""

    name: ClassVar[str] = "sync.wait"
    reads: ClassVar[bool] = True


CrmEffect: TypeAlias = (
    UpsertContact
    | RestoreContact
    | LookUpOwner
    | ReadAccounts
    | AssignOwner
    | ReadOwner
    | CreateTask
    | CreateNote
    | EnterList
    | LeaveList
    | EnterSequence
    | LeaveSequence
    | StopContact
    | ReadActivities
    | EraseContact
)
ApolloEffect: TypeAlias = (
    EnrichCompany
    | ReadApolloSequences
    | StopInApollo
    | EnterApolloSequence
    | LeaveApolloSequence
    | SetApolloOwner
    | EraseInApollo
)
SlackEffect: TypeAlias = PostAlert | ReadSlackUser | EraseMessage
Effect: TypeAlias = CrmEffect | ApolloEffect | SlackEffect | EraseRows | AwaitSnapshot


def undoing(effect: Effect) -> Effect | None:
    """The effect that takes back an entry into a sequence, None for any other effect."""
    match effect:
        case EnterList():
            return LeaveList(contact_id=effect.contact_id, list_name=effect.list_name)
        case EnterSequence():
            return LeaveSequence(contact_id=effect.contact_id, leave=effect.leave)
        case EnterApolloSequence():
            return LeaveApolloSequence(apollo_id=effect.apollo_id, sequence=effect.sequence)
        case _:
            return None
