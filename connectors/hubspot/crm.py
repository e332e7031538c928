"""HubSpot behind the CRM contract.

Look-ups are key reads; nothing is decided on its search, but for companies' domains.
"""

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
from connectors.core.pagination import keys_of
from connectors.core.stopping import OPT_OUT, do_all
from connectors.hubspot import records
from connectors.hubspot.changes import HubSpotChanges
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.companies import HubSpotCompanies
from connectors.hubspot.contacts import HubSpotContacts
from connectors.hubspot.engagements import HubSpotTasks
from connectors.hubspot.erasing import HubSpotEraser
from connectors.hubspot.lists import HubSpotLists
from connectors.hubspot.opt_out import mark_status, unsubscribe
from connectors.hubspot.owners import HubSpotOwners
from connectors.hubspot.properties import read_properties, restore_properties
from connectors.hubspot.sequences import HubSpotSequences
from connectors.hubspot.setup import HubSpotSetup
from connectors.hubspot.upserts import HubSpotUpserts
from leads.erasure import Erasure
from leads.records import Change


class HubSpotCrm:
    """See crm.Crm. `clock` gives the time of read-backs."""

    batch = 100
    tells_deleted = True
    identity = records.IDENTITY
    basis = records.BASIS

    def __init__(self, http: HubSpotHttp, clock: Callable[[], float]) -> None:
        self._http = http
        self._companies = HubSpotCompanies(http, clock)
        self._people = HubSpotContacts(http)
        self._upserts = HubSpotUpserts(http, self._people, self._companies)
        self._owners = HubSpotOwners(http, self._people, clock)
        self._tasks = HubSpotTasks(http)
        self._lists = HubSpotLists(http)
        self._changes = HubSpotChanges(http)
        self._eraser = HubSpotEraser(http, self._people, self._tasks, clock)
        self._sequences = HubSpotSequences(http, self._owners, self._lists, self.read)
        self._setup = HubSpotSetup(http, self._lists, self._sequences)

    async def upsert(self, writes: Sequence[ContactWrite]) -> list[Row[UpsertResult]]:
        return await self._upserts.upsert(writes)

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

    async def owners(self) -> list[Owner]:
        return await self._owners.owners()

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

    async def enter_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        return await self._lists.enter(name, contact_ids)

    async def leave_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        return await self._lists.leave(name, contact_ids)

    async def stop(self, contact_id: str, kind: str, lists: Sequence[str]) -> None:
        """Each step is made whatever becomes of the others: see stopping.do_all."""
        steps = [partial(self._lists.take_off, name, contact_id) for name in lists]
        steps.append(partial(mark_status, self._people, contact_id, kind))
        if kind in OPT_OUT:
            steps.append(partial(unsubscribe, self._http, self._people, contact_id))
        await do_all(steps)

    async def erase(self, contact_id: str, key: str, *, permanent: bool) -> list[Erasure]:
        return await self._eraser.erase(contact_id, key, permanent=permanent)

    async def fields(self) -> dict[str, Field]:
        return await self._setup.fields()

    async def company_fields(self) -> dict[str, Field]:
        return await self._setup.company_fields()

    async def check(self, wants: CrmRequirements) -> list[str]:
        return await self._setup.check(wants)

    async def provision(self, wants: CrmRequirements, *, dry_run: bool = False) -> list[str]:
        return await self._setup.provision(wants, dry_run=dry_run)

    async def limits(self, wants: CrmRequirements) -> list[str]:
        return await self._setup.limits(wants)

    async def changed_since(self, since: float) -> list[Contact]:
        return await self._changes.changed_since(since)

    def contacts_since(self, since: float) -> AsyncIterator[list[Contact]]:
        return self._changes.contacts_since(since)

    def companies_since(self, since: float) -> AsyncIterator[list[Account]]:
        return self._changes.companies_since(since)

    def deleted(self, since: float, keys: Mapping[str, str]) -> AsyncIterator[list[Contact]]:
        del since, keys  # the whole recycle bin is read, and its contacts have our keys
        return self._changes.deleted()

    def contacts(self, after: str = "") -> AsyncIterator[Page[Contact]]:
        return self._changes.contacts(after)

    def known_keys(self) -> AsyncIterator[dict[str, str]]:
        return keys_of(self.contacts())

    def companies(self, after: str = "") -> AsyncIterator[Page[Account]]:
        return self._changes.companies(after)

    async def read(
        self, contact_ids: Sequence[str], names: Sequence[str]
    ) -> list[dict[str, Any] | None]:
        return await read_properties(self._http, self._people, contact_ids, names)

    async def restore(self, contact_id: str, values: Mapping[str, Any]) -> None:
        await restore_properties(self._http, self._people, contact_id, values)

    async def close(self) -> None:
        await self._http.close()
