"""What Leadgate needs of a CRM.

A package for each CRM implements it; one contract suite checks them all.

Methods take batches (the caller gathers) of at most `batch` rows and answer in the order of the
rows. A row's own failure is a VendorError in its place; a whole call's failure is raised. Times
are seconds since the epoch, UTC.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import msgspec

from connectors.core.errors import VendorError
from connectors.core.fields import Field
from connectors.core.lawful_basis import BasisProperties
from leads.erasure import Erasure
from leads.records import Change

T = TypeVar("T")
Row: TypeAlias = T | VendorError


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """A person as the CRM holds it."""

    id: str
    email: str = ""
    emails: tuple[str, ...] = ()  # secondary addresses
    key: str = ""  # our own unique key, once stamped
    owner_id: str = ""
    lifecycle: str = ""
    status: str = ""
    company_id: str = ""
    open_deal: bool = False
    opted_out: bool = False
    bounced: bool = False
    replied_at: float = 0.0
    contacted_at: float = 0.0
    changed_at: float = 0.0


class ContactWrite(msgspec.Struct, frozen=True, kw_only=True):
    """What we want on a contact.

    Blanks are filled; what is there stays, our own properties excepted, and a name, a title or a
    phone number that still is as `ours` has it.
    """

    key: str
    emails: tuple[str, ...]  # all literal addresses, the main one first
    known_id: str = ""  # the CRM's id, where we know it
    first_name: str = ""
    last_name: str = ""
    title: str = ""
    phone: str = ""
    city: str = ""
    state: str = ""
    country: str = ""  # its English name
    country_code: str = ""  # ISO 3166 alpha-2, '' for a country that isn't known
    company: str = ""
    domain: str = ""  # the company's, '' for none
    industry: str = ""
    employees: int = 0
    lead_id: str = ""
    # as Leadgate compares and scores them, for properties of our own: written whatever is there
    plain_title: str = ""
    seniority: str = ""
    function: str = ""
    plain_company: str = ""
    more: Mapping[str, Any] = {}  # further properties by the CRM's own names; blanks are filled
    overwrite: frozenset[str] = frozenset()  # those of `more` that are written whatever is there
    # the same for the company, in a CRM that has `company_fields`
    company_more: Mapping[str, Any] = {}
    company_overwrite: frozenset[str] = frozenset()
    # the properties of the contact `ours_on` as we wrote them last, by the CRM's own names
    ours: Mapping[str, Any] = {}
    ours_on: str = ""
    keeps_emails: bool = False  # the addresses of a known contact stay as they are


class UpsertResult(msgspec.Struct, frozen=True, kw_only=True):
    """The contact after an upsert; `existed` says that this call did not make it (an earlier
    attempt may have)."""

    contact: Contact
    existed: bool
    change: Change | None = None
    company_change: Change | None = None  # by an id that `read` and `restore` know as a company's
    dropped: tuple[str, ...] = ()  # what the CRM would have refused, a line each, without the value


class OwnerWrite(msgspec.Struct, frozen=True, kw_only=True):
    """Owner ('' leaves it), score, status and what led to them, of a contact."""

    contact_id: str
    owner_email: str
    score: int
    status: str
    intent: str = ""  # the strongest sign of interest
    engagement: int = 0  # the score's points for interest
    sequence: str = ""  # what Apollo said of its own sequences: active, inactive or unknown
    # the parts of the score, and the rule that routed, for people who open the contact
    reasons: str = ""


class OwnerReadback(msgspec.Struct, frozen=True, kw_only=True):
    """The owner that the CRM shows of a contact. `owner_id` is '' for none."""

    owner_id: str
    email: str
    active: bool
    at: float


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """A user who can own contacts."""

    id: str
    email: str
    active: bool
    teams: tuple[str, ...] = ()  # names; where the CRM has no teams, the role
    user_id: str = ""  # by which a CRM's sequences know an active user, where that is another id


class TaskWrite(msgspec.Struct, frozen=True, kw_only=True):
    """A task with a due time. `effect_id` stands in its body, so that it can be found again.

    It doesn't leave after `until`, by the event loop's clock.
    """

    effect_id: str
    contact_id: str
    owner_id: str
    subject: str
    due: float
    look_first: bool
    until: float


class NoteWrite(msgspec.Struct, frozen=True, kw_only=True):
    """A note in an owner's name: what the owner said to do.

    `effect_id` stands in it, as in a task, and so does `until`.
    """

    effect_id: str
    contact_id: str
    owner_id: str
    text: str
    at: float
    look_first: bool
    until: float


class EnrolWrite(msgspec.Struct, frozen=True, kw_only=True):
    """An enrolment in one of the CRM's own sequences, in an owner's name, from the owner's inbox.

    The contact leaves the sequence by the list `leave`.
    """

    contact_id: str
    sequence: str
    owner_id: str
    inbox: str
    leave: str


class ActivityAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a contact's owner has done something since a time."""

    contact_id: str
    owner_id: str
    since: float


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A company as the CRM holds it: an account, with its owner and its parent company ('' for
    none)."""

    id: str
    name: str
    domain: str
    owner_id: str = ""
    parent_id: str = ""


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Some rows, and the place where the next page begins, '' for none.

    A reading can go on from a place within half a day.
    """

    rows: list[T]
    after: str


class CompanyAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A company by the CRM's id, where we know it, else by its registrable domain."""

    id: str = ""
    domain: str = ""


class CrmRequirements(msgspec.Struct, frozen=True, kw_only=True):
    """What a client's rules need in the CRM, in addition to what Leadgate always needs."""

    lists: Sequence[str] = ()  # and cadences, by name
    fields: Sequence[Field] = ()  # properties of a contact
    company_fields: Sequence[Field] = ()  # and of a company
    sequences: Sequence[str] = ()  # the CRM's own, by id
    senders: Sequence[str] = ()  # addresses of the owners in whose names contacts enter them
    accounts: bool = False  # owners of companies decide where leads go
    lawful_basis: bool = False  # contacts show a lawful basis and a source


class ContactStore(Protocol):
    """Contacts: who a person is, what we wrote, what was there before."""

    async def upsert(self, writes: Sequence[ContactWrite]) -> list[Row[UpsertResult]]:
        """Find or make one contact for each person, by any address, and find, make and link its
        company."""
        ...

    async def read(
        self, contact_ids: Sequence[str], names: Sequence[str]
    ) -> list[dict[str, Any] | None]:
        """These properties of contacts, None where unset; None for a contact that is gone."""
        ...

    async def restore(self, contact_id: str, values: Mapping[str, Any]) -> None:
        """Set properties of one contact to earlier values; None clears.

        Raises RecordRejected if the CRM refuses.
        """
        ...

    async def fields(self) -> dict[str, Field]:
        """The properties of a contact as they are now, by name."""
        ...

    async def company_fields(self) -> dict[str, Field]:
        """The same for a company; none for a CRM whose leads carry their company themselves."""
        ...

    async def accounts(self, asked: Sequence[CompanyAsked]) -> list[Row[Account | None]]:
        """Companies as they are now, None for those that aren't there; the oldest, where several
        have the domain."""
        ...


class OwnerDirectory(Protocol):
    """Users, and which of them owns a contact."""

    async def assign(self, writes: Sequence[OwnerWrite]) -> list[Row[Change]]:
        """Write owner, score and status; answers what was set (the upsert has answered what was
        there before).

        An owner nobody knows is a RecordRejected 'no_owner'.
        """
        ...

    async def read_owners(self, contact_ids: Sequence[str]) -> list[Row[OwnerReadback]]:
        """Read owners back by key, never by search: what the CRM shows now."""
        ...

    async def owner(self, owner_id: str) -> Owner | None:
        """A user by id, from a list not older than ten seconds."""
        ...

    async def owner_by_email(self, email: str) -> Owner | None:
        """A user by address, from a list not older than ten seconds."""
        ...

    async def owners(self) -> list[Owner]:
        """Every user, deactivated ones too."""
        ...


class TaskLog(Protocol):
    """Tasks and notes for owners, and what owners have done."""

    async def add_tasks(self, writes: Sequence[TaskWrite]) -> list[Row[str]]:
        """Make tasks, or find those that an earlier attempt made (`look_first`); answers their
        ids."""
        ...

    async def add_notes(self, writes: Sequence[NoteWrite]) -> list[Row[str]]:
        """Make notes on contacts, or find those that an earlier attempt made; answers their ids.

        They are owners' activities.
        """
        ...

    async def activities(self, asked: Sequence[ActivityAsked]) -> list[float]:
        """For each: the time of the owner's first own call, one-to-one mail, meeting or note since
        then; 0 for none."""
        ...


