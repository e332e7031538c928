"""Owners in Salesforce: written to leads and contacts, and read back with what they are: a user,
active or not, or a queue."""

from collections.abc import Callable, Sequence
from functools import partial

from connectors.core.answers import read, sound
from connectors.core.assignment import Assigned, assign
from connectors.core.crm import Owner, OwnerReadback, OwnerWrite, Row
from connectors.core.literals import literal
from connectors.core.splitting import one_by_one
from connectors.core.user_directory import UserDirectory
from connectors.salesforce import records
from connectors.salesforce.client import SalesforceHttp
from connectors.salesforce.contacts import SalesforceContacts
from connectors.salesforce.people import SalesforcePeople
from connectors.salesforce.refusals import deleted
from connectors.salesforce.rows import OwnedRow, UserRow
from leads.records import Change

_OWNER = "Id, OwnerId, Owner.Email, Owner.IsActive, Owner.Type"


def owners_of(ids: Sequence[str]) -> list[str]:
    """At most two queries for the owners, with their address, state and kind, of the people who are
    there."""
    asked: list[str] = []
    for kind, some in records.by_object(ids):
        asked.append(f"SELECT {_OWNER} FROM {kind} WHERE Id IN {literal(some)}")
    return asked


class SalesforceOwners:
    """See crm.Crm. The integration user owns nothing."""

    def __init__(
        self,
        http: SalesforceHttp,
        people: SalesforcePeople,
        contacts: SalesforceContacts,
        clock: Callable[[], float],
    ) -> None:
        self._http, self._people, self._contacts = http, people, contacts
        self._clock = clock
        self._users = UserDirectory(self.owners, clock)
        self.owner, self.owner_by_email = self._users.by_id, self._users.by_email

    async def assign(self, writes: Sequence[OwnerWrite]) -> list[Row[Change]]:
        no_owner = "Salesforce has no active user"
        by_email = self._users.by_email
        return await assign(writes, by_email, records.owner_fields, self._send, no_owner)

    async def _send(self, assigned: Sequence[Assigned]) -> list[Row[str]]:
        """Write fields of people, by object: a call takes ten changes of type."""
        places = sorted(
            range(len(assigned)), key=lambda place: records.object_of(assigned[place][0])
        )
        sent = [records.update_of(*assigned[place]) for place in places]
        rows = dict(zip(places, await self._contacts.update(sent), strict=True))
        return [rows[place] for place in range(len(assigned))]

    async def read_owners(self, contact_ids: Sequence[str]) -> list[Row[OwnerReadback]]:
        return await one_by_one(contact_ids, self._read)

    async def _read(self, contact_ids: Sequence[str]) -> list[Row[OwnerReadback]]:
        """A record that was merged into another shows that one's owner."""
        at = self._clock()
        found = await self._people.read_merged(contact_ids, self._owned)
        return [self._shown(row, ident, at) for ident, row in zip(contact_ids, found, strict=True)]

    async def _owned(self, ids: Sequence[str]) -> dict[str, OwnedRow]:
        owned: dict[str, OwnedRow] = {}
        for row in await self._http.rows(partial(read, form=OwnedRow), *owners_of(ids)):
            owned[row.Id] = row
        return owned

    def _shown(self, found: OwnedRow | None, ident: str, at: float) -> Row[OwnerReadback]:
        if found is None:
            return deleted(ident)
        owner = found.Owner
        if owner is None or found.OwnerId == self._http.me or owner.Type != "User":
            # a queue is no rep, and we are none
            return OwnerReadback(owner_id="", email="", active=False, at=at)
        email = (owner.Email or "").casefold()
        return OwnerReadback(
            owner_id=found.OwnerId, email=email, active=bool(owner.IsActive), at=at
        )

    async def owners(self) -> list[Owner]:
        [found] = await self._http.queries(
            "SELECT Id, Email, IsActive, UserRole.Name FROM User WHERE UserType = 'Standard'"
        )
        users = sound("Salesforce", found, partial(read, form=UserRow))
        owners: list[Owner] = []
        for user in users:
            if user.Id != self._http.me:
                owners.append(_owner_of(user))
        return owners


def _owner_of(user: UserRow) -> Owner:
    email = (user.Email or "").casefold()
    return Owner(id=user.Id, email=email, active=user.IsActive, teams=_roles(user))


def _roles(user: UserRow) -> tuple[str, ...]:
    """A user has one role or none; teams are what opportunities and cases have."""
    if user.UserRole is None or not user.UserRole.Name:
        return ()
    return (user.UserRole.Name,)
