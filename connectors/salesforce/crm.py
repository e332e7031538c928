"""Salesforce behind the CRM contract."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from connectors.core.answers import all_of
from connectors.core.errors import VendorError
from connectors.core.list_only import ListOnlySequences
from connectors.core.literals import literal
from connectors.core.stopping import OPT_OUT, do_all, mark
from connectors.salesforce import records
from connectors.salesforce.cadences import SalesforceCadences
from connectors.salesforce.changes import SalesforceChanges
from connectors.salesforce.client import MOST_ROWS, SalesforceHttp
from connectors.salesforce.contacts import SalesforceContacts
from connectors.salesforce.forms import record
from connectors.salesforce.owners import SalesforceOwners
from connectors.salesforce.setup import SalesforceSetup
from connectors.salesforce.tasks import SalesforceTasks


class SalesforceCrm:
    """See crm.Crm. `clock` tells the time of read-backs."""

    batch = MOST_ROWS
    tells_deleted = True
    identity = records.IDENTITY

    def __init__(self, http: SalesforceHttp, clock: Callable[[], float]) -> None:
        self._http = http
        self._people, self._tasks = SalesforceContacts(http), SalesforceTasks(http)
        self._owners = SalesforceOwners(http, self._people, clock)
        self._cadences = SalesforceCadences(http)
        sequences = ListOnlySequences("Salesforce")
        self.enrol, self.unenrol = sequences.enrol, sequences.unenrol
        self.company_fields = sequences.company_fields
        self._changes = SalesforceChanges(http, self._people, self._tasks)
        self._setup = SalesforceSetup(http, self._cadences, sequences)
        self.upsert = self._people.upsert
        self.assign, self.read_owners = self._owners.assign, self._owners.read_owners
        self.owner, self.owner_by_email, self.owners = (
            self._owners.owner,
            self._owners.owner_by_email,
            self._owners.owners,
        )
        self.add_tasks, self.add_notes, self.activities = (
            self._tasks.add_tasks,
            self._tasks.add_notes,
            self._tasks.activities,
        )
        self.enter_list, self.leave_list = self._cadences.enter_list, self._cadences.leave_list
        self.changed_since, self.deleted = self._changes.changed_since, self._changes.deleted
        self.contacts, self.companies, self.known_keys = (
            self._changes.contacts,
            self._changes.companies,
            self._changes.known_keys,
        )
        self.contacts_since, self.companies_since = (
            self._changes.contacts_since,
            self._changes.companies_since,
        )
        self.accounts = self._changes.accounts
        self.fields, self.check, self.provision = (
            self._setup.fields,
            self._setup.check,
            self._setup.provision,
        )
        self.limits = self._setup.limits

    async def stop(self, contact_id: str, kind: str, lists: Sequence[str]) -> None:
        """Each step is made whatever becomes of the others, and is harmless twice."""
        opt_out = {"HasOptedOutOfEmail": True} if kind in OPT_OUT else {}
        leave = [partial(self._leave, name, contact_id) for name in lists]
        await do_all(
            [
                *leave,
                partial(mark, partial(self._write, contact_id), {records.STATUS: kind}, opt_out),
            ]
        )

    async def _leave(self, name: str, contact_id: str) -> None:
        for row in await self._cadences.leave_list(name, [contact_id]):
            if isinstance(row, VendorError):
                raise row

    async def _write(self, contact_id: str, fields: Mapping[str, Any]) -> None:
        sent = {"attributes": {"type": records.object_of(contact_id)}, "id": contact_id, **fields}
        for row in await self._people.update([sent]):
            if isinstance(row, VendorError):
                raise row

    async def read(
        self, contact_ids: Sequence[str], names: Sequence[str]
    ) -> list[dict[str, Any] | None]:
        found = await self._read(contact_ids, names)
        masters = await self._people.masters([i for i in contact_ids if i not in found])
        heirs = await self._read([*masters.values()], names)
        return [found.get(i) or heirs.get(masters.get(i, "")) for i in contact_ids]

    async def _read(self, ids: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, Any]]:
        asked = [
            f"SELECT Id,{','.join(n for n in names if records.is_field(n, kind))} FROM {kind} WHERE"
            f" Id IN {literal(some)}"
            for kind in ("Lead", "Contact")
            if (some := [i for i in dict.fromkeys(ids) if records.object_of(i) == kind])
        ]
        rows = [
            row
            for part in await self._http.queries(*asked)
            for row in all_of("Salesforce", part, record)
        ]
        return {row["Id"]: {n: row.get(n) for n in names} for row in rows}

    async def restore(self, contact_id: str, values: Mapping[str, Any]) -> None:
        # nobody is us, here
        owner = {"OwnerId": values["OwnerId"] or self._http.me} if "OwnerId" in values else {}
        await self._write(contact_id, {**values, **owner})

    async def close(self) -> None:
        await self._http.close()
