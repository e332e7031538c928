"""Owners of HubSpot's contacts: written, and read back."""

import asyncio
from collections.abc import Callable, Sequence

from leadgate.connectors.contract import Owner, OwnerShown, OwnerWrite, Row
from leadgate.connectors.errors import RowRejected
from leadgate.connectors.hubspot import records
from leadgate.connectors.hubspot.batches import failures
from leadgate.connectors.hubspot.client import HubSpotHttp

_OWNERS_KEPT = 10.0


class HubSpotOwners:
    """See contract.Crm. The list of users is at most ten seconds old."""

    def __init__(self, http: HubSpotHttp, clock: Callable[[], float]) -> None:
        self._http, self._clock = http, clock
        self._owners: dict[str, Owner] = {}
        self._owners_at = -_OWNERS_KEPT
        self._owners_lock = asyncio.Lock()

    async def assign(self, writes: Sequence[OwnerWrite]) -> list[Row[str]]:
        rows: list[Row[str]] = []
        inputs = []
        for write in writes:
            owner = await self.owner_by_email(write.owner_email) if write.owner_email else None
            if write.owner_email and (owner is None or not owner.active):
                rows.append(RowRejected(f"HubSpot has no active owner {write.owner_email}", "no_owner"))
                continue
            properties = {"leadgate_score": str(write.score), "leadgate_status": write.status}
            if owner is not None:
                properties["hubspot_owner_id"] = owner.id
            inputs.append({"id": write.contact_id, "properties": properties, "objectWriteTraceId": write.contact_id})
            rows.append(write.contact_id)
        failed = failures(await self._http.batch("contacts", "update", inputs)) if inputs else {}
        return [failed.get(row, row) if isinstance(row, str) else row for row in rows]

    async def read_owners(self, contact_ids: Sequence[str]) -> list[Row[OwnerShown]]:
        body = await self._http.batch(
            "contacts", "read", [{"id": i} for i in dict.fromkeys(contact_ids)], properties=["hubspot_owner_id"]
        )
        at = self._clock()
        shown = {str(i["id"]): (i.get("properties") or {}).get("hubspot_owner_id") or "" for i in body.get("results", [])}
        rows: list[Row[OwnerShown]] = []
        for contact in contact_ids:
            if contact not in shown:
                rows.append(RowRejected(f"contact {contact} is deleted", "deleted"))
                continue
            owner = await self.owner(shown[contact]) if shown[contact] else None
            rows.append(
                OwnerShown(
                    owner_id=shown[contact], email=owner.email if owner else "", active=bool(owner and owner.active), at=at
                )
            )
        return rows

    async def owner(self, owner_id: str) -> Owner | None:
        await self._fresh_owners()
        return self._owners.get(owner_id)

    async def owner_by_email(self, email: str) -> Owner | None:
        await self._fresh_owners()
        fits = [o for o in self._owners.values() if o.email == email.casefold()]
        return next((o for o in fits if o.active), fits[0] if fits else None)

    async def _fresh_owners(self) -> None:
        async with self._owners_lock:
            if self._clock() - self._owners_at > _OWNERS_KEPT:
                self._owners = {o.id: o for o in await self.owners()}
                self._owners_at = self._clock()

    async def owners(self) -> list[Owner]:
        found: list[Owner] = []
        for archived in ("false", "true"):
            params = {"limit": "100", "archived": archived}
            while params:
                body = await self._http.get("/crm/owners/{v}", **params)
                found += [
                    records.owner_of({**o, "archived": archived == "true" or o.get("archived")}) for o in body.get("results", [])
                ]
                after = ((body.get("paging") or {}).get("next") or {}).get("after")
                params = {**params, "after": after} if after else {}
        return found
