"""Owners of HubSpot's contacts: written, and read back."""

from collections.abc import Callable, Sequence

from connectors.contract import Owner, OwnerShown, OwnerWrite, Row
from connectors.errors import RowRejected
from connectors.hubspot import records
from connectors.hubspot.batches import failures
from connectors.hubspot.client import HubSpotHttp
from connectors.users import Users
from leads.records import Change


class HubSpotOwners:
    """See contract.Crm."""

    def __init__(self, http: HubSpotHttp, clock: Callable[[], float]) -> None:
        self._http, self._clock = http, clock
        self._users = Users(self.owners, clock)
        self.owner, self.owner_by_email = self._users.by_id, self._users.by_email

    async def assign(self, writes: Sequence[OwnerWrite]) -> list[Row[Change]]:
        rows: list[Row[Change]] = []
        inputs = []
        for write in writes:
            owner = await self._users.by_email(write.owner_email) if write.owner_email else None
            if write.owner_email and (owner is None or not owner.active):
                rows.append(RowRejected(f"HubSpot has no active owner {write.owner_email}", "no_owner"))
                continue
            properties = records.owner_properties(write, owner.id if owner else "")
            inputs.append({"id": write.contact_id, "properties": properties, "objectWriteTraceId": write.contact_id})
            rows.append(Change(contact_id=write.contact_id, wrote=properties, before={}))
        failed = failures(await self._http.batch("contacts", "update", inputs)) if inputs else {}
        return [failed.get(row.contact_id, row) if isinstance(row, Change) else row for row in rows]

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
            owner = await self._users.by_id(shown[contact]) if shown[contact] else None
            rows.append(
                OwnerShown(
                    owner_id=shown[contact], email=owner.email if owner else "", active=bool(owner and owner.active), at=at
                )
            )
        return rows

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
