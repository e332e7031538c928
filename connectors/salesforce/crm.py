"""Salesforce behind the CRM contract."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from typing import Any

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
from connectors.core.literals import literal
from connectors.core.row_results import raise_first
from connectors.core.stopping import OPT_OUT, do_all, mark
from connectors.salesforce import properties, records
from connectors.salesforce.cadences import SalesforceCadences
from connectors.salesforce.changes import SalesforceChanges
from connectors.salesforce.client import MOST_ROWS, SalesforceHttp
from connectors.salesforce.contacts import SalesforceContacts
from connectors.salesforce.erasing import SalesforceEraser
from connectors.salesforce.owners import SalesforceOwners
from connectors.salesforce.people import SalesforcePeople
from connectors.salesforce.rows import record
from connectors.salesforce.setup import SalesforceSetup
from connectors.salesforce.tasks import SalesforceTasks
from leads.erasure import Erasure
from leads.records import Change


class SalesforceCrm:
    """See crm.Crm. `clock` gives the time of read-backs."""

    batch = MOST_ROWS
    tells_deleted = True
    identity = properties.IDENTITY
    basis = properties.BASIS

    def __init__(self, http: SalesforceHttp, clock: Callable[[], float]) -> None:
        self._http = http
        self._people, self._tasks = SalesforcePeople(http), SalesforceTasks(http)
        self._contacts = SalesforceContacts(http, self._people)
        self._owners = SalesforceOwners(http, self._people, self._contacts, clock)
        self._eraser = SalesforceEraser(http, self._people, self._tasks, clock)
        self._cadences = SalesforceCadences(http)
        self._sequences = sequences = ListOnlySequences("Salesforce")
        self._changes = SalesforceChanges(http, self._people, self._tasks)
        self._setup = SalesforceSetup(http, self._cadences, sequences)

    async def enrol(self, write: EnrolWrite) -> bool:
        return await self._sequences.enrol(write)

    async def unenrol(self, contact_id: str, leave: str) -> bool:
        return await self._sequences.unenrol(contact_id, leave)

    async def company_fields(self) -> dict[str, Field]:
        return await self._sequences.company_fields()

    async def upsert(self, writes: Sequence[ContactWrite]) -> list[Row[UpsertResult]]:
        return await self._contacts.upsert(writes)

    async def assign(self, writes: Sequence[OwnerWrite]) -> list[Row[Change]]:
        return await self._owners.assign(writes)

    async def read_owners(self, contact_ids: Sequence[str]) -> list[Row[OwnerReadback]]:
        return await self._owners.read_owners(contact_ids)

    async def owner(self, owner_id: str) -> Owner | None:
        return await self._owners.owner(owner_id)

    async def owner_by_email(self, email: str) -> Owner | None:
        return await self._owners.owner_by_email(email)

    async def owners(self) -> list[Owner]:
        return await self._owners.owners()

    async def add_tasks(self, writes: Sequence[TaskWrite]) -> list[Row[str]]:
        return await self._tasks.add_tasks(writes)

    async def add_notes(self, writes: Sequence[NoteWrite]) -> list[Row[str]]:
        return await self._tasks.add_notes(writes)

    async def activities(self, asked: Sequence[ActivityAsked]) -> list[float]:
        return await self._tasks.activities(asked)

    async def enter_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        return await self._cadences.enter_list(name, contact_ids)

    async def leave_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        return await self._cadences.leave_list(name, contact_ids)

    async def changed_since(self, since: float) -> list[Contact]:
        return await self._changes.changed_since(since)

    def deleted(self, since: float, keys: Mapping[str, str]) -> AsyncIterator[list[Contact]]:
        return self._changes.deleted(since, keys)

    def contacts(self, after: str = "") -> AsyncIterator[Page[Contact]]:
        return self._changes.contacts(after)

    def companies(self, after: str = "") -> AsyncIterator[Page[Account]]:
        return self._changes.companies(after)

    def known_keys(self) -> AsyncIterator[dict[str, str]]:
        return self._changes.known_keys()

    def contacts_since(self, since: float) -> AsyncIterator[list[Contact]]:
        return self._changes.contacts_since(since)

    def companies_since(self, since: float) -> AsyncIterator[list[Account]]:
        return self._changes.companies_since(since)

    async def accounts(self, asked: Sequence[CompanyAsked]) -> list[Row[Account | None]]:
        return await self._changes.accounts(asked)

    async def erase(self, contact_id: str, key: str, *, permanent: bool) -> list[Erasure]:
        return await self._eraser.erase(contact_id, key, permanent=permanent)

    async def fields(self) -> dict[str, Field]:
        return await self._setup.fields()

    async def check(self, wants: CrmRequirements) -> list[str]:
        return await self._setup.check(wants)

    async def provision(self, wants: CrmRequirements, *, dry_run: bool = False) -> list[str]:
        return await self._setup.provision(wants, dry_run=dry_run)

    async def limits(self, wants: CrmRequirements) -> list[str]:
        return await self._setup.limits(wants)

    async def stop(self, contact_id: str, kind: str, lists: Sequence[str]) -> None:
        """Each step is made whatever becomes of the others, and is harmless twice."""
        status = {properties.STATUS: kind}
        opt_out = {"HasOptedOutOfEmail": True} if kind in OPT_OUT else {}
        steps = [partial(self._leave, name, contact_id) for name in lists]
        write = partial(mark, partial(self._write, contact_id), status, opt_out)
        await do_all([*steps, write])

    async def _leave(self, name: str, contact_id: str) -> None:
        raise_first(await self._cadences.leave_list(name, [contact_id]))

    async def _write(self, contact_id: str, fields: Mapping[str, Any]) -> None:
        raise_first(await self._contacts.update([records.update_of(contact_id, fields)]))

    async def read(
        self, contact_ids: Sequence[str], names: Sequence[str]
    ) -> list[dict[str, Any] | None]:
        return await self._people.read_merged(contact_ids, partial(self._read, names))

    async def _read(self, names: Sequence[str], ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        asked: list[str] = []
        for kind, some in records.by_object(ids):
            fields = ",".join(filter(partial(properties.is_field, kind=kind), names))
            asked.append(f"SELECT Id,{fields} FROM {kind} WHERE Id IN {literal(some)}")
        found: dict[str, dict[str, Any]] = {}
        for row in await self._http.rows(record, *asked):
            found[row["Id"]] = {name: row.get(name) for name in names}
        return found

    async def restore(self, contact_id: str, values: Mapping[str, Any]) -> None:
        fields = dict(values)
        if "OwnerId" in fields:
            # nobody is us, here
            fields["OwnerId"] = fields["OwnerId"] or self._http.me
        await self._write(contact_id, fields)

    async def close(self) -> None:
        await self._http.close()
