"""Nurture by a cadence of Sales Engagement: entered and left by standard actions, seen in trackers
(docs/design/vendors.md Salesforce 1.6)."""

from collections.abc import Container, Mapping, Sequence
from functools import partial

from connectors.core.answers import all_of, read
from connectors.core.crm import Row
from connectors.core.errors import VendorError
from connectors.core.literals import literal, quoted
from connectors.core.row_results import errors_by_key
from connectors.core.splitting import one_by_one
from connectors.salesforce.client import SalesforceHttp
from connectors.salesforce.forms import Record
from connectors.salesforce.owners import owners_of
from connectors.salesforce.refusals import deleted
from connectors.salesforce.rows import OwnedRow, id_in_cadence, name_of


class SalesforceCadences:
    """See crm.Crm: a list's name is a cadence's.

    Who is in the cadence is looked up first, so that a repeated call does nothing.
    """

    def __init__(self, http: SalesforceHttp) -> None:
        self._http = http

    async def enter_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        return await one_by_one(contact_ids, partial(self._enter, name))

    async def leave_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        return await one_by_one(contact_ids, partial(self._leave, name))

    async def _enter(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        owners, inside = await self._look_up(name, contact_ids)
        inputs: list[Record] = []
        for ident in dict.fromkeys(contact_ids):
            if ident in owners and ident not in inside:
                target = {"targetId": ident, "userId": owners[ident]}
                inputs.append({"salesCadenceNameOrId": name, **target})
        failed = await self._act("assignTargetToSalesCadence", inputs)
        return _outcomes(contact_ids, owners, failed)

    async def _leave(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        owners, inside = await self._look_up(name, contact_ids)
        inputs = [
            {"targetId": ident, "completionReasonCode": "ManuallyRemoved"} for ident in inside
        ]
        failed = await self._act("removeTargetFromSalesCadence", inputs)
        return _outcomes(contact_ids, owners, failed)

    async def _look_up(self, name: str, ids: Sequence[str]) -> tuple[dict[str, str], set[str]]:
        """The owners of those that are there, and who is in the cadence: one call."""
        where = (
            f"TargetId IN {literal(dict.fromkeys(ids))} AND ActionCadence.Name = {quoted(name)} AND"
            " State != 'Complete'"
        )
        *people, trackers = await self._http.queries(
            *owners_of(ids), f"SELECT TargetId FROM ActionCadenceTracker WHERE {where}"
        )
        owners: dict[str, str] = {}
        for part in people:
            for row in all_of("Salesforce", part, partial(read, form=OwnedRow)):
                owners[row.Id] = row.OwnerId
        return owners, set(all_of("Salesforce", trackers, id_in_cadence))

    async def _act(self, action: str, inputs: Sequence[Record]) -> dict[str, VendorError]:
        """The errors of those inputs that failed, by their targets."""
        targets = [one["targetId"] for one in inputs]
        return errors_by_key(targets, await self._http.action(action, inputs))

    async def missing(self, names: Sequence[str]) -> list[str]:
        """Names that no active cadence has."""
        if not names:
            return []
        there = await self._http.rows(
            name_of,
            f"SELECT Name FROM ActionCadence WHERE State = 'Active' AND Name IN {literal(names)}",
        )
        return [name for name in names if name not in there]


def _outcomes(
    ids: Sequence[str], there: Container[str], failed: Mapping[str, VendorError]
) -> list[Row[str]]:
    rows: list[Row[str]] = []
    for ident in ids:
        if ident in there:
            rows.append(failed.get(ident, ident))
        else:
            rows.append(deleted(ident))
    return rows
