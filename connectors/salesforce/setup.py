"""Our fields in Salesforce: made by the Tooling API, and shown to the integration user by a
permission set, without which they can't even be named (docs/design/vendors.md Salesforce 1.5)."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from connectors.core.answers import all_of, read, sound
from connectors.core.crm import CrmRequirements
from connectors.core.errors import NotInPlan, RecordRejected, Unauthorised
from connectors.core.fields import Field, Type, faults_of, missing
from connectors.core.list_only import ListOnlySequences
from connectors.core.literals import quoted
from connectors.core.permission_checks import PermissionCheck, closed
from connectors.salesforce import records
from connectors.salesforce.cadences import SalesforceCadences
from connectors.salesforce.client import SalesforceHttp
from connectors.salesforce.forms import AllowedRow, Described, Done, IdRow, Made, field_of

PERMISSIONS = "Leadgate"
_NEEDS = {
    "User": "no owner can be written or confirmed",
    "Task": "no task is made for a rep, and calls don't stop the clock",
    "Event": "meetings don't stop the clock",
    "Note": "notes don't stop the clock",
    "Opportunity": "open deals aren't known: customers could enter sequences",
    "OpportunityContactRole": (
        "open deals of contacts aren't known: customers could enter sequences"
    ),
    "Account": "companies, their owners and who is a customer aren't known",
    "UserRole": "no user has a team, and account_owner.teams finds nobody",
    "ActionCadence": "nobody enters a cadence (Sales Engagement)",
}
_READ_AS: dict[str, Type] = {
    **dict.fromkeys(("string", "phone", "email", "url"), "text"),
    "textarea": "long",
    **dict.fromkeys(("double", "int", "currency", "percent"), "number"),
    "date": "date",
    "datetime": "moment",
    "boolean": "flag",
    **dict.fromkeys(("picklist", "multipicklist"), "choice"),
}


class SalesforceSetup:
    """See crm.Crm."""

    def __init__(
        self, http: SalesforceHttp, cadences: SalesforceCadences, sequences: ListOnlySequences
    ) -> None:
        self._http, self._cadences, self._sequences = http, cadences, sequences

    async def fields(self) -> dict[str, Field]:
        """A lead's; a contact takes of the mapped ones those that are ours or the client's own
        (records.more_of)."""
        return await self._fields("Lead")

    async def check(self, wants: CrmRequirements) -> list[str]:
        faults = self._sequences.unmet(wants)
        for kind, wanted in _wanted(wants.fields).items():
            try:
                there = await self._fields(kind)
            except (Unauthorised, NotInPlan) as error:
                return [f"{error}; see the app's set-up in docs/connectors/salesforce.md"]
            faults += faults_of("Salesforce", kind, wanted, there)
            faults += [
                f"Salesforce shows no {kind}.{name}: give the integration user the field's"
                " permission"
                for name in records.NEEDED[kind]
                if name not in there
            ]
        lacking = await self._cadences.missing(wants.lists)
        return faults + [
            f"Salesforce has no active cadence {name!r}; build it in Sales Engagement"
            for name in lacking
        ]

    async def limits(self, wants: CrmRequirements) -> list[str]:
        """By one row of each object; what the plan hasn't got is no object at all."""

        def one(kind: str) -> Callable[[], Awaitable[object]]:
            return lambda: self._http.queries(f"SELECT Id FROM {kind} LIMIT 1")

        del wants  # all of them are needed whatever the rules say
        return await closed(
            [PermissionCheck(kind, disables, one(kind)) for kind, disables in _NEEDS.items()],
            ("INVALID_TYPE", "INVALID_FIELD"),
        )

    async def provision(self, wants: CrmRequirements, *, dry_run: bool = False) -> list[str]:
        """Cadences can only be built by hand; `check` says when one is missing.

        So can a standard field not be made.
        """
        made: list[str] = []
        for kind, wanted in _wanted(wants.fields).items():
            lacks = missing("Salesforce", kind, wanted, await self._fields(kind))
            place = records.DEFINED_ON.get(kind, kind)
            made += [
                f"field {kind}.{f.name} ({f.type})"
                for f in lacks
                if dry_run or await self._add(place, f)
            ]
        return made if dry_run else made + await self._allow(_wanted(wants.fields))

    async def _fields(self, kind: str) -> dict[str, Field]:
        described = await self._http.call(Described, "GET", "sobjects/{}/describe", kind)
        return {field.name: field for field in sound("Salesforce", described.fields, _field_of)}

    async def _add(self, kind: str, field: Field) -> bool:
        try:
            body = {"FullName": f"{kind}.{field.name}", "Metadata": _metadata(field)}
            await self._http.call(Done, "POST", "tooling/sobjects/CustomField", json=body)
        except RecordRejected as error:
            if "DUPLICATE_DEVELOPER_NAME" not in str(error):
                raise
            return False  # it is there and hidden: the permissions below show it
        return True

    async def _allow(self, fields: dict[str, list[Field]]) -> list[str]:
        """One permission set with every field of ours, assigned to the integration user."""
        [sets] = await self._http.queries(
            f"SELECT Id FROM PermissionSet WHERE Name = '{PERMISSIONS}'"
        )
        there_already = all_of("Salesforce", sets, lambda item: read(item, IdRow))
        ident = (
            there_already[0].Id
            if there_already
            else await self._make("PermissionSet", Name=PERMISSIONS, Label=PERMISSIONS)
        )
        shown, mine = await self._http.queries(
            f"SELECT Field FROM FieldPermissions WHERE ParentId = '{ident}'",
            f"SELECT Id FROM PermissionSetAssignment WHERE PermissionSetId = '{ident}' AND"
            f" AssigneeId = {quoted(self._http.me)}",
        )
        there = {p.Field for p in all_of("Salesforce", shown, lambda item: read(item, AllowedRow))}
        wanted = [
            (kind, f"{kind}.{f.name}")
            for kind, added in fields.items()
            for f in added
            if f.name.endswith("__c")
        ]
        for kind, field in wanted:
            if field not in there:
                more = {"PermissionsRead": True, "PermissionsEdit": True}
                await self._make(
                    "FieldPermissions", ParentId=ident, SobjectType=kind, Field=field, **more
                )
        if not mine:
            await self._make(
                "PermissionSetAssignment", AssigneeId=self._http.me, PermissionSetId=ident
            )
        return [] if sets and mine else [f"permission set {PERMISSIONS}"]

    async def _make(self, kind: str, **fields: Any) -> str:
        return (await self._http.call(Made, "POST", "sobjects/{}", kind, json=fields)).id


