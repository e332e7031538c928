"""HubSpot behind the CRM contract.

Look-ups are key reads; nothing is decided on its search, but for companies' domains.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from connectors.core.answers import sound
from connectors.core.crm import (
    Account,
    ActivityAsked,
    CompanyAsked,
    Contact,
    ContactWrite,
    CrmRequirements,
    EnrolWrite,
    NoteWrite,
    Owner,
    OwnerReadback,
    OwnerWrite,
    Page,
    Row,
    TaskWrite,
    UpsertResult,
)
from connectors.core.errors import RecordRejected, Unreadable, VendorError
from connectors.core.fields import Field
from connectors.core.pagination import follow, keys_of
from connectors.core.splitting import one_by_one
from connectors.core.stopping import OPT_OUT, do_all
from connectors.hubspot import records
from connectors.hubspot.batches import BY_ID, things, write_all
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.companies import COMPANY, HubSpotCompanies
from connectors.hubspot.contacts import HubSpotContacts
from connectors.hubspot.engagements import HubSpotTasks
from connectors.hubspot.forms import Done, Listing, Lists, Members, Thing, thing
from connectors.hubspot.owners import HubSpotOwners
from connectors.hubspot.sequences import HubSpotSequences
from connectors.hubspot.setup import HubSpotSetup
from leads.records import Change

_MOST_SEARCHED = 9800  # rows of one query, which ends at 10,000


class HubSpotCrm:
    """See crm.Crm. `clock` tells the time of read-backs; list names are looked up once."""

    batch = 100
    tells_deleted = True
    identity = records.IDENTITY

    def __init__(self, http: HubSpotHttp, clock: Callable[[], float]) -> None:
        self._http = http
        self._companies = companies = HubSpotCompanies(http, clock)
        self._people = HubSpotContacts(http, companies)
        self._owners = HubSpotOwners(http, self._people, clock)
        self._tasks = HubSpotTasks(http)
        self._lists: dict[str, str] = {}
        self._sequences = HubSpotSequences(http, self._owners.owner, self._membership, self.read)
        self._setup = HubSpotSetup(http, self._list_id, self._lacking)

    async def upsert(self, writes: Sequence[ContactWrite]) -> list[Row[UpsertResult]]:
        return await self._people.upsert(writes)

    async def accounts(self, asked: Sequence[CompanyAsked]) -> list[Row[Account | None]]:
        return await self._companies.accounts(asked)

    async def assign(self, writes: Sequence[OwnerWrite]) -> list[Row[Change]]:
        return await self._owners.assign(writes)

    async def read_owners(self, contact_ids: Sequence[str]) -> list[Row[OwnerReadback]]:
        return await self._owners.read_owners(contact_ids)

    async def owner(self, owner_id: str) -> Owner | None:
        return await self._owners.owner(owner_id)

    async def owner_by_email(self, email: str) -> Owner | None:
        return await self._owners.owner_by_email(email)

    async def add_tasks(self, writes: Sequence[TaskWrite]) -> list[Row[str]]:
        return await self._tasks.add_tasks(writes)

    async def add_notes(self, writes: Sequence[NoteWrite]) -> list[Row[str]]:
        return await self._tasks.add_notes(writes)

    async def activities(self, asked: Sequence[ActivityAsked]) -> list[float]:
        return await self._tasks.activities(asked)

    async def enrol(self, write: EnrolWrite) -> bool:
        return await self._sequences.enrol(write)

    async def unenrol(self, contact_id: str, leave: str) -> bool:
        return await self._sequences.unenrol(contact_id, leave)

    async def fields(self) -> dict[str, Field]:
        return await self._setup.fields()

    async def check(self, wants: CrmRequirements) -> list[str]:
        return await self._setup.check(wants)

    async def provision(self, wants: CrmRequirements, *, dry_run: bool = False) -> list[str]:
        return await self._setup.provision(wants, dry_run=dry_run)

    async def limits(self, wants: CrmRequirements) -> list[str]:
        return await self._setup.limits(wants)

    async def company_fields(self) -> dict[str, Field]:
        return await self._setup.company_fields()

    async def owners(self) -> list[Owner]:
        return await self._owners.owners()

    async def _lacking(self, wants: CrmRequirements) -> list[str]:
        return await self._sequences.lacking(wants, await self.owners()) if wants.sequences else []

    # Lists, opt-out, changes

    async def enter_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        return await self._membership(name, contact_ids, "add")

    async def leave_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        return await self._membership(name, contact_ids, "remove")

    async def _membership(self, name: str, contact_ids: Sequence[str], verb: str) -> list[Row[str]]:
        list_id = await self._list_id(name)

        async def call(some: Sequence[str]) -> list[Row[str]]:
            path = "/crm/lists/{v}/{}/memberships/{}"
            body = await self._http.send(Members, "PUT", path, list_id, verb, body=list(some))
            missing = {str(i) for i in body.recordIdsMissing or ()}
            return [
                RecordRejected(f"contact {i} is deleted", "deleted") if i in missing else i
                for i in some
            ]

        asked = [*dict.fromkeys(contact_ids)]
        rows = dict(zip(asked, await one_by_one(asked, call), strict=True))
        return [rows[i] for i in contact_ids]

    async def _list_id(self, name: str) -> str:
        if name not in self._lists:
            body = {"query": name, "processingTypes": ["MANUAL"], "count": 100}
            found = await self._http.send(Lists, "POST", "/crm/lists/{v}/search", body=body)
            self._lists.update({item.name: str(item.listId) for item in found.lists})
        if name not in self._lists:
            raise RecordRejected(f"HubSpot has no manual list {name!r}; run leadgate provision")
        return self._lists[name]

    async def stop(self, contact_id: str, kind: str, lists: Sequence[str]) -> None:
        """Each of the three is tried whatever becomes of the others, and each is harmless twice.

        See stopping.all_of.
        """
        steps = [partial(self._leave, name, contact_id) for name in lists]
        steps.append(partial(self._mark, contact_id, kind))
        if kind in OPT_OUT:
            steps.append(partial(self._unsubscribe, contact_id))
        await do_all(steps)

    async def _leave(self, name: str, contact_id: str) -> None:
        for row in await self._membership(name, [contact_id], "remove"):
            if isinstance(row, VendorError):
                raise row

    async def _mark(self, contact_id: str, kind: str) -> None:
        sent = {
            "id": contact_id,
            "properties": {records.STATUS: kind},
            "objectWriteTraceId": contact_id,
        }
        for row in await self._people.update([sent]):
            if isinstance(row, VendorError):
                raise row

    async def _unsubscribe(self, contact_id: str) -> None:
        """No mail of HubSpot's goes to any address of the contact."""
        held = (await self._people.held([contact_id], records.READ))[contact_id]
        if isinstance(held, VendorError):
            raise held
        contact = records.contact_of(held)
        path = "/communication-preferences/v4/statuses/{}/unsubscribe-all"
        addresses = [email for email in (contact.email, *contact.emails) if email]
        await do_all(
            [
                partial(self._http.send, Done, "POST", path, a, body={}, channel="EMAIL")
                for a in addresses
            ]
        )

    async def changed_since(self, since: float) -> list[Contact]:
        found: list[Contact] = []
        async for page in self._changed(
            "contacts",
            since,
            records.READ,
            {"propertyName": records.KEY, "operator": "HAS_PROPERTY"},
        ):
            found += map(records.contact_of, page)
            if len(found) >= _MOST_SEARCHED:  # the next poll goes on from the last time
                break
        return found

    async def contacts_since(self, since: float) -> AsyncIterator[list[Contact]]:
        async for page in self._changed(
            "contacts", since, ["email", "hs_additional_emails", records.KEY]
        ):
            yield [records.contact_of(item) for item in page]

    async def companies_since(self, since: float) -> AsyncIterator[list[Account]]:
        async for page in self._changed("companies", since, records.COMPANY_READ):
            yield [*map(records.company_of, page)]

    async def _changed(
        self, kind: str, since: float, properties: Sequence[str], *more: dict[str, str]
    ) -> AsyncIterator[list[Thing]]:
        """Pages in the order of change.

        A query ends at 10,000 rows, so another one begins where it ends.
        """
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
            items = sound("HubSpot", page.results, records.heard if kind == "contacts" else thing)
            yield items
            if page.after == after and after:
                raise Unreadable(f"HubSpot says that its page after {after} is followed by itself")
            read, after = read + len(page.results), page.after
            if not after or not page.results:
                return
            if read >= _MOST_SEARCHED:
                newest = max(
                    (int(records.seconds(item.properties.get(stamp)) * 1000) for item in items),
                    default=0,
                )
                if newest <= at:
                    return  # ten thousand of one moment: no query can tell the rest
                at, after, read = newest, "", 0

    async def deleted(self, since: float, keys: Mapping[str, str]) -> AsyncIterator[list[Contact]]:
        """All that lie in the recycle bin: HubSpot lists them by id, and searches none of them."""
        del since, keys
        async for page in self._listing("contacts", records.READ, archived="true"):
            yield [c for item in page.rows if (c := records.contact_of(item)).key]

    async def contacts(self, after: str = "") -> AsyncIterator[Page[Contact]]:
        async for page in self._listing("contacts", records.READ, after):
            yield Page(rows=[*map(records.contact_of, page.rows)], after=page.after)

    def known_keys(self) -> AsyncIterator[dict[str, str]]:
        return keys_of(self.contacts())

    async def companies(self, after: str = "") -> AsyncIterator[Page[Account]]:
        async for page in self._listing("companies", records.COMPANY_READ, after):
            yield Page(rows=[*map(records.company_of, page.rows)], after=page.after)

    def _listing(
        self, kind: str, properties: Sequence[str], after: str = "", **more: str
    ) -> AsyncIterator[Page[Thing]]:
        """Every object of a kind, or those from a place on, a page at a time."""
        params = {"limit": "100", "properties": ",".join(properties), **more}

        async def read(place: str) -> Page[Thing]:
            begin = {"after": place} if place else {}
            body = await self._http.get(Listing, "/crm/objects/{v}/{}", kind, **params, **begin)
            return Page(rows=things(body.results, kind), after=body.after)

        return follow(read, after)

    # What was there before, for `leadgate undo`

    async def read(
        self, contact_ids: Sequence[str], names: Sequence[str]
    ) -> list[dict[str, Any] | None]:
        rows = await self._people.held([i for i in contact_ids if not i.startswith(COMPANY)], names)
        people = {i: row.properties for i, row in rows.items() if isinstance(row, Thing)}
        for row in rows.values():
            if isinstance(row, VendorError) and not (
                isinstance(row, RecordRejected) and row.kind == "deleted"
            ):
                raise row
        held = people | await self._companies.read(contact_ids, names)
        return [
            {n: held[i].get(n) or None for n in names} if i in held else None for i in contact_ids
        ]

    async def restore(self, contact_id: str, values: Mapping[str, Any]) -> None:
        properties = {
            name: "" if value is None else records.text_of(value) for name, value in values.items()
        }
        kind, ident = (
            ("companies" if contact_id.startswith(COMPANY) else "contacts"),
            contact_id.removeprefix(COMPANY),
        )
        sent = {"id": ident, "properties": properties, "objectWriteTraceId": ident}
        for row in await (
            self._people.update([sent])
            if kind == "contacts"
            else write_all(self._http, kind, "update", [sent], BY_ID)
        ):
            if isinstance(row, VendorError):
                raise row

    async def close(self) -> None:
        await self._http.close()
