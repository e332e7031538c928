"""Our fields in Salesforce: made by the Tooling API, and shown to the integration user by a
permission set, without which no query may name them (docs/design/vendors.md Salesforce 1.5)."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from connectors.core.answers import all_of, read, sound
from connectors.core.crm import CrmRequirements
from connectors.core.errors import NotInPlan, RecordRejected, Unauthorised
from connectors.core.fields import Field, Type, faults_of, missing
from connectors.core.list_only import ListOnlySequences
from connectors.core.literals import quoted
from connectors.core.permission_checks import PermissionCheck, closed
from connectors.salesforce import properties
from connectors.salesforce.cadences import SalesforceCadences
from connectors.salesforce.client import SalesforceHttp
from connectors.salesforce.forms import Described, Done, IdRow, Made, Record, field_of
from connectors.salesforce.rows import allowed_field

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
        """A lead's fields; of the mapped ones a contact takes the custom ones (see
        records.more_of)."""
        return await self._fields("Lead")

    async def check(self, wants: CrmRequirements) -> list[str]:
        faults = self._sequences.unmet(wants)
        for kind, wanted in _wanted(wants).items():
            try:
                there = await self._fields(kind)
            except (Unauthorised, NotInPlan) as error:
                return [f"{error}; see the app's set-up in docs/connectors/salesforce.md"]
            faults += faults_of("Salesforce", kind, wanted, there)
            for name in properties.NEEDED[kind]:
                if name not in there:
                    faults.append(
                        f"Salesforce shows no {kind}.{name}: give the integration user the field's"
                        " permission"
                    )
        for name in await self._cadences.missing(wants.lists):
            faults.append(
                f"Salesforce has no active cadence {name!r}; build it in Sales Engagement"
            )
        return faults

    async def limits(self, wants: CrmRequirements) -> list[str]:
        """Reads one row of each object; an object that the plan leaves out doesn't exist."""
        del wants  # all of them are needed whatever the rules say
        checks: list[PermissionCheck] = []
        for kind, disables in _NEEDS.items():
            call = partial(self._http.queries, f"SELECT Id FROM {kind} LIMIT 1")
            checks.append(PermissionCheck(kind, disables, call))
        return await closed(checks, ("INVALID_TYPE", "INVALID_FIELD"))

    async def provision(self, wants: CrmRequirements, *, dry_run: bool = False) -> list[str]:
        """Cadences and standard fields can only be made by hand; `check` says when a cadence is
        missing."""
        made: list[str] = []
        wanted = _wanted(wants)
        for kind, fields in wanted.items():
            defined_on = properties.DEFINED_ON.get(kind, kind)
            for field in missing("Salesforce", kind, fields, await self._fields(kind)):
                added = dry_run or await self._add(defined_on, field)
                if added:
                    made.append(f"field {kind}.{field.name} ({field.type})")
        if not dry_run:
            made += await self._allow(wanted)
        return made

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
        sets = await self._http.rows(
            partial(read, form=IdRow),
            f"SELECT Id FROM PermissionSet WHERE Name = '{PERMISSIONS}'",
        )
        ident = (
            sets[0].Id
            if sets
            else await self._make("PermissionSet", Name=PERMISSIONS, Label=PERMISSIONS)
        )
        shown, mine = await self._http.queries(
            f"SELECT Field FROM FieldPermissions WHERE ParentId = '{ident}'",
            f"SELECT Id FROM PermissionSetAssignment WHERE PermissionSetId = '{ident}' AND"
            f" AssigneeId = {quoted(self._http.me)}",
        )
        await self._show(ident, fields, set(all_of("Salesforce", shown, allowed_field)))
        if mine:
            return [] if sets else [f"permission set {PERMISSIONS}"]
        await self._make("PermissionSetAssignment", AssigneeId=self._http.me, PermissionSetId=ident)
        return [f"permission set {PERMISSIONS}"]

    async def _show(
        self, permission_set: str, fields: dict[str, list[Field]], shown: set[str]
    ) -> None:
        """Have a permission set show our custom fields that it doesn't show yet."""
        for kind, added in fields.items():
            for field in added:
                name = f"{kind}.{field.name}"
                if properties.is_custom(name) and name not in shown:
                    await self._make(
                        "FieldPermissions",
                        ParentId=permission_set,
                        SobjectType=kind,
                        Field=name,
                        PermissionsRead=True,
                        PermissionsEdit=True,
                    )

    async def _make(self, kind: str, **fields: Any) -> str:
        return (await self._http.call(Made, "POST", "sobjects/{}", kind, json=fields)).id


def _wanted(wants: CrmRequirements) -> dict[str, list[Field]]:
    """The fields wanted of each object: ours, the mapped ones on leads, and the custom ones among
    those on contacts."""
    basis = properties.BASIS.made if wants.lawful_basis else ()
    fields = [*basis, *wants.fields]
    custom = [field for field in fields if properties.is_custom(field.name)]
    own = properties.FIELDS
    return {
        "Lead": [*own["Lead"], *fields],
        "Contact": [*own["Contact"], *custom],
        "Task": [*own["Task"]],
    }


def _metadata(field: Field) -> Record:
    """What the Tooling API takes to make a field (docs/design/vendors.md Salesforce 1.5).

    Our own numbers are whole, a client's may have two decimals.
    """
    types: dict[str, Record] = {
        "text": {"type": "Text", "length": 64 if field.unique else 255},
        "long": {"type": "LongTextArea", "length": 32_768, "visibleLines": 3},
        "number": {"type": "Number", "precision": 18, "scale": _scale(field)},
        "date": {"type": "Date"},
        "moment": {"type": "DateTime"},
        "flag": {"type": "Checkbox", "defaultValue": False},
        "choice": {"type": "Picklist", "valueSet": _value_set(field.options)},
    }
    body: Record = {"label": field.label}
    if field.type != "flag":
        body["required"] = False
    body |= types[field.type]
    if field.type == "text" and field.unique:
        body |= {"unique": True, "caseSensitive": False, "externalId": True}
    return body


def _scale(field: Field) -> int:
    return 0 if field.name.startswith("Leadgate_") else 2


def _value_set(options: Sequence[str]) -> Record:
    values = [{"fullName": one, "label": one, "default": False} for one in options]
    return {"valueSetDefinition": {"value": values}}


def _field_of(item: Any) -> Field:
    row = field_of(item)
    return Field(
        name=row.name,
        label=row.label or row.name,
        type=_READ_AS.get(row.type, "other"),
        options=tuple(entry.value for entry in row.entries if entry.active),
        unique=bool(row.externalId),
        writable=bool(row.updateable),
        most=row.length or 0,
    )
