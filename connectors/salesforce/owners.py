"""Owners in Salesforce: written to leads and contacts, and read back with what they are: a user,
active or not, or a queue."""

from collections.abc import Callable, Sequence

from connectors.core.answers import all_of, read, sound
from connectors.core.crm import Owner, OwnerReadback, OwnerWrite, Row
from connectors.core.errors import RecordRejected
from connectors.core.literals import literal
from connectors.core.splitting import one_by_one
from connectors.core.user_directory import UserDirectory
from connectors.salesforce import records
from connectors.salesforce.client import Record, SalesforceHttp
from connectors.salesforce.contacts import SalesforceContacts
from connectors.salesforce.forms import OwnedRow, UserRow
from leads.records import Change


def owners_of(ids: Sequence[str]) -> list[str]:
    """At most two queries for the owners, with their address, state and kind, of the people who are
    there."""
    return [
        f"SELECT Id, OwnerId, Owner.Email, Owner.IsActive, Owner.Type FROM {kind} WHERE Id IN"
        f" {literal(some)}"
        for kind in ("Lead", "Contact")
        if (some := [i for i in dict.fromkeys(ids) if records.object_of(i) == kind])
    ]


class SalesforceOwners:
    """See crm.Crm. The integration user owns nothing."""

    def __init__(
        self, http: SalesforceHttp, people: SalesforceContacts, clock: Callable[[], float]
    ) -> None:
        self._http, self._people, self._clock = http, people, clock
        self._users = UserDirectory(self.owners, clock)
        self.owner, self.owner_by_email = self._users.by_id, self._users.by_email

    async def assign(self, writes: Sequence[OwnerWrite]) -> list[Row[Change]]:
        rows: list[Row[Change]] = []
        sent: list[Record] = []
        for write in writes:
            owner = await self._users.by_email(write.owner_email) if write.owner_email else None
            if write.owner_email and (owner is None or not owner.active):
                rows.append(
                    RecordRejected(f"Salesforce has no active user {write.owner_email}", "no_owner")
                )
                continue
            fields = records.owner_fields(write, owner.id if owner else "")
            sent.append(
                {
                    "attributes": {"type": records.object_of(write.contact_id)},
                    "id": write.contact_id,
                    **fields,
                }
            )
            rows.append(Change(contact_id=write.contact_id, wrote=fields, before={}))
        sent.sort(key=lambda r: r["attributes"]["type"])
        done = await self._people.update(sent)
        failed = {
            r["id"]: row for r, row in zip(sent, done, strict=True) if not isinstance(row, str)
        }
        return [failed.get(row.contact_id, row) if isinstance(row, Change) else row for row in rows]

    async def read_owners(self, contact_ids: Sequence[str]) -> list[Row[OwnerReadback]]:
        return await one_by_one(contact_ids, self._read)

    async def _read(self, contact_ids: Sequence[str]) -> list[Row[OwnerReadback]]:
        """A record that was merged into another shows that one's owner."""
        at, shown = self._clock(), await self._owned(contact_ids)
        masters = await self._people.masters([i for i in contact_ids if i not in shown])
        heirs = await self._owned([*masters.values()])
        return [
            self._shown(shown.get(i) or heirs.get(masters.get(i, "")), i, at) for i in contact_ids
        ]

    async def _owned(self, ids: Sequence[str]) -> dict[str, OwnedRow]:
        parts = await self._http.queries(*owners_of(ids))
        return {
            row.Id: row
            for part in parts
            for row in all_of("Salesforce", part, lambda item: read(item, OwnedRow))
        }

    def _shown(self, found: OwnedRow | None, ident: str, at: float) -> Row[OwnerReadback]:
        if found is None:
            return RecordRejected(f"{ident} is deleted", "deleted")
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
        users = sound("Salesforce", found, lambda item: read(item, UserRow))
        return [
            Owner(id=u.Id, email=(u.Email or "").casefold(), active=u.IsActive, teams=_roles(u))
            for u in users
            if u.Id != self._http.me
        ]


def _roles(user: UserRow) -> tuple[str, ...]:
    """A user has one role or none; teams are what opportunities and cases have."""
    return (user.UserRole.Name,) if user.UserRole and user.UserRole.Name else ()
