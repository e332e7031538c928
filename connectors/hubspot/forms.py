"""HubSpot's answers, as its documents describe them (docs/design/vendors.md HubSpot 1).

Only what is named here is read.
"""

from typing import Any

import msgspec

from connectors.core.answers import Digits, Name, Scalar, read


class BatchError(msgspec.Struct, frozen=True):
    """One entry of a 207's `errors`; HubSpot's guide has every field of it optional."""

    category: str | None = None
    message: str | None = None
    context: dict[str, Any] | None = None

    def about(self, name: str) -> list[str]:
        """The texts under a name of the context: trace ids, or ids of what isn't there."""
        found = (self.context or {}).get(name)
        if not isinstance(found, list):
            return []
        return [*map(str, found)]


class Batch(msgspec.Struct, frozen=True):
    """A 200, 201 or 207 to a batch."""

    results: list[Any]
    errors: list[BatchError] | None = None


class _Next(msgspec.Struct, frozen=True):
    after: str | int


class _Paging(msgspec.Struct, frozen=True):
    next: _Next | None = None


class Listing(msgspec.Struct, frozen=True):
    """A page of objects, owners or properties."""

    results: list[Any]
    paging: _Paging | None = None

    @property
    def after(self) -> str:
        """Where the next page begins, '' if this is the last."""
        if self.paging is None or self.paging.next is None:
            return ""
        return str(self.paging.next.after)


class HubSpotObject(msgspec.Struct, frozen=True):
    """An object. Every property travels as text."""

    id: Digits
    properties: dict[str, str | None]

    def text(self, name: str) -> str:
        """A property's text, '' where it is unset."""
        return self.properties.get(name) or ""


class _Raw(msgspec.Struct, frozen=True):
    id: Digits
    properties: dict[str, Scalar]


class _From(msgspec.Struct, frozen=True):
    id: str


class _To(msgspec.Struct, frozen=True):
    toObjectId: int | Digits  # noqa: N815  HubSpot's name


class Linked(msgspec.Struct, frozen=True, rename={"source": "from"}):
    """What one object is associated with."""

    source: _From
    to: list[_To]

    @property
    def ids(self) -> list[str]:
        """The ids of the others."""
        return [str(one.toObjectId) for one in self.to]


class _Team(msgspec.Struct, frozen=True):
    name: str | None = None


class OwnerRow(msgspec.Struct, frozen=True):
    """A user who can own contacts."""

    id: Digits
    email: str | None = None
    archived: bool = False
    userId: int | str | None = None  # noqa: N815
    teams: list[_Team] | None = None

    @property
    def team_names(self) -> tuple[str, ...]:
        """The names of the owner's teams."""
        return tuple(team.name for team in self.teams or () if team.name)


class _Option(msgspec.Struct, frozen=True):
    value: str
    hidden: bool | None = False


class _Modification(msgspec.Struct, frozen=True):
    readOnlyValue: bool | None = False  # noqa: N815


class PropertyRow(msgspec.Struct, frozen=True):
    """A property's definition."""

    name: Name
    label: str | None = None
    type: str | None = None
    options: list[_Option] | None = None
    hasUniqueValue: bool | None = False  # noqa: N815
    calculated: bool | None = False
    modificationMetadata: _Modification | None = None  # noqa: N815

    @property
    def shown_options(self) -> tuple[str, ...]:
        """The values that may be chosen."""
        return tuple(option.value for option in self.options or () if not option.hidden)

    @property
    def is_fixed(self) -> bool:
        """Whether the property can't be written: calculated, or HubSpot's own."""
        read_only = self.modificationMetadata and self.modificationMetadata.readOnlyValue
        return bool(read_only or self.calculated)


class ListRow(msgspec.Struct, frozen=True):
    """A contact list."""

    listId: int | Digits  # noqa: N815
    name: str


class Lists(msgspec.Struct, frozen=True):
    """Lists that were searched for."""

    lists: list[ListRow]


class Members(msgspec.Struct, frozen=True):
    """What became of a list's members."""

    recordIdsMissing: list[int | str] | None = None  # noqa: N815


class Enrolment(msgspec.Struct, frozen=True):
    """The newest enrolment of a contact."""

    sequenceId: int | str | None = None  # noqa: N815
    sequenceName: str | None = None  # noqa: N815


class Done(msgspec.Struct, frozen=True):
    """An object of which nothing is read; it shows that HubSpot has answered."""


def read_object(item: Any) -> HubSpotObject:
    """An object of an answer. Raises ValueError."""
    raw = read(item, _Raw)
    return HubSpotObject(raw.id, {name: _text(value) for name, value in raw.properties.items()})


def _text(value: Scalar) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower()
