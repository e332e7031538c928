"""HubSpot behind the CRM contract. Look-ups are key reads; nothing is decided on its search, but for companies' domains."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from connectors.contract import CompanyKnown, Contact, Owner, Page, Row, Wants
from connectors.errors import RowRejected
from connectors.hubspot import records
from connectors.hubspot.batches import failures
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.companies import COMPANY, HubSpotCompanies
from connectors.hubspot.owners import HubSpotOwners
from connectors.hubspot.people import HubSpotPeople
from connectors.hubspot.sequences import HubSpotSequences
from connectors.hubspot.setup import HubSpotSetup
from connectors.hubspot.tasks import HubSpotTasks
from connectors.paging import keys_of

_MOST_SEARCHED = 9800  # rows of one query, which ends at 10,000


class HubSpotCrm:
    """See contract.Crm. `clock` tells the time of read-backs; list names are looked up once."""

    batch = 100
    tells_deleted = True
    identity = records.IDENTITY

    def __init__(self, http: HubSpotHttp, clock: Callable[[], float]) -> None:
        self._http = http
        self._companies = companies = HubSpotCompanies(http, clock)
        self._people = HubSpotPeople(http, companies)
        self._owners = HubSpotOwners(http, clock)
        self._tasks = HubSpotTasks(http)
        self._lists: dict[str, str] = {}
        self.upsert, self.accounts = self._people.upsert, companies.accounts
        self.assign, self.read_owners = self._owners.assign, self._owners.read_owners
        self.owner, self.owner_by_email = self._owners.owner, self._owners.owner_by_email
        self.add_tasks, self.add_notes, self.activities = self._tasks.add_tasks, self._tasks.add_notes, self._tasks.activities
        self._sequences = HubSpotSequences(http, self._owners.owner, self._membership, self.read)
        self.enrol, self.unenrol = self._sequences.enrol, self._sequences.unenrol
        self._setup = HubSpotSetup(http, self._list_id, self._lacking)
        self.fields, self.check, self.provision = self._setup.fields, self._setup.check, self._setup.provision
        self.limits, self.company_fields = self._setup.limits, self._setup.company_fields

    async def owners(self) -> list[Owner]:
        return await self._owners.owners()

    async def _lacking(self, wants: Wants) -> list[str]:
        return await self._sequences.lacking(wants, await self.owners()) if wants.sequences else []

    # Lists, opt-out, changes

    async def enter_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        return await self._membership(name, contact_ids, "add")

    async def leave_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        return await self._membership(name, contact_ids, "remove")

    async def _membership(self, name: str, contact_ids: Sequence[str], verb: str) -> list[Row[str]]:
        list_id = await self._list_id(name)
        body = await self._http.send("PUT", f"/crm/lists/{{v}}/{list_id}/memberships/{verb}", list(dict.fromkeys(contact_ids)))
        missing = {str(i) for i in body.get("recordIdsMissing", [])}
        return [RowRejected(f"contact {i} is deleted", "deleted") if i in missing else i for i in contact_ids]

    async def _list_id(self, name: str) -> str:
        if name not in self._lists:
            body = await self._http.send(
                "POST", "/crm/lists/{v}/search", {"query": name, "processingTypes": ["MANUAL"], "count": 100}
            )
            self._lists.update({item["name"]: str(item["listId"]) for item in body.get("lists", [])})
        if name not in self._lists:
            raise RowRejected(f"HubSpot has no manual list {name!r}; run leadgate provision")
        return self._lists[name]

    async def stop(self, contact_id: str, kind: str, lists: Sequence[str]) -> None:
        for name in lists:
            await self._membership(name, [contact_id], "remove")
        body = await self._http.batch("contacts", "update", [{"id": contact_id, "properties": {"leadgate_status": kind}}])
        if kind in {"unsubscribe", "do_not_contact"} and (item := next(iter(body.get("results", [])), None)):
            read = await self._people.read_by_id([str(item["id"])])
            for contact in map(records.contact_of, read.values()):
                for email in (contact.email, *contact.emails):
                    await self._http.send(
                        "POST", f"/communication-preferences/v4/statuses/{email}/unsubscribe-all?channel=EMAIL", {}
                    )

    async def changed_since(self, since: float) -> list[Contact]:
        found: list[Contact] = []
        async for page in self._changed(
            "contacts", since, records.READ, {"propertyName": records.KEY, "operator": "HAS_PROPERTY"}
        ):
            found += map(records.contact_of, page)
            if len(found) >= _MOST_SEARCHED:  # the next poll goes on from the last time
                break
        return found

    async def contacts_since(self, since: float) -> AsyncIterator[list[Contact]]:
        async for page in self._changed("contacts", since, ["email", "hs_additional_emails", records.KEY]):
            yield [records.contact_of(item) for item in page]

    async def companies_since(self, since: float) -> AsyncIterator[list[CompanyKnown]]:
        async for page in self._changed("companies", since, records.COMPANY_READ):
            yield [records.company_of(str(item["id"]), item.get("properties") or {}) for item in page]

    async def _changed(
        self, kind: str, since: float, properties: Sequence[str], *more: dict[str, str]
    ) -> AsyncIterator[list[dict[str, Any]]]:
        """Pages in the order of change. A query ends at 10,000 rows, so another one begins where it ends."""
        stamp = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
        at, after, read = int(since * 1000), "", 0
        while True:
            filters = [{"propertyName": stamp, "operator": "GTE", "value": str(at)}, *more]
            body: dict[str, Any] = {
                "filterGroups": [{"filters": filters}],
                "sorts": [{"propertyName": stamp, "direction": "ASCENDING"}],
                "properties": [*properties, stamp],
                "limit": 200,
                **({"after": after} if after else {}),
            }
            page = await self._http.search(kind, body)
            items: list[dict[str, Any]] = page.get("results", [])
            yield items
            read, after = read + len(items), str(((page.get("paging") or {}).get("next") or {}).get("after") or "")
            if not after:
                return
            if read >= _MOST_SEARCHED:
                newest = int(records.seconds(items[-1]["properties"][stamp]) * 1000)
                if newest <= at:
                    return  # ten thousand of one moment: no query can tell the rest
                at, after, read = newest, "", 0

    async def deleted(self, since: float, keys: Mapping[str, str]) -> AsyncIterator[list[Contact]]:
        """All that lie in the recycle bin: HubSpot lists them by id, and searches none of them."""
        del since, keys
        async for page, _ in self._pages("contacts", ",".join(records.READ), archived="true"):
            yield [c for item in page if (c := records.contact_of(item)).key]

    async def contacts(self, after: str = "") -> AsyncIterator[Page[Contact]]:
        async for page, following in self._pages("contacts", ",".join(records.READ), after):
            yield Page(rows=[records.contact_of(item) for item in page], after=following)

    def known_keys(self) -> AsyncIterator[dict[str, str]]:
        return keys_of(self.contacts())

    async def companies(self, after: str = "") -> AsyncIterator[Page[CompanyKnown]]:
        async for page, following in self._pages("companies", ",".join(records.COMPANY_READ), after):
            companies = [records.company_of(str(item["id"]), item.get("properties") or {}) for item in page]
            yield Page(rows=companies, after=following)

    async def _pages(
        self, kind: str, properties: str, after: str = "", **more: str
    ) -> AsyncIterator[tuple[list[dict[str, Any]], str]]:
        """Pages, each with where the next begins."""
        params = {"limit": "100", "properties": properties, **more} | ({"after": after} if after else {})
        while params:
            body = await self._http.get(f"/crm/objects/{{v}}/{kind}", **params)
            after = str(((body.get("paging") or {}).get("next") or {}).get("after") or "")
            yield body.get("results", []), after
            params = {**params, "after": after} if after else {}

    # What was there before, for `leadgate undo`

    async def read(self, contact_ids: Sequence[str], names: Sequence[str]) -> list[dict[str, Any] | None]:
        people = await self._people.read_by_id([i for i in contact_ids if not i.startswith(COMPANY)], names)
        held = {i: item.get("properties") or {} for i, item in people.items()}
        held |= await self._companies.read(contact_ids, names)
        return [{n: held[i].get(n) or None for n in names} if i in held else None for i in contact_ids]

    async def restore(self, contact_id: str, values: Mapping[str, Any]) -> None:
        properties = {name: "" if value is None else records.text_of(value) for name, value in values.items()}
        kind, ident = ("companies" if contact_id.startswith(COMPANY) else "contacts"), contact_id.removeprefix(COMPANY)
        body = await self._http.batch(kind, "update", [{"id": ident, "properties": properties, "objectWriteTraceId": "0"}])
        for error in failures(body).values():
            raise error

    async def close(self) -> None:
        await self._http.close()
