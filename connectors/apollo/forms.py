"""Apollo's answers, as its OpenAPI describes them (docs/design/vendors.md Apollo 1.3).

Fields that aren't named here aren't read.
"""

import re
from typing import Annotated, Any

import msgspec

from connectors.core.answers import Name, checked
from connectors.core.http import checked_id

_ID = re.compile(r"[0-9a-f]{24}")
ApolloId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{24}$")]


def contact_id(ident: str) -> str:
    """A contact's id. Raises RecordRejected for anything else, which a webhook may bring."""
    return checked_id(ident, _ID, "contact's id of Apollo's (24 hexadecimal digits)")


def sequence_id(ident: str) -> str:
    """A sequence's id. Raises RecordRejected for anything else."""
    return checked_id(ident, _ID, "sequence's id of Apollo's (24 hexadecimal digits)")


class Done(msgspec.Struct, frozen=True):
    """An object of which nothing is read; that it is an object shows that Apollo answered."""


class Pagination(msgspec.Struct, frozen=True):
    """The numbers of a listing's pages and entries."""

    total_pages: int
    total_entries: int | None = None


class Contacts(msgspec.Struct, frozen=True):
    """A page of contacts."""

    contacts: list[Any]
    pagination: Pagination


class _Shown(msgspec.Struct, frozen=True):
    contact_campaign_statuses: list[Any] | None = None
    label_ids: list[str] | None = None


class Contact(msgspec.Struct, frozen=True):
    """One contact."""

    contact: _Shown


class Hit(msgspec.Struct, frozen=True):
    """A contact that was searched for."""

    email: str | None = None
    contact_campaign_statuses: list[Any] | None = None


class FoundContact(msgspec.Struct, frozen=True):
    """A contact that was searched for, by its id."""

    id: ApolloId
    email: str | None = None


class Status(msgspec.Struct, frozen=True):
    """A contact's place in one sequence."""

    emailer_campaign_id: Name
    status: str | None = None


class Label(msgspec.Struct, frozen=True):
    """A list, of contacts or of something else."""

    id: Name
    name: str
    modality: str | None = None
    cached_count: int | None = None


class Stages(msgspec.Struct, frozen=True):
    """All stages of contacts."""

    contact_stages: list[Any]


class Organization(msgspec.Struct, frozen=True):
    """A company, null for one that Apollo doesn't have."""

    organization: dict[str, Any] | None = None


class Messages(msgspec.Struct, frozen=True):
    """A page of sent messages."""

    emailer_messages: list[Any]


class Message(msgspec.Struct, frozen=True):
    """A sent message, and what became of it."""

    id: Name
    to_email: str | None = None
    reply_class: str | None = None


class Users(msgspec.Struct, frozen=True):
    """A page of users."""

    users: list[Any]


class User(msgspec.Struct, frozen=True):
    """A user."""

    id: Name
    email: str | None = None


class Added(msgspec.Struct, frozen=True):
    """What became of contacts that were to enter a sequence."""

    contacts: list[Any]
    skipped_contact_ids: dict[str, str] | None = None


class Mailboxes(msgspec.Struct, frozen=True):
    """All mailboxes."""

    email_accounts: list[Any]


class Mailbox(msgspec.Struct, frozen=True):
    """A mailbox."""

    id: Name
    email: str
    active: bool | None = False


class Sequences(msgspec.Struct, frozen=True):
    """A page of sequences."""

    emailer_campaigns: list[Any]
    pagination: Pagination | None = None


class Sequence(msgspec.Struct, frozen=True):
    """A sequence."""

    id: Name
    name: str
    archived: bool | None = False


class Definitions(msgspec.Struct, frozen=True):
    """The account's own fields."""

    typed_custom_fields: list[Any]


class Definition(msgspec.Struct, frozen=True):
    """One of the account's own fields."""

    id: Name
    name: str | None = None
    modality: str | None = None
    picklist_values: list[Any] | None = None
    picklist_options: list[Any] | None = None


def status_of(item: Any) -> dict[str, Any]:
    """A contact's place in a sequence, as the object that it is. Raises ValueError."""
    return checked(item, Status)
