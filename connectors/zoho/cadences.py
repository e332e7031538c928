"""Zoho's cadences that are entered by hand; they stand for the lists of the CRM contract."""

from collections.abc import Sequence
from functools import partial

from connectors.core.crm import Row
from connectors.core.errors import RecordRejected
from connectors.core.row_results import errors_by_key, raise_first
from connectors.core.splitting import one_by_one
from connectors.zoho import records
from connectors.zoho.client import MOST_ROWS, Record, ZohoHttp, results
from connectors.zoho.forms import Answered
from connectors.zoho.setup import ZohoAccount


class ZohoCadences:
    """See crm.Crm. A cadence belongs to one module; a contact isn't nurtured as a lead."""

    def __init__(self, http: ZohoHttp, account: ZohoAccount) -> None:
        self._http, self._account = http, account

    async def enter(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        """Put leads into a cadence; answers their ids. Harmless twice."""
        rows = await self._act("enrol_in_cadences", name, contact_ids)
        wrong = RecordRejected(f"{name} is a cadence of leads, and this person is a contact")
        for place, ident in enumerate(contact_ids):
            if not _is_lead(ident):
                rows[place] = wrong
        return rows

    async def leave(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        """Take leads out of a cadence; answers their ids. Harmless twice.

        A contact is in no cadence of leads.
        """
        return await self._act("unenrol_from_cadences", name, contact_ids)

    async def take_out(self, name: str, contact_id: str) -> None:
        """Take one lead out of a cadence. Raises its VendorError."""
        raise_first(await self.leave(name, [contact_id]))

    async def _act(self, action: str, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        call = partial(self._call, action, await self._account.cadence(name))
        leads = records.by_module(dict.fromkeys(contact_ids)).get("Leads", [])
        failed = errors_by_key(leads, await one_by_one(leads, call, MOST_ROWS))
        return [failed.get(ident, ident) for ident in contact_ids]

    async def _call(self, action: str, cadence: str, leads: Sequence[str]) -> list[Row[str]]:
        body = {"cadences_ids": [cadence], "ids": [*leads]}
        done = await self._http.call(Answered, "POST", "Leads/actions/{}", action, json=body)
        sent: list[Record] = [{"id": ident} for ident in leads]
        return results(sent, done)


def _is_lead(ident: str) -> bool:
    return records.module_of(ident) == "Leads"
