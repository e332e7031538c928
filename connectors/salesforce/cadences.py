"""Nurture by a cadence of Sales Engagement: entered and left by standard actions, seen in trackers
(docs/design/vendors.md Salesforce 1.6)."""

from collections.abc import Sequence
from functools import partial

from connectors.core.answers import all_of, read
from connectors.core.crm import Row
from connectors.core.errors import RecordRejected, VendorError
from connectors.core.literals import literal, quoted
from connectors.core.splitting import one_by_one
from connectors.salesforce.client import Record, SalesforceHttp
from connectors.salesforce.forms import NamedRow, OwnedRow, TrackerRow
from connectors.salesforce.owners import owners_of


class SalesforceCadences:
    """See crm.Crm: a list's name is a cadence's.

    What is asked twice is looked up first, so it is done once.
    """

    def __init__(self, http: SalesforceHttp) -> None:
        self._http = http

    async def enter_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        return await one_by_one(contact_ids, partial(self._enter, name))

    async def leave_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        return await one_by_one(contact_ids, partial(self._leave, name))

    async def _enter(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        owners, inside = await self._look(name, contact_ids)
        new = [i for i in dict.fromkeys(contact_ids) if i in owners and i not in inside]
        inputs: list[Record] = [
            {"salesCadenceNameOrId": name, "targetId": i, "userId": owners[i]} for i in new
        ]
        failed = await self._act("assignTargetToSalesCadence", inputs)
        return [
            failed.get(i, i) if i in owners else RecordRejected(f"{i} is deleted", "deleted")
            for i in contact_ids
        ]

    async def _leave(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        owners, inside = await self._look(name, contact_ids)
        inputs: list[Record] = [
            {"targetId": i, "completionReasonCode": "ManuallyRemoved"} for i in inside
        ]
        failed = await self._act("removeTargetFromSalesCadence", inputs)
        return [
            failed.get(i, i) if i in owners else RecordRejected(f"{i} is deleted", "deleted")
            for i in contact_ids
        ]

    async def _look(self, name: str, ids: Sequence[str]) -> tuple[dict[str, str], set[str]]:
        """The owners of those that are there, and who is in the cadence: one call."""
        where = (
            f"TargetId IN {literal(dict.fromkeys(ids))} AND ActionCadence.Name = {quoted(name)} AND"
            " State != 'Complete'"
        )
        *people, trackers = await self._http.queries(
            *owners_of(ids), f"SELECT TargetId FROM ActionCadenceTracker WHERE {where}"
        )
        owned = [
            row
            for part in people
            for row in all_of("Salesforce", part, lambda item: read(item, OwnedRow))
        ]
        there = all_of("Salesforce", trackers, lambda item: read(item, TrackerRow))
        return {row.Id: row.OwnerId for row in owned}, {row.TargetId for row in there}

    async def _act(self, action: str, inputs: Sequence[Record]) -> dict[str, VendorError]:
        done = await self._http.action(action, inputs)
        return {
            one["targetId"]: row
            for one, row in zip(inputs, done, strict=True)
            if isinstance(row, VendorError)
        }

    async def missing(self, names: Sequence[str]) -> list[str]:
        """Names that no active cadence has."""
        if not names:
            return []
        [found] = await self._http.queries(
            f"SELECT Name FROM ActionCadence WHERE State = 'Active' AND Name IN {literal(names)}"
        )
        there = {c.Name for c in all_of("Salesforce", found, lambda item: read(item, NamedRow))}
        return [name for name in names if name not in there]
