"""How an effect ended, and what it read or wrote: one result per effect, by its `type`."""

from typing import TypeAlias, TypeVar

from leads.effects import AssignOwner
from leads.erasure import Erasure
from leads.records import Change, Record, Sequences


class _Value(Record, frozen=True, kw_only=True, tag_field="type"):
    """What an effect answers."""


class ContactWritten(_Value, frozen=True, kw_only=True, tag="contact_written"):
    """The contact as the CRM holds it after the write.

    `person_key` is the key of the address under which the CRM knows the person, if it is none of
    the lead's; `dropped` what no property took; `unknown` a contact that was there without a mark
    of ours.
    """

    contact_id: str
    company_id: str = ""
    owner_id: str = ""
    lifecycle: str = ""
    existed: bool = False
    open_deal: bool = False
    person_key: str = ""
    dropped: tuple[str, ...] = ()
    unknown: bool = False


class ContactRestored(_Value, frozen=True, kw_only=True, tag="contact_restored"):
    """The properties that were set back, by the CRM's names, and those that show something else by
    now and were left."""

    set_back: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class OwnerFound(_Value, frozen=True, kw_only=True, tag="owner_found"):
    """A user of the CRM; `email` is '' if there is none of that id."""

    email: str = ""
    active: bool = False


class OwnedAccount(Record, frozen=True, kw_only=True):
    """One company and who has it; `email` is '' for nobody."""

    name: str
    email: str = ""
    active: bool = False
    teams: tuple[str, ...] = ()


class AccountsRead(_Value, frozen=True, kw_only=True, tag="accounts_read"):
    """The lead's company, then the one above it, and so on."""

    accounts: tuple[OwnedAccount, ...] = ()


class OwnerAssigned(_Value, frozen=True, kw_only=True, tag="owner_assigned"):
    """The contact that was written; `would` in shadow: what would have been."""

    contact_id: str
    would: AssignOwner | None = None


class OwnerRead(_Value, frozen=True, kw_only=True, tag="owner_read"):
    """The contact's owner in the CRM, read at `at`; '' for none."""

    owner_id: str
    email: str
    active: bool
    at: float


class TaskCreated(_Value, frozen=True, kw_only=True, tag="task_created"):
    """The CRM's id of a task."""

    task_id: str


class NoteCreated(_Value, frozen=True, kw_only=True, tag="note_created"):
    """The CRM's id of a note."""

    note_id: str


class ListEntered(_Value, frozen=True, kw_only=True, tag="list_entered"):
    """The contact that is on the list now."""

    contact_id: str


class ListLeft(_Value, frozen=True, kw_only=True, tag="list_left"):
    """`gone`: the contact, or the list, is not there any more."""

    gone: bool


class SequenceEntered(_Value, frozen=True, kw_only=True, tag="sequence_entered"):
    """`was_in`: the contact was in it already."""

    was_in: bool


class SequenceLeft(_Value, frozen=True, kw_only=True, tag="sequence_left"):
    """`out`: the CRM shows that the contact is out of it."""

    out: bool


class ActivityRead(_Value, frozen=True, kw_only=True, tag="activity_read"):
    """When the owner acted, 0 for never."""

    at: float


class CompanyRead(_Value, frozen=True, kw_only=True, tag="company_read"):
    """A company as Apollo has it, each value as text, '' for none."""

    name: str = ""
    domain: str = ""
    industry: str = ""
    employees: str = ""
    country: str = ""
    state: str = ""


class SequencesRead(_Value, frozen=True, kw_only=True, tag="sequences_read"):
    """What Apollo said of its own sequences."""

    sequences: Sequences


class MessagePosted(_Value, frozen=True, kw_only=True, tag="message_posted"):
    """Slack's timestamp of a message, which is its id."""

    ts: str


class SlackUserRead(_Value, frozen=True, kw_only=True, tag="slack_user_read"):
    """A Slack user's address."""

    email: str


class Erased(_Value, frozen=True, kw_only=True, tag="erased"):
    """What became of the person's data at one vendor, a part for each kind of thing."""

    parts: tuple[Erasure, ...] = ()


EffectValue: TypeAlias = (
    ContactWritten
    | ContactRestored
    | OwnerFound
    | AccountsRead
    | OwnerAssigned
    | OwnerRead
    | TaskCreated
    | NoteCreated
    | ListEntered
    | ListLeft
    | SequenceEntered
    | SequenceLeft
    | ActivityRead
    | CompanyRead
    | SequencesRead
    | MessagePosted
    | SlackUserRead
    | Erased
)
V = TypeVar("V", bound=_Value)


class EffectResult(Record, frozen=True, kw_only=True):
    """How an effect ended.

    kind: ok, would (shadow), rejected (the vendor refused this row), failed (three tries),
    suppressed (a suppression was acknowledged right before the call, which was not made), off (an
    optional feature that the vendor doesn't grant at present), cap (the day's credits are spent),
    or a connector's own kind of refusal. `value` is None where there is nothing to report.

    retry_after: seconds after which to try again; no attempt is counted (the vendor is down, or
    the budget is spent). not_sent: with `retry_after`, that this attempt left nothing behind.
    """

    ok: bool
    value: EffectValue | None = None
    reason: str = ""
    kind: str = "ok"
    retry_after: float = 0.0
    not_sent: bool = False
    # of properties in the CRM; the audit shows them with the person. A gate may keep them in its
    # rows, and decides nothing that an event shows by them
    changes: tuple[Change, ...] = ()


def value_of(result: EffectResult | None, kind: type[V]) -> V | None:
    """The result's value if it is of this kind, None otherwise, as of a result that isn't there."""
    if result is None or not isinstance(result.value, kind):
        return None
    return result.value
