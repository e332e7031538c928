"""A lead beside the one that it may be the same person as: what differs comes first."""

from collections.abc import Collection
from typing import NamedTuple

from app.console.access.scopes import Scope
from app.console.lead_rows import LeadRow, find_lead
from app.console.pages.people import people_of
from app.console.serving.state import ConsoleState
from leads.records import AuditPerson, Company, Person, ReviewItem

_PERSON = ("first_name", "last_name", "title", "email", "phone", "linkedin")
_LOCATION = ("city", "state", "country")


class ComparedField(NamedTuple):
    """A field's value of both leads, '' where one has none."""

    name: str
    here: str
    there: str

    @property
    def differs(self) -> bool:
        """Whether both leads have the field, and not the same, whatever their case."""
        same = self.here.casefold() == self.there.casefold()
        return bool(self.here and self.there and not same)


class OtherLead(NamedTuple):
    """The other lead; `person` is None where it can't be shown: without the scope, or erased."""

    row: LeadRow
    person: AuditPerson | None
    fields: list[ComparedField]


async def other_lead(
    state: ConsoleState, scopes: Collection[Scope], item: ReviewItem
) -> OtherLead | None:
    """The lead that an item asks about; None if it asks about none, or that one is not known."""
    row = await state.ask(find_lead, item.asked_about) if item.asked_about else None
    if row is None:
        return None
    person = (await people_of(state, scopes, [row.lead])).get(row.lead)
    return OtherLead(row, person, compare(item.person, item.company, person, row))


def compare(
    person: Person, company: Company, other: Person | None, row: LeadRow
) -> list[ComparedField]:
    """Every field that one of the two has; those that differ first, in the order of the form. An
    erased person has none."""
    other = other or Person()
    found = [
        *_fields(_PERSON, person, other),
        ComparedField("company.name", company.name, row.company or ""),
        ComparedField("company.domain", company.domain, row.domain or ""),
        *_fields(_LOCATION, person, other),
    ]
    shown = [one for one in found if one.here or one.there]
    return sorted(shown, key=lambda one: not one.differs)


def _fields(names: Collection[str], here: Person, there: Person) -> list[ComparedField]:
    return [ComparedField(name, getattr(here, name), getattr(there, name)) for name in names]