class SequenceTool(Protocol):
    """Lists, sequences and the end of both."""

    async def enter_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        """Put contacts on a list, which enters the sequence behind it. Harmless twice."""
        ...

    async def leave_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        """Take contacts off a list, which leaves the sequence before its next step.

        Harmless twice.
        """
        ...

    async def enrol(self, write: EnrolWrite) -> bool:
        """Enrol a contact; True if it was in the sequence already. Harmless twice.

        Raises RecordRejected: `busy` while another one runs or the inbox's day is spent, else
        `refused`.
        """
        ...

    async def unenrol(self, contact_id: str, leave: str) -> bool:
        """Take a contact out of the CRM's own sequence; True once the CRM shows none that runs.

        Harmless twice.
        """
        ...

    async def stop(self, contact_id: str, kind: str, lists: Sequence[str]) -> None:
        """Write the status, and the opt-out where `kind` is one, and take the contact off all
        lists."""
        ...


class ContactEraser(Protocol):
    """The end of a person's data in the CRM."""

    async def erase(self, contact_id: str, key: str, *, permanent: bool) -> list[Erasure]:
        """Delete a person's contact, by the CRM's id and by our key ('' for an unknown one), also
        what it was merged or converted into, and the tasks and notes that we made about it.

        `permanent`: for good, where the CRM has a call for that; else into its recycle bin.
        Harmless twice: what is gone is no failure. What the CRM refuses to delete is a part with
        the outcome `failed`, and so are tasks and notes that the key may not delete. Raises
        NotInPlan if the key may not delete contacts.
        """
        ...


class ChangeFeed(Protocol):
    """Everything the CRM holds, and what has changed in it."""

    async def changed_since(self, since: float) -> list[Contact]:
        """Contacts of ours changed after `since`, oldest first."""
        ...

    def deleted(self, since: float, keys: Mapping[str, str]) -> AsyncIterator[list[Contact]]:
        """Contacts of ours that were deleted since then, perhaps earlier ones too, a page at a
        time.

        `keys` says which ids are ours, for a CRM that doesn't show keys itself.
        """
        ...

    def contacts(self, after: str = "") -> AsyncIterator[Page[Contact]]:
        """Every contact, a page at a time, or those after an earlier page."""
        ...

    def known_keys(self) -> AsyncIterator[dict[str, str]]:
        """Our keys by the ids of all contacts that have one, a page at a time."""
        ...

    def companies(self, after: str = "") -> AsyncIterator[Page[Account]]:
        """Every company, a page at a time, or those after an earlier page."""
        ...

    def contacts_since(self, since: float) -> AsyncIterator[list[Contact]]:
        """Every contact that was made or changed since then, ours or not, a page at a time: ids,
        addresses and keys."""
        ...

    def companies_since(self, since: float) -> AsyncIterator[list[Account]]:
        """Every company that was made or changed since then, a page at a time."""
        ...


class CrmSetup(Protocol):
    """What must be there before anything is written."""

    async def check(self, wants: CrmRequirements) -> list[str]:
        """What prevents writing, a line for each fault: token, scopes, our properties, and all that
        is wanted."""
        ...

    async def limits(self, wants: CrmRequirements) -> list[str]:
        """Calls that this key or plan may not make, each with what it disables. Changes nothing."""
        ...

    async def provision(self, wants: CrmRequirements, *, dry_run: bool = False) -> list[str]:
        """Make what is missing of our properties, and of the wanted fields and lists as far as the
        CRM permits; answers what was (or would be) made.

        Raises RecordRejected for a property that is there as another type.
        """
        ...


class Crm(
    ContactStore,
    OwnerDirectory,
    TaskLog,
    SequenceTool,
    ContactEraser,
    ChangeFeed,
    CrmSetup,
    Protocol,
):
    """A CRM. Every method may raise Unavailable or Unauthorised."""

    batch: int
    # whether `deleted` reads the whole recycle bin, with our keys; else it reads ids alone, of
    # recent deletions
    tells_deleted: bool
    # properties that identify a contact: `undo` leaves them on contacts that an import made
    identity: frozenset[str]
    # where a contact shows its lawful basis and the source of its data
    basis: BasisProperties

    async def close(self) -> None:
        """Close connections."""
        ...
