"""Owners of HubSpot's contacts: written, and read back."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import starmap

from connectors.core.answers import read, sound
from connectors.core.assignment import Assigned, assign
from connectors.core.crm import Owner, OwnerReadback, OwnerWrite, Page, Row
from connectors.core.errors import VendorError
from connectors.core.pagination import follow, rows_of
from connectors.core.user_directory import UserDirectory
from connectors.hubspot import records
from connectors.hubspot.batches import change_input
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.contacts import HubSpotContacts
from connectors.hubspot.forms import HubSpotObject, Listing, OwnerRow
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
        return await assign(
            writes,
            self.owner_by_email,
            records.owner_properties,
            self._send,
            "HubSpot has no active owner",
        )

    async def _send(self, sent: Sequence[Assigned]) -> list[Row[HubSpotObject]]:
        return await self._people.update([*starmap(change_input, sent)])

    async def read_owners(self, contact_ids: Sequence[str]) -> list[Row[OwnerReadback]]:
        held = await self._people.held(contact_ids, [records.OWNER])
        at = self._clock()
        return [await self._shown(held[contact], at) for contact in contact_ids]

    async def _shown(self, held: Row[HubSpotObject], at: float) -> Row[OwnerReadback]:
        if isinstance(held, VendorError):
            return held
        ident = held.text(records.OWNER)
        owner = await self.owner(ident) if ident else None
        if owner is None:
            return OwnerReadback(owner_id=ident, email="", active=False, at=at)
        return OwnerReadback(owner_id=ident, email=owner.email, active=owner.active, at=at)

    async def owners(self) -> list[Owner]:
        active = await rows_of(follow(partial(self._page, archived=False)))
        return active + await rows_of(follow(partial(self._page, archived=True)))

    async def _page(self, after: str, *, archived: bool) -> Page[Owner]:
        params = {"limit": "100", "archived": str(archived).lower()}
        if after:
            params["after"] = after
        body = await self._http.get(Listing, "/crm/owners/{v}", **params)
        rows = sound("HubSpot", body.results, lambda item: read(item, OwnerRow))
        owner_of = partial(records.owner_of, archived=archived)
        return Page(rows=[*map(owner_of, rows)], after=body.after)