def _wanted(fields: Sequence[Field]) -> dict[str, list[Field]]:
    """Ours on each object, and the mapped ones on leads and, where they are no standard ones, on
    contacts."""
    custom = [field for field in fields if field.name.endswith("__c")]
    more: dict[str, Sequence[Field]] = {"Lead": fields, "Contact": custom, "Task": ()}
    return {kind: [*own, *more[kind]] for kind, own in records.FIELDS.items()}


def _metadata(field: Field) -> dict[str, Any]:
    """What the Tooling API is told (docs/design/vendors.md Salesforce 1.5).

    Our own numbers are whole, a client's may have two decimals.
    """
    key = {"unique": True, "caseSensitive": False, "externalId": True} if field.unique else {}
    scale = 0 if field.name.startswith("Leadgate_") else 2
    more: dict[str, dict[str, Any]] = {
        "text": {"type": "Text", "length": 64 if field.unique else 255, **key},
        "long": {"type": "LongTextArea", "length": 32_768, "visibleLines": 3},
        "number": {"type": "Number", "precision": 18, "scale": scale},
        "date": {"type": "Date"},
        "moment": {"type": "DateTime"},
        "flag": {"type": "Checkbox", "defaultValue": False},
        "choice": {
            "type": "Picklist",
            "valueSet": {
                "valueSetDefinition": {
                    "value": [{"fullName": o, "label": o, "default": False} for o in field.options]
                }
            },
        },
    }
    required = {} if field.type == "flag" else {"required": False}
    return {"label": field.label, **required, **more[field.type]}


def _field_of(item: Any) -> Field:
    row = field_of(item)
    return Field(
        name=row.name,
        label=row.label or row.name,
        type=_READ_AS.get(row.type, "other"),
        options=tuple(v.value for v in row.picklistValues or () if v.active),
        unique=bool(row.externalId),
        writable=bool(row.updateable),
        most=row.length or 0,
    )
