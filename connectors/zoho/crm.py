"""Zoho CRM behind the CRM contract."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from connectors.accounts import answer, conditions
from connectors.cadenced import Cadenced
from connectors.contract import CompanyAsked, CompanyKnown, Contact, Page, Row
from connectors.errors import RowRejected, VendorError
from connectors.literals import quoted
from connectors.paging import in_turn
from connectors.zoho import records
from connectors.zoho.account import ZohoAccount
from connectors.zoho.client import MOST_ROWS, Record, ZohoHttp, moment, row_error
from connectors.zoho.owners import ZohoOwners
from connectors.zoho.people import Person, ZohoPeople
from connectors.zoho.tasks import ZohoTasks

_MODULES = ("Leads", "Contacts")
_OPT_OUT = frozenset({"unsubscribe", "do_not_contact"})


class ZohoCrm:
    """See contract.Crm. A list's name is a cadence's, of the kind that is entered by hand."""

    batch = MOST_ROWS
    tells_deleted = False
    identity = records.IDENTITY

    def __init__(self, http: ZohoHttp, clock: Callable[[], float]) -> None:
        self._http = http
        sequences = Cadenced("Zoho")
        self._account = ZohoAccount(http, clock, sequences)
        self._people, self._owners = ZohoPeople(http, self._account), ZohoOwners(http, self._account, clock)
        self._tasks = ZohoTasks(http)
        self.enrol, self.unenrol = sequences.enrol, sequences.unenrol
        self.company_fields = sequences.company_fields
        self.upsert = self._people.upsert
        self.assign, self.read_owners = self._owners.assign, self._owners.read_owners
        self.owner, self.owner_by_email = self._owners.owner, self._owners.owner_by_email
        self.owners = self._account.owners
        self.add_tasks, self.add_notes, self.activities = self._tasks.add_tasks, self._tasks.add_notes, self._tasks.activities
        self.fields, self.check, self.provision = self._account.fields, self._account.check, self._account.provision
        self.limits = self._account.limits

    # Cadences and opt-out

    async def enter_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        return await self._cadence("enrol_in_cadences", name, contact_ids)

    async def leave_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        return await self._cadence("unenrol_from_cadences", name, contact_ids)

    async def _cadence(self, action: str, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        """Both are harmless twice. A cadence belongs to one module; a contact isn't nurtured as a lead."""
        cadence = await self._account.cadence(name)
        leads = [i for i in dict.fromkeys(contact_ids) if records.module_of(i) == "Leads"]
        failed: dict[str, VendorError] = {}
        for start in range(0, len(leads), MOST_ROWS):
            some = leads[start : start + MOST_ROWS]
            body = await self._http.call("POST", f"Leads/actions/{action}", json={"cadences_ids": [cadence], "ids": some})
            failed.update({i: row_error(row) for i, row in zip(some, body["data"], strict=True) if row["status"] != "success"})
        wrong = RowRejected(f"{name} is a cadence of leads, and this person is a contact")
        return [failed.get(i, i) if records.module_of(i) == "Leads" else wrong for i in contact_ids]

    async def stop(self, contact_id: str, kind: str, lists: Sequence[str]) -> None:
        for name in lists if records.module_of(contact_id) == "Leads" else ():
            await self.leave_list(name, [contact_id])
        fields: Record = {records.STATUS: kind, **({"Email_Opt_Out": True} if kind in _OPT_OUT else {})}
        sent = {"id": records.number_of(contact_id), **fields}
        [row] = await self._http.rows("PUT", records.module_of(contact_id), [sent])
        if isinstance(row, VendorError):
            raise row

    # What was there before, for `leadgate undo`

    async def read(self, contact_ids: Sequence[str], names: Sequence[str]) -> list[dict[str, Any] | None]:
        people = {p.ident: p.record for p in await self._people.by_id(contact_ids, names)}
        return [{n: records.plain(people[i].get(n)) for n in names} if i in people else None for i in contact_ids]

    async def restore(self, contact_id: str, values: Mapping[str, Any]) -> None:
        owner = {"Owner": values["Owner"] or {"id": await self._account.me()}} if "Owner" in values else {}  # nobody is us, here
        sent = {"id": records.number_of(contact_id), **values, **owner}
        [row] = await self._http.rows("PUT", records.module_of(contact_id), [sent])
        if isinstance(row, VendorError):
            raise row

    # What happened, and what is there

    async def changed_since(self, since: float) -> list[Contact]:
        """By Modified_Time; a call doesn't change the person's record, so activities are asked for beside it."""
        me, found = await self._account.me(), {}
        for module in _MODULES:
            where = f"{records.KEY} is not null and Modified_Time >= '{moment(since)}'"
            found.update({(p := Person(module, r)).ident: p for r in await self._people.select(module, where, "Modified_Time")})
        contacted: dict[str, float] = {}
        for who, _, at in await self._tasks.done(since):
            contacted[who] = max(at, contacted.get(who, 0.0))
        others = await self._people.by_id(set(contacted) - set(found))
        found.update({p.ident: p for p in others if p.record.get(records.KEY)})
        people = [self._heard(p, contacted.get(i, 0.0), me) for i, p in found.items()]
        return sorted(people, key=lambda c: c.changed_at)

    @staticmethod
    def _heard(person: Person, contacted: float, me: str) -> Contact:
        contact = records.contact_of(person.module, person.record, me)
        return replace(contact, contacted_at=contacted, changed_at=max(contact.changed_at, contacted))

    async def deleted(self, since: float, keys: Mapping[str, str]) -> AsyncIterator[list[Contact]]:
        """Zoho tells no more than ids, of anybody: those in `keys` are ours."""
        for module in _MODULES:
            async for page in self._http.deleted(module, since):
                gone = [records.ident_of(module, str(r["id"])) for r in page]
                yield [Contact(id=i, key=key) for i in gone if (key := keys.get(i))]

    async def contacts(self, after: str = "") -> AsyncIterator[Page[Contact]]:
        """A place is a module and Zoho's token of a page in it, which lives for a day."""
        me = await self._account.me()
        for module, token, following in in_turn(("Contacts", "Leads"), after):
            async for page, more in self._http.listing(module, records.READ[module], token):
                people = [records.contact_of(module, r, me) for r in page]
                yield Page(rows=people, after=f"{module} {more}" if more else following)

    async def known_keys(self) -> AsyncIterator[dict[str, str]]:
        """By queries, for a listing can't be told whom to leave out."""
        for module in _MODULES:
            async for rows in self._selected(module, (records.KEY,), f"{records.KEY} is not null"):
                yield {records.ident_of(module, str(r["id"])): str(r[records.KEY]) for r in rows}

    async def _selected(self, module: str, fields: Sequence[str], where: str) -> AsyncIterator[list[Record]]:
        """Pages of a query. Each goes on after the last id, for offsets end at 100,000."""
        last, more = "0", True
        while more:
            asked = f"select {','.join(fields)} from {module} where {where} and id > {quoted(last)} order by id"
            rows, more = await self._http.coql_page(asked)
            last = str(rows[-1]["id"]) if rows else last
            yield rows

    async def contacts_since(self, since: float) -> AsyncIterator[list[Contact]]:
        for module in _MODULES:
            fields = ("Email", "Secondary_Email", records.KEY)
            async for rows in self._selected(module, fields, f"Modified_Time >= {quoted(moment(since))}"):
                yield [records.contact_of(module, r) for r in rows]

    async def companies_since(self, since: float) -> AsyncIterator[list[CompanyKnown]]:
        me = await self._account.me()
        async for rows in self._selected("Accounts", records.ACCOUNT_READ, f"Modified_Time >= {quoted(moment(since))}"):
            yield [records.company_of(account, me) for account in rows]

    async def companies(self, after: str = "") -> AsyncIterator[Page[CompanyKnown]]:
        me = await self._account.me()
        async for page, following in self._http.listing("Accounts", records.ACCOUNT_READ, after):
            yield Page(rows=[records.company_of(account, me) for account in page], after=following)

    async def accounts(self, asked: Sequence[CompanyAsked]) -> list[Row[CompanyKnown | None]]:
        me, fields = await self._account.me(), ",".join(records.ACCOUNT_READ)
        queries = (f"select {fields} from Accounts where {where} order by Created_Time" for where in conditions(asked, "id"))
        found = [records.company_of(account, me) for query in queries for account in await self._http.coql(query)]
        return [*answer(asked, found)]

    async def close(self) -> None:
        await self._http.close()
