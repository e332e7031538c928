"""What a search for contacts is asked, and what it answers.

Source: Apollo's OpenAPI, `POST /contacts/search`: the two filters, each "any of these", both
together where both are given (docs/design/vendors.md Apollo 1.3).
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from connectors.apollo.api import PAGE
from connectors.apollo.forms import Contacts
from connectors.core.answers import Name


@dataclass(frozen=True, slots=True)
class ContactFilter:
    """The contacts in any of these stages and on any of these lists, by ids; an empty tuple filters
    nothing."""

    stages: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


EVERYBODY = ContactFilter()


@dataclass(frozen=True, slots=True)
class ContactSearch:
    """One page of the contacts that a filter lets through, by `contact_updated_at`."""

    among: ContactFilter = EVERYBODY
    page: int = 1
    size: int = PAGE
    oldest_first: bool = False

    def body(self) -> dict[str, Any]:
        """The call's body. A filter that lets everybody through is left out."""
        filters = {"contact_stage_ids": self.among.stages, "contact_label_ids": self.among.labels}
        return {
            "sort_by_field": "contact_updated_at",
            "sort_ascending": self.oldest_first,
            "page": self.page,
            "per_page": self.size,
            **{name: list(ids) for name, ids in filters.items() if ids},
        }


class ContactsPage(NamedTuple):
    """The contacts of a page, and how many the filter lets through."""

    contacts: list[dict[str, Any]]
    total: int


def total_of(found: Contacts, size: int) -> int:
    """How many contacts there are; by the number of pages where the answer has no total, which the
    OpenAPI leaves out (docs/design/vendors.md Apollo 2.1)."""
    if found.pagination.total_entries is None:
        return found.pagination.total_pages * size
    return found.pagination.total_entries


class ContactStage(msgspec.Struct, frozen=True):
    """A stage of contacts."""

    id: Name
    name: str


class ContactList(msgspec.Struct, frozen=True):
    """A list of contacts; `count` is Apollo's own, None where it says none."""

    id: str
    name: str
    count: int | None = None
