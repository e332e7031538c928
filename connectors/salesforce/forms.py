"""Salesforce's answers, as its documents describe them (docs/design/vendors.md Salesforce 1.2).

Fields that aren't named aren't read.
"""

from typing import Annotated, Any, TypeAlias

import msgspec

from connectors.core.answers import Name, read

#: A record as Salesforce writes it: its fields by their names.
Record: TypeAlias = dict[str, Any]
SfId = Annotated[str, msgspec.Meta(pattern=r"^[a-zA-Z0-9]{15}([a-zA-Z0-9]{3})?$")]


class Fault(msgspec.Struct, frozen=True):
    """An error of a row or of a call: `statusCode` in collections, `errorCode` elsewhere."""

    statusCode: str | None = None  # noqa: N815  Salesforce's names, here and below
    errorCode: str | None = None  # noqa: N815
    message: str | None = None

    @property
    def code(self) -> str:
        """The code, by whichever name it has."""
        return self.statusCode or self.errorCode or ""


class Part(msgspec.Struct, frozen=True):
    """The answer to one call of a composite one."""

    httpStatusCode: int  # noqa: N815
    body: Any
    referenceId: str  # noqa: N815


class Composite(msgspec.Struct, frozen=True):
    """The answers to a composite call."""

    compositeResponse: list[Part]  # noqa: N815


class Found(msgspec.Struct, frozen=True):
    """A page of a query."""

    records: list[Any]
    done: bool
    totalSize: int  # noqa: N815
    nextRecordsUrl: str | None = None  # noqa: N815


class Saved(msgspec.Struct, frozen=True):
    """What became of one record of a collection."""

    success: bool
    id: str | None = None
    errors: list[Fault] | None = None


class Acted(msgspec.Struct, frozen=True):
    """What became of one input of an action."""

    isSuccess: bool  # noqa: N815
    errors: list[Fault] | None = None


class Done(msgspec.Struct, frozen=True):
    """An object of which nothing is read; that it is an object shows that Salesforce answered."""


class Made(msgspec.Struct, frozen=True):
    """An object that was made by itself."""

    id: SfId


class Entry(msgspec.Struct, frozen=True):
    """An entry of a picklist."""

    value: str
    label: str | None = None
    active: bool | None = True
    validFor: str | None = None  # noqa: N815


class FieldRow(msgspec.Struct, frozen=True):
    """A field of an object's description."""

    name: Name
    type: str
    label: str | None = None
    picklistValues: list[Entry] | None = None  # noqa: N815
    externalId: bool | None = False  # noqa: N815
    updateable: bool | None = True
    length: int | None = 0

    @property
    def entries(self) -> list[Entry]:
        """A picklist's entries, none for another field."""
        return self.picklistValues or []


class Described(msgspec.Struct, frozen=True):
    """An object's description."""

    fields: list[Any]


class IdRow(msgspec.Struct, frozen=True):
    """A record of which the id alone is asked."""

    Id: SfId


def field_of(item: Any) -> FieldRow:
    """A field of a description. Raises ValueError."""
    return read(item, FieldRow)
