"""Zoho CRM behind the CRM contract."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from msgspec.structs import replace

from connectors.core.account_lookup import answer, conditions
from connectors.core.answers import all_of, each, read, sound
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
from connectors.core.list_only import ListOnlySequences
from connectors.core.literals import quoted
from connectors.core.pagination import follow, in_turn
from connectors.core.splitting import one_by_one
from connectors.core.stopping import OPT_OUT, do_all, mark
from connectors.zoho import records
from connectors.zoho.client import MOST_ROWS, ZohoHttp, moment, saved
from connectors.zoho.contacts import Person, ZohoContacts
from connectors.zoho.forms import Answered, GoneRow, KeyRow
from connectors.zoho.owners import ZohoOwners
from connectors.zoho.setup import ZohoAccount
from connectors.zoho.tasks import ZohoTasks
from leads.records import Change

_MODULES = ("Leads", "Contacts")


class ZohoCrm:
    """See crm.Crm. A list's name is a cadence's, of the kind that is entered by hand."""

    batch = MOST_ROWS
    tells_deleted = False
    identity = records.IDENTITY

    def __init__(self, http: ZohoHttp, clock: Callable[[], float]) -> None:
        self._http = http
        self._sequences = sequences = ListOnlySequences("Zoho")
        self._account = ZohoAccount(http, clock, sequences)
        self._people, self._owners = (
            ZohoContacts(http, self._account),
            ZohoOwners(http, self._account, clock),
        )
        self._tasks = ZohoTasks(http)

    async def enrol(self, write: EnrolWrite) -> bool:
        return await self._sequences.enrol(write)

    async def unenrol(self, contact_id: str, leave: str) -> bool:
        return await self._sequences.unenrol(contact_id, leave)

    async def company_fields(self) -> dict[str, Field]:
        return await self._sequences.company_fields()

    async def upsert(self, writes: Sequence[ContactWrite]) -> list[Row[UpsertResult]]:
        return await self._people.upsert(writes)

    async def assign(self, writes: Sequence[OwnerWrite]) -> list[Row[Change]]:
        return await self._owners.assign(writes)

    async def read_owners(self, contact_ids: Sequence[str]) -> list[Row[OwnerReadback]]:
        return await self._owners.read_owners(contact_ids)

    async def owner(self, owner_id: str) -> Owner | None:
        return await self._owners.owner(owner_id)

    async def owner_by_email(self, email: str) -> Owner | None:
        return await self._owners.owner_by_email(email)

    async def owners(self) -> list[Owner]:
        return await self._account.owners()

    async def add_tasks(self, writes: Sequence[TaskWrite]) -> list[Row[str]]:
        return await self._tasks.add_tasks(writes)

    async def add_notes(self, writes: Sequence[NoteWrite]) -> list[Row[str]]:
        return await self._tasks.add_notes(writes)

    async def activities(self, asked: Sequence[ActivityAsked]) -> list[float]:
        return await self._tasks.activities(asked)

    async def fields(self) -> dict[str, Field]:
        return await self._account.fields()

    async def check(self, wants: CrmRequirements) -> list[str]:
        return await self._account.check(wants)

    async def provision(self, wants: CrmRequirements, *, dry_run: bool = False) -> list[str]:
        return await self._account.provision(wants, dry_run=dry_run)

    async def limits(self, wants: CrmRequirements) -> list[str]:
        return await self._account.limits(wants)

    # Cadences and opt-out

    async def enter_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        return await self._cadence("enrol_in_cadences", name, contact_ids)

    async def leave_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        return await self._cadence("unenrol_from_cadences", name, contact_ids)

    async def _cadence(self, action: str, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        """Both are harmless twice.

        A cadence belongs to one module; a contact isn't nurtured as a lead.
        """
        cadence = await self._account.cadence(name)
        leads = [i for i in dict.fromkeys(contact_ids) if records.module_of(i) == "Leads"]

        async def call(some: Sequence[str]) -> list[Row[str]]:
            sent = {"cadences_ids": [cadence], "ids": list(some)}
            done = (
                await self._http.call(Answered, "POST", "Leads/actions/{}", action, json=sent)
            ).data
            if len(done) != len(some):
                raise Unreadable(
                    f"Zoho answered {len(done)} rows to {len(some)}: which is whose can't be told"
                )
            return [
                *each(
                    "Zoho",
                    [*zip(some, done, strict=True)],
                    lambda pair: saved({"id": pair[0]}, pair[1]),
                )
            ]

        rows = await one_by_one(leads, call, MOST_ROWS)
        failed = {
            i: row for i, row in zip(leads, rows, strict=True) if isinstance(row, VendorError)
        }
        wrong = RecordRejected(f"{name} is a cadence of leads, and this person is a contact")
        return [failed.get(i, i) if records.module_of(i) == "Leads" else wrong for i in contact_ids]

    async def stop(self, contact_id: str, kind: str, lists: Sequence[str]) -> None:
        """Each step is made whatever becomes of the others, and is harmless twice."""
        opt_out = {"Email_Opt_Out": True} if kind in OPT_OUT else {}
        leave = [
            partial(self._leave, name, contact_id)
            for name in lists
            if records.module_of(contact_id) == "Leads"
        ]
        await do_all(
            [
                *leave,
                partial(mark, partial(self._write, contact_id), {records.STATUS: kind}, opt_out),
            ]
        )

    async def _leave(self, name: str, contact_id: str) -> None:
        for row in await self.leave_list(name, [contact_id]):
            if isinstance(row, VendorError):
                raise row

    async def _write(self, contact_id: str, fields: Mapping[str, Any]) -> None:
        sent = {"id": records.number_of(contact_id), **fields}
        for row in await self._http.rows(
            "PUT", "{}", records.module_of(contact_id), records=[sent]
        ):
            if isinstance(row, VendorError):
                raise row

    # What was there before, for `leadgate undo`

    async def read(
        self, contact_ids: Sequence[str], names: Sequence[str]
    ) -> list[dict[str, Any] | None]:
        people = {p.ident: p.record for p in await self._people.by_id(contact_ids, names)}
        return [
            {n: records.plain(people[i].get(n)) for n in names} if i in people else None
            for i in contact_ids
        ]

    async def restore(self, contact_id: str, values: Mapping[str, Any]) -> None:
        # nobody is us, here
        owner = (
            {"Owner": values["Owner"] or {"id": await self._account.me()}}
            if "Owner" in values
            else {}
        )
        await self._write(contact_id, {**values, **owner})

    # What happened, and what is there

    async def changed_since(self, since: float) -> list[Contact]:
        """By Modified_Time; a call doesn't change the person's record, so activities are asked for
        beside it."""
        me, found = await self._account.me(), {}
        for module in _MODULES:
            where = f"{records.KEY} is not null and Modified_Time >= '{moment(since)}'"
            rows = await self._people.select(module, where, "Modified_Time", feed=True)
            found.update({(p := Person(module, r)).ident: p for r in rows})
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
        return replace(
            contact, contacted_at=contacted, changed_at=max(contact.changed_at, contacted)
        )

    async def deleted(self, since: float, keys: Mapping[str, str]) -> AsyncIterator[list[Contact]]:
        """Zoho tells no more than ids, of anybody: those in `keys` are ours."""
        for module in _MODULES:
            async for page in self._http.deleted(module, since):
                rows = sound("Zoho", page, lambda item: read(item, GoneRow))
                gone = [records.ident_of(module, row.id) for row in rows]
                yield [Contact(id=i, key=key) for i in gone if (key := keys.get(i))]

    async def contacts(self, after: str = "") -> AsyncIterator[Page[Contact]]:
        """A place is a module and Zoho's token of a page in it, which lives for a day."""
        me = await self._account.me()
        for module, token, following in in_turn(("Contacts", "Leads"), after):
            async for page in self._http.listing(module, records.READ[module], token):
                people = self._people_of(module, page.rows, me)
                place = f"{module} {page.after}" if page.after else following
                yield Page(rows=people, after=place)

    @staticmethod
    def _people_of(module: str, rows: Sequence[Any], me: str = "") -> list[Contact]:
        """People of a feed; odd rows are read in part, or set aside."""
        readable = sound("Zoho", rows, partial(records.heard, module))
        return [records.contact_of(module, row, me) for row in readable]

    async def known_keys(self) -> AsyncIterator[dict[str, str]]:
        """By queries, for a listing can't be told whom to leave out."""
        for module in _MODULES:
            async for rows in self._selected(module, (records.KEY,), f"{records.KEY} is not null"):
                keys = sound("Zoho", rows, lambda item: read(item, KeyRow))
                yield {records.ident_of(module, row.id): row.Leadgate_key for row in keys}

    async def _selected(
        self, module: str, fields: Sequence[str], where: str
    ) -> AsyncIterator[list[Any]]:
        """Pages of a query. Each goes on after the last id, for offsets end at 100,000."""

        async def read_after(last: str) -> Page[Any]:
            page = await self._http.coql_page(
                f"select {','.join(fields)} from {module} where {where} and id > {quoted(last)}"
                " order by id"
            )
            if not page.after:
                return page
            ids = sound("Zoho", page.rows[-1:], lambda item: read(item, GoneRow).id)
            if ids in ([], [last]):
                raise Unreadable(
                    f"Zoho says that there are more {module} and doesn't say after which"
                )
            return Page(rows=page.rows, after=ids[0])

        async for page in follow(read_after, "0"):
            yield page.rows

    async def contacts_since(self, since: float) -> AsyncIterator[list[Contact]]:
        changed = f"Modified_Time >= {quoted(moment(since))}"
        for module in _MODULES:
            fields = ("Email", "Secondary_Email", records.KEY)
            async for rows in self._selected(module, fields, changed):
                yield self._people_of(module, rows)

    async def companies_since(self, since: float) -> AsyncIterator[list[Account]]:
        me = await self._account.me()
        changed = f"Modified_Time >= {quoted(moment(since))}"
        async for rows in self._selected("Accounts", records.ACCOUNT_READ, changed):
            yield sound("Zoho", rows, partial(records.company_of, me=me))

    async def companies(self, after: str = "") -> AsyncIterator[Page[Account]]:
        company_of = partial(records.company_of, me=await self._account.me())
        async for page in self._http.listing("Accounts", records.ACCOUNT_READ, after):
            yield Page(rows=sound("Zoho", page.rows, company_of), after=page.after)

    async def accounts(self, asked: Sequence[CompanyAsked]) -> list[Row[Account | None]]:
        return await one_by_one(asked, self._accounts)

    async def _accounts(self, asked: Sequence[CompanyAsked]) -> list[Row[Account | None]]:
        me, fields = await self._account.me(), ",".join(records.ACCOUNT_READ)
        queries = (
            f"select {fields} from Accounts where {where} order by Created_Time"
            for where in conditions(asked, "id")
        )
        read_one = partial(records.company_of, me=me)
        found = [
            company
            for query in queries
            for company in all_of("Zoho", await self._http.coql(query), read_one)
        ]
        return [*answer(asked, found)]

    async def close(self) -> None:
        await self._http.close()
