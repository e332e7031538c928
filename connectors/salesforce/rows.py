"""Rows of Salesforce's queries (docs/design/vendors.md Salesforce 1.2).

Fields that aren't named aren't read.
"""

from typing import Any

import msgspec

from connectors.core.answers import Name, checked, read
from connectors.salesforce.forms import IdRow, Record, SfId


class _Account(msgspec.Struct, frozen=True):
    Type: str | None = None


class PersonRow(msgspec.Struct, frozen=True):
    """Of a lead or a contact, what is read by name."""

    Id: SfId
    Email: str | None = None
    FirstName: str | None = None
    LastName: str | None = None
    Title: str | None = None
    Phone: str | None = None
    Company: str | None = None
    City: str | None = None
    State: str | None = None
    Country: str | None = None
    MailingCity: str | None = None
    MailingState: str | None = None
    MailingCountry: str | None = None
    OwnerId: str | None = None
    AccountId: str | None = None
    Account: _Account | None = None
    HasOptedOutOfEmail: bool | None = None
    EmailBouncedDate: str | None = None
    SystemModstamp: str | None = None
    IsConverted: bool | None = None
    ConvertedContactId: str | None = None
    Leadgate_Key__c: str | None = None
    Leadgate_Emails__c: str | None = None
    Leadgate_Status__c: str | None = None


class _OwnerOf(msgspec.Struct, frozen=True):
    Type: str | None = None
    Email: str | None = None
    IsActive: bool | None = None


class OwnedRow(msgspec.Struct, frozen=True):
    """A person's owner."""

    Id: SfId
    OwnerId: SfId
    Owner: _OwnerOf | None = None


class _Role(msgspec.Struct, frozen=True):
    Name: str | None = None


class UserRow(msgspec.Struct, frozen=True):
    """A user."""

    Id: SfId
    IsActive: bool
    Email: str | None = None
    UserRole: _Role | None = None


class AccountRow(msgspec.Struct, frozen=True):
    """An account."""

    Id: SfId
    Name: str | None = None
    Website: str | None = None
    OwnerId: str | None = None
    ParentId: str | None = None


class MergedRow(msgspec.Struct, frozen=True):
    """A record that is gone, and the one into which it was merged."""

    Id: SfId
    MasterRecordId: str | None = None


class _TaskRow(msgspec.Struct, frozen=True):
    Id: SfId
    Leadgate_Effect__c: Name


class _NoteRow(msgspec.Struct, frozen=True):
    Id: SfId
    Title: Name


class ActivityRow(msgspec.Struct, frozen=True):
    """A call, a mail, a meeting or a note: with which person, by which user, when."""

    OwnerId: SfId
    WhoId: SfId | None = None
    ParentId: SfId | None = None
    CompletedDateTime: str | None = None
    CreatedDate: str | None = None


class _Mail(msgspec.Struct, frozen=True):
    MessageDate: Name


class ReplyRow(msgspec.Struct, frozen=True):
    """Whose mail came in, and when."""

    RelationId: SfId
    EmailMessage: _Mail


class _TrackerRow(msgspec.Struct, frozen=True):
    TargetId: SfId


class _NamedRow(msgspec.Struct, frozen=True):
    Name: Name


class _AllowedRow(msgspec.Struct, frozen=True):
    Field: Name


class _RoleRow(msgspec.Struct, frozen=True):
    ContactId: SfId


class _DealRow(msgspec.Struct, frozen=True):
    AccountId: SfId


# Readers of rows. All raise ValueError.


def record(item: Any) -> Record:
    """A record whose fields the rules name."""
    return checked(item, IdRow)


def task_of(item: Any) -> tuple[str, str]:
    """A task of ours: the effect's id, and its own."""
    row = read(item, _TaskRow)
    return row.Leadgate_Effect__c, row.Id


def note_of(item: Any) -> tuple[str, str]:
    """A note of ours: its title, and its id."""
    row = read(item, _NoteRow)
    return row.Title, row.Id


def id_in_cadence(item: Any) -> str:
    """The person of a cadence's tracker."""
    return read(item, _TrackerRow).TargetId


def name_of(item: Any) -> str:
    """A cadence's name."""
    return read(item, _NamedRow).Name


def allowed_field(item: Any) -> str:
    """The name of a field that a permission set shows."""
    return read(item, _AllowedRow).Field


def contact_of_role(item: Any) -> str:
    """The id of a contact with an open opportunity."""
    return read(item, _RoleRow).ContactId


def account_of_deal(item: Any) -> str:
    """The id of an account with an open opportunity."""
    return read(item, _DealRow).AccountId
