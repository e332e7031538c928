"""Zoho CRM behind the CRM contract."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

from connectors.core.account_lookup import answer, ids_and_domains, websites
from connectors.core.answers import all_of
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
from connectors.core.fields import Field
from connectors.core.list_only import ListOnlySequences
from connectors.core.row_results import raise_first
from connectors.core.splitting import one_by_one
from connectors.core.stopping import OPT_OUT, do_all, mark
from connectors.zoho import coql, records
from connectors.zoho.cadences import ZohoCadences
from connectors.zoho.changes import ZohoChanges
from connectors.zoho.client import MOST_ROWS, ZohoHttp
from connectors.zoho.contacts import ZohoContacts
from connectors.zoho.erasing import ZohoEraser
from connectors.zoho.owners import ZohoOwners
from connectors.zoho.queries import ZohoQueries
from connectors.zoho.setup import ZohoAccount
from connectors.zoho.tasks import ZohoTasks
from connectors.zoho.updates import update_people
from connectors.zoho.upserts import ZohoUpserts
from leads.erasure import Erasure
from leads.records import Change


class ZohoCrm:
    """See crm.Crm. A list's name is a cadence's, of the kind that is entered by hand."""

    batch = MOST_ROWS
    tells_deleted = False
    identity = records.IDENTITY
    basis = records.BASIS

    def __init__(self, http: ZohoHttp, clock: Callable[[], float]) -> None:
        self._http = http
        self._sequences = ListOnlySequences("Zoho")
        self._account = account = ZohoAccount(http, clock, self._sequences)
        self._queries = queries = ZohoQueries(http)
        self._people = people = ZohoContacts(queries)
        self._upserts = ZohoUpserts(http, queries, account, people)
        self._owners = ZohoOwners(http, account, clock)
        self._cadences = ZohoCadences(http, account)
        self._tasks = ZohoTasks(http, queries)
        self._eraser = ZohoEraser(http, people, self._tasks, clock)
        self._changes = ZohoChanges(http, queries, account, people, self._tasks)

    async def enrol(self, write: EnrolWrite) -> bool:
        return await self._sequences.enrol(write)

    async def unenrol(self, contact_id: str, leave: str) -> bool:
        return await self._sequences.unenrol(contact_id, leave)

    async def company_fields(self) -> dict[str, Field]:
        return await self._sequences.company_fields()

    async def upsert(self, writes: Sequence[ContactWrite]) -> list[Row[UpsertResult]]:
        return await self._upserts.upsert(writes)

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

    async def erase(self, contact_id: str, key: str, *, permanent: bool) -> list[Erasure]:
        return await self._eraser.erase(contact_id, key, permanent=permanent)

    async def fields(self) -> dict[str, Field]:
        return await self._account.fields()

    async def check(self, wants: CrmRequirements) -> list[str]:
        return await self._account.check(wants)

    async def provision(self, wants: CrmRequirements, *, dry_run: bool = False) -> list[str]:
        return await self._account.provision(wants, dry_run=dry_run)

    async def limits(self, wants: CrmRequirements) -> list[str]:
        return await self._account.limits(wants)

    async def enter_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        return await self._cadences.enter(name, contact_ids)

    async def leave_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        return await self._cadences.leave(name, contact_ids)

    async def stop(self, contact_id: str, kind: str, lists: Sequence[str]) -> None:
        """Each step is made whatever becomes of the others, and is harmless twice."""
        steps: list[Callable[[], Any]] = []
        if records.module_of(contact_id) == "Leads":
            steps += [partial(self._cadences.take_out, name, contact_id) for name in lists]
        opt_out = {"Email_Opt_Out": True} if kind in OPT_OUT else {}
        write = partial(self._write, contact_id)
        await do_all([*steps, partial(mark, write, {records.STATUS: kind}, opt_out)])

    async def _write(self, contact_id: str, fields: Mapping[str, Any]) -> None:
        raise_first(await update_people(self._http, [(contact_id, fields)]))

    async def read(
        self, contact_ids: Sequence[str], names: Sequence[str]
    ) -> list[dict[str, Any] | None]:
        people = await self._people.by_id(contact_ids, names)
        found: list[dict[str, Any] | None] = []
        for ident in contact_ids:
            person = people.get(ident)
            found.append(None if person is None else records.values(person.record, names))
        return found

    async def restore(self, contact_id: str, values: Mapping[str, Any]) -> None:
        fields = {**values}
        if "Owner" in values and not values["Owner"]:
            # the integration user counts as nobody
            fields["Owner"] = {"id": await self._account.me()}
        await self._write(contact_id, fields)

    async def changed_since(self, since: float) -> list[Contact]:
        return await self._changes.changed_since(since)

    def deleted(self, since: float, keys: Mapping[str, str]) -> AsyncIterator[list[Contact]]:
        return self._changes.deleted(since, keys)

    def contacts(self, after: str = "") -> AsyncIterator[Page[Contact]]:
        return self._changes.contacts(after)

    def known_keys(self) -> AsyncIterator[dict[str, str]]:
        return self._changes.known_keys()

    def contacts_since(self, since: float) -> AsyncIterator[list[Contact]]:
        return self._changes.contacts_since(since)

    def companies_since(self, since: float) -> AsyncIterator[list[Account]]:
        return self._changes.companies_since(since)

    def companies(self, after: str = "") -> AsyncIterator[Page[Account]]:
        return self._changes.companies(after)

    async def accounts(self, asked: Sequence[CompanyAsked]) -> list[Row[Account | None]]:
        return await one_by_one(asked, self._accounts)

    async def _accounts(self, asked: Sequence[CompanyAsked]) -> list[Row[Account | None]]:
        company_of = partial(records.company_of, me=await self._account.me())
        ids, domains = ids_and_domains(asked)
        clauses = coql.alternatives({"id": ids, "Website": websites(domains)})
        names = ("Created_Time", *records.ACCOUNT_READ)
        rows = await self._queries.rows("Accounts", names, clauses)
        found = all_of("Zoho", rows, lambda item: (company_of(item), records.created_at(item)))
        found.sort(key=itemgetter(1))
        return [*answer(asked, [company for company, _ in found])]

    async def close(self) -> None:
        await self._http.close()
