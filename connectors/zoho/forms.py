"""Zoho's answers, as its documents describe them (docs/design/vendors.md Zoho 2.2).

Only what is named here is read.
"""

from typing import Any

import msgspec

from connectors.core.answers import Digits, Name, read


class Info(msgspec.Struct, frozen=True):
    """What an answer says of the rows of a listing or a query."""

    count: int | None = None
    more_records: bool | None = False
    next_page_token: str | None = None


class Rows(msgspec.Struct, frozen=True):
    """Rows of a module, a query or a recycle bin."""

    data: list[Any]
    info: Info | None = None

    @property
    def more(self) -> bool:
        """Whether there are more rows."""
        return bool(self.info and self.info.more_records)

    @property
    def next_token(self) -> str:
        """The token of the next page, '' if this is the last."""
        return (self.info and self.info.next_page_token) or ""

    @property
    def is_whole(self) -> bool:
        """Whether the rows are as many as Zoho says."""
        return self.info is None or self.info.count is None or self.info.count == len(self.data)


class Answered(msgspec.Struct, frozen=True):
    """What became of the rows of a write."""

    data: list[Any]


class Outcome(msgspec.Struct, frozen=True):
    """What became of one row."""

    status: str
    code: str | None = None
    message: str | None = None
    details: dict[str, Any] | None = None


class Users(msgspec.Struct, frozen=True):
    """A page of users."""

    users: list[Any]
    info: Info | None = None

    @property
    def more(self) -> bool:
        """Whether there are more users."""
        return bool(self.info and self.info.more_records)


class _Role(msgspec.Struct, frozen=True):
    name: str | None = None


class UserRow(msgspec.Struct, frozen=True):
    """A user."""

    id: Digits
    status: str | None = None
    email: str | None = None
    role: _Role | None = None

    @property
    def role_name(self) -> str:
        """The name of the user's role, '' for none."""
        return (self.role and self.role.name) or ""


class Cadences(msgspec.Struct, frozen=True):
    """The account's cadences."""

    cadences: list[Any]


class CadenceRow(msgspec.Struct, frozen=True):
    """A cadence."""

    id: Digits
    name: Name
    type: str | None = None
    active: bool | None = False

    @property
    def is_manual(self) -> bool:
        """Whether records can be entered by hand."""
        return self.type == "manual_enrollment" and bool(self.active)


class Fields(msgspec.Struct, frozen=True):
    """A module's fields."""

    fields: list[Any]


class _Entry(msgspec.Struct, frozen=True):
    actual_value: str


class FieldRow(msgspec.Struct, frozen=True):
    """A field's definition."""

    api_name: Name
    field_label: str | None = None
    data_type: str | None = None
    pick_list_values: list[_Entry] | None = None
    unique: dict[str, Any] | bool | None = None
    read_only: bool | None = False
    length: int | None = 0

    @property
    def option_values(self) -> tuple[str, ...]:
        """The values of a pick list."""
        return tuple(entry.actual_value for entry in self.pick_list_values or ())


class Done(msgspec.Struct, frozen=True):
    """An object of which nothing is read; it shows that Zoho has answered."""


class Ref(msgspec.Struct, frozen=True):
    """Another record, or a user."""

    id: Digits


class PersonRow(msgspec.Struct, frozen=True, rename={"kind": "Account_Name.Account_Type"}):
    """Of a lead or a contact, what is read by name."""

    id: Digits
    Email: str | None = None
    Secondary_Email: str | None = None
    First_Name: str | None = None
    Last_Name: str | None = None
    Phone: str | None = None
    Designation: str | None = None
    Title: str | None = None
    Company: str | None = None
    City: str | None = None
    State: str | None = None
    Country: str | None = None
    Mailing_City: str | None = None
    Mailing_State: str | None = None
    Mailing_Country: str | None = None
    Owner: Ref | None = None
    Account_Name: Ref | None = None
    kind: str | None = None
    Email_Opt_Out: bool | None = None
    Created_Time: str | None = None
    Modified_Time: str | None = None
    Leadgate_key: str | None = None
    Leadgate_status: str | None = None
    Leadgate_bounced: bool | None = None
    Leadgate_replied: str | None = None


class OwnedRow(msgspec.Struct, frozen=True):
    """A record's owner; every record of Zoho's has one."""

    id: Digits
    Owner: Ref


class AccountRow(msgspec.Struct, frozen=True):
    """A company."""

    id: Digits
    Account_Name: str | None = None
    Website: str | None = None
    Owner: Ref | None = None
    Parent_Account: Ref | None = None


class GoneRow(msgspec.Struct, frozen=True):
    """A record that was deleted, or one of which the id alone is read."""

    id: Digits


class KeyRow(msgspec.Struct, frozen=True):
    """A record with our key."""

    id: Digits
    Leadgate_key: Name


class TaskRow(msgspec.Struct, frozen=True):
    """A task of ours."""

    id: Digits
    Leadgate_effect: Name


class NoteRow(msgspec.Struct, frozen=True):
    """A note of ours."""

    id: Digits
    Note_Title: Name


class MarkedRow(msgspec.Struct, frozen=True):
    """A task or a note, and what shows that it is ours."""

    id: Digits
    Leadgate_effect: str | None = None
    Note_Title: str | None = None


class ActivityRow(msgspec.Struct, frozen=True):
    """A call, a meeting or a note."""

    Owner: Ref
    Who_Id: Ref | None = None
    What_Id: Ref | None = None
    Parent_Id: Ref | None = None
    Call_Start_Time: str | None = None
    Created_Time: str | None = None


class DealRow(msgspec.Struct, frozen=True):
    """A deal."""

    Stage: str | None = None
    Contact_Name: Ref | None = None
    Account_Name: Ref | None = None


def owned(item: Any) -> OwnedRow:
    """A record's owner. Raises ValueError."""
    return read(item, OwnedRow)
