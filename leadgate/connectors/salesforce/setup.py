"""Our fields in Salesforce: made by the Tooling API, and shown to the integration user by a permission set, without which
they can't even be named (facts 1.5)."""

from collections.abc import Sequence
from typing import Any

from leadgate.connectors.errors import RowRejected, Unauthorised
from leadgate.connectors.literals import quoted
from leadgate.connectors.salesforce import records
from leadgate.connectors.salesforce.cadences import SalesforceCadences
from leadgate.connectors.salesforce.client import SalesforceHttp

PERMISSIONS = "Leadgate"


class SalesforceSetup:
    """See contract.Crm."""

    def __init__(self, http: SalesforceHttp, cadences: SalesforceCadences) -> None:
        self._http, self._cadences = http, cadences

    async def check(self, lists: Sequence[str]) -> list[str]:
        faults = []
        for kind, added in records.FIELDS.items():
            try:
                there = await self._described(kind)
            except Unauthorised as error:
                return [f"{error}; see the app's set-up in docs/connectors/salesforce.md"]
            faults += [_fault(kind, name, field, there.get(name)) for name, field in added.items()]
            faults += [
                f"Salesforce shows no {kind}.{name}: give the integration user the field's permission"
                for name in records.NEEDED[kind]
                if name not in there
            ]
        missing = await self._cadences.missing(lists)
        faults += [f"Salesforce has no active cadence {name!r}; build it in Sales Engagement" for name in missing]
        return [fault for fault in faults if fault]

    async def provision(self, lists: Sequence[str]) -> list[str]:
        """Raises RowRejected for a field that is there with another type: it isn't ours to change."""
        del lists  # a cadence can only be built by hand; `check` says when it is missing
        made: list[str] = []
        for kind, added in records.FIELDS.items():
            there = await self._described(kind)
            for name, field in added.items():
                if name in there and (fault := _fault(kind, name, field, there[name])):
                    raise RowRejected(fault)
                if name not in there and await self._add(records.DEFINED_ON.get(kind, kind), name, field):
                    made.append(f"field {kind}.{name}")
        return made + await self._allow()

    async def _described(self, kind: str) -> dict[str, dict[str, Any]]:
        return {f["name"]: f for f in (await self._http.call("GET", f"sobjects/{kind}/describe"))["fields"]}

    async def _add(self, kind: str, name: str, field: records.Added) -> bool:
        try:
            body = {"FullName": f"{kind}.{name}", "Metadata": field.metadata}
            await self._http.call("POST", "tooling/sobjects/CustomField", json=body)
        except RowRejected as error:
            if "DUPLICATE_DEVELOPER_NAME" not in str(error):
                raise
            return False  # it is there and hidden: the permissions below show it
        return True

    async def _allow(self) -> list[str]:
        """One permission set with every field of ours, assigned to the integration user."""
        [sets] = await self._http.queries(f"SELECT Id FROM PermissionSet WHERE Name = '{PERMISSIONS}'")
        ident = sets[0]["Id"] if sets else await self._make("PermissionSet", Name=PERMISSIONS, Label=PERMISSIONS)
        shown, mine = await self._http.queries(
            f"SELECT Field FROM FieldPermissions WHERE ParentId = '{ident}'",
            f"SELECT Id FROM PermissionSetAssignment WHERE PermissionSetId = '{ident}' AND AssigneeId = {quoted(self._http.me)}",
        )
        there = {p["Field"] for p in shown}
        wanted = [(kind, f"{kind}.{name}") for kind, added in records.FIELDS.items() for name in added]
        for kind, field in wanted:
            if field not in there:
                more = {"PermissionsRead": True, "PermissionsEdit": True}
                await self._make("FieldPermissions", ParentId=ident, SobjectType=kind, Field=field, **more)
        if not mine:
            await self._make("PermissionSetAssignment", AssigneeId=self._http.me, PermissionSetId=ident)
        return [] if sets and mine else [f"permission set {PERMISSIONS}"]

    async def _make(self, kind: str, **fields: Any) -> str:
        made: str = (await self._http.call("POST", f"sobjects/{kind}", json=fields))["id"]
        return made


def _fault(kind: str, name: str, field: records.Added, there: dict[str, Any] | None) -> str:
    if there is None:
        return f"Salesforce {kind} has no field {name}; run leadgate provision"
    if there["type"] != field.described or bool(there.get("externalId")) != bool(field.metadata.get("externalId")):
        return f"Salesforce {kind}.{name} is there as {there['type']}, not as {field.described}: rename or delete it"
    return ""
