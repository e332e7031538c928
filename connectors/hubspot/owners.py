"""Owners of HubSpot's contacts: written, and read back."""

from collections.abc import Callable, Sequence
from functools import partial

from connectors.core.answers import read, sound
from connectors.core.crm import Owner, OwnerReadback, OwnerWrite, Page, Row
from connectors.core.errors import RecordRejected, VendorError
from connectors.core.pagination import follow, rows_of
from connectors.core.user_directory import UserDirectory
from connectors.hubspot import records
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.contacts import HubSpotContacts
from connectors.hubspot.forms import Listing, OwnerRow, Thing
from leads.records import Change


class HubSpotOwners:
    """See crm.Crm."""

    def __init__(
        self, http: HubSpotHttp, people: HubSpotContacts, clock: Callable[[], float]
    ) -> None:
        self._http, self._people, self._clock = http, people, clock
        self._users = UserDirectory(self.owners, clock)
        self.owner, self.owner_by_email = self._users.by_id, self._users.by_email

    async def assign(self, writes: Sequence[OwnerWrite]) -> list[Row[Change]]:
        rows: list[Row[Change]] = []
        inputs = []
        for write in writes:
            owner = await self._users.by_email(write.owner_email) if write.owner_email else None
            if write.owner_email and (owner is None or not owner.active):
                rows.append(
                    RecordRejected(f"HubSpot has no active owner {write.owner_email}", "no_owner")
                )
                continue
            properties = records.owner_properties(write, owner.id if owner else "")
            inputs.append(
                {
                    "id": write.contact_id,
                    "properties": properties,
                    "objectWriteTraceId": write.contact_id,
                }
            )
            rows.append(Change(contact_id=write.contact_id, wrote=properties, before={}))
        done = await self._people.update(inputs)
        failed = {
            one["id"]: row
            for one, row in zip(inputs, done, strict=True)
            if isinstance(row, VendorError)
        }
        return [failed.get(row.contact_id, row) if isinstance(row, Change) else row for row in rows]

    async def read_owners(self, contact_ids: Sequence[str]) -> list[Row[OwnerReadback]]:
        held = await self._people.held(contact_ids, ["hubspot_owner_id"])
        at = self._clock()
        return [await self._shown(held[contact], at) for contact in contact_ids]

    async def _shown(self, held: Row[Thing], at: float) -> Row[OwnerReadback]:
        if isinstance(held, VendorError):
            return held
        ident = held.properties.get("hubspot_owner_id") or ""
        owner = await self._users.by_id(ident) if ident else None
        return OwnerReadback(
            owner_id=ident,
            email=owner.email if owner else "",
            active=bool(owner and owner.active),
            at=at,
        )

    async def owners(self) -> list[Owner]:
        active = await rows_of(follow(partial(self._page, archived=False)))
        return active + await rows_of(follow(partial(self._page, archived=True)))

    async def _page(self, after: str, *, archived: bool) -> Page[Owner]:
        params = {"limit": "100", "archived": "true" if archived else "false"}
        if after:
            params["after"] = after
        body = await self._http.get(Listing, "/crm/owners/{v}", **params)
        rows = sound("HubSpot", body.results, lambda item: read(item, OwnerRow))
        owner_of = partial(records.owner_of, archived=archived)
        return Page(rows=[*map(owner_of, rows)], after=body.after)
