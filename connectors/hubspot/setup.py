"""HubSpot's properties and lists: what is there, what we need, and the making of it."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from connectors.core.answers import read, sound
from connectors.core.crm import CrmRequirements
from connectors.core.errors import NotInPlan, RecordRejected, Unauthorised
from connectors.core.fields import Field, Type, faults_of, missing
from connectors.core.permission_checks import PermissionCheck, closed
from connectors.hubspot import records
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.forms import Done, Listing, PropertyRow
from connectors.hubspot.sequences import ENROLMENT

_ACTIVITIES = ("calls", "emails", "meetings", "notes")
_MOST_TEXT = 65_536  # of every text, by HubSpot's guide (docs/design/vendors.md HubSpot 1.5)
_GROUP, _COMPANY_GROUP = "leadgate", "companyinformation"
#: Our types as HubSpot's, with the control that its pages show.
_MADE_AS: dict[str, tuple[str, str]] = {
    "text": ("string", "text"),
    "long": ("string", "textarea"),
    "number": ("number", "number"),
    "date": ("date", "date"),
    "moment": ("datetime", "date"),
    "flag": ("bool", "booleancheckbox"),
    "choice": ("enumeration", "select"),
}
_READ_AS: dict[str, Type] = {
    "string": "text",
    "phone_number": "text",
    "number": "number",
    "date": "date",
    "datetime": "moment",
    "bool": "flag",
    "enumeration": "choice",
}
_FLAG_OPTIONS = [
    {"label": "Yes", "value": "true", "hidden": False},
    {"label": "No", "value": "false", "hidden": False},
]


class HubSpotSetup:
    """See crm.Crm.

    `list_id` finds a manual list, or raises RecordRejected; `lacking` tells what is wrong with
    sequences.
    """

    def __init__(
        self,
        http: HubSpotHttp,
        list_id: Callable[[str], Awaitable[str]],
        lacking: Callable[[CrmRequirements], Awaitable[list[str]]],
    ) -> None:
        self._http, self._list_id, self._lacking = http, list_id, lacking

    async def fields(self) -> dict[str, Field]:
        return await self._fields("contacts")

    async def company_fields(self) -> dict[str, Field]:
        return await self._fields("companies")

    async def _fields(self, kind: str) -> dict[str, Field]:
        body = await self._http.get(Listing, "/crm/properties/{v}/{}", kind)
        return {field.name: field for field in sound("HubSpot", body.results, _field_of)}

    async def check(self, wants: CrmRequirements) -> list[str]:
        faults: list[str] = []
        try:
            for kind, wanted in _wanted(wants).items():
                faults += faults_of("HubSpot", kind, wanted, await self._fields(kind))
            faults += await self._absent(wants.lists)
            return faults + await self._lacking(wants)
        except (Unauthorised, NotInPlan) as error:
            said = (
                f"{error}; set LEADGATE_HUBSPOT_TOKEN to a token with the scopes in"
                " docs/connectors/hubspot.md"
            )
            return [*faults, said]

    async def _absent(self, lists: Sequence[str]) -> list[str]:
        faults = []
        for name in lists:
            try:
                await self._list_id(name)
            except RecordRejected as error:
                faults.append(str(error))
        return faults

    async def limits(self, wants: CrmRequirements) -> list[str]:
        """By the scopes' own endpoints; a read of an object that isn't there is an answer like any
        other."""

        def look(kind: str) -> Callable[[], Awaitable[object]]:
            return lambda: self._http.batch(
                kind, "read", [{"id": "1"}], properties=["hs_object_id"]
            )

        def linked(target: str, source: str = "contacts") -> Callable[[], Awaitable[object]]:
            return lambda: self._http.associate(source, target, "read", [{"id": "1"}])

        status = "/communication-preferences/v4/statuses/{}"
        used: list[PermissionCheck] = []
        if wants.accounts or wants.company_fields:
            used.append(
                PermissionCheck(
                    "objects/companies",
                    "no lead goes to its company's owner, no property of a company is filled",
                    look("companies"),
                )
            )
        if wants.sequences:
            enrolled = partial(self._http.get, Done, ENROLMENT, "1")
            used.append(
                PermissionCheck(
                    "automation/sequences", "nobody enters a HubSpot sequence", enrolled
                )
            )
        return await closed(
            [
                *used,
                PermissionCheck(
                    "objects/contacts/search",
                    "changes of contacts aren't heard",
                    lambda: self._http.search("contacts", {"limit": 1}),
                ),
                PermissionCheck(
                    "objects/companies/search",
                    "companies aren't found by domain",
                    lambda: self._http.search("companies", {"limit": 1}),
                ),
                PermissionCheck(
                    "objects/deals",
                    "open deals aren't known: customers could enter sequences",
                    look("deals"),
                ),
                PermissionCheck(
                    "associations/companies/deals",
                    "companies' open deals aren't known",
                    linked("deals", "companies"),
                ),
                PermissionCheck(
                    "owners",
                    "no owner can be written or confirmed",
                    partial(self._http.get, Done, "/crm/owners/{v}", limit="1"),
                ),
                PermissionCheck("objects/tasks", "no task is made for a rep", look("tasks")),
                *(
                    PermissionCheck(
                        f"associations/contacts/{k}", f"owners' {k} don't stop the clock", linked(k)
                    )
                    for k in _ACTIVITIES
                ),
                PermissionCheck(
                    "lists/search",
                    "nobody is nurtured by list",
                    partial(
                        self._http.send, Done, "POST", "/crm/lists/{v}/search", body={"count": 1}
                    ),
                ),
                PermissionCheck(
                    "communication-preferences",
                    "opt-outs aren't written to HubSpot",
                    partial(self._http.get, Done, status, "nobody@example.com", channel="EMAIL"),
                ),
            ]
        )

    async def provision(self, wants: CrmRequirements, *, dry_run: bool = False) -> list[str]:
        made = []
        for kind, wanted in _wanted(wants).items():
            lacks = missing("HubSpot", kind, wanted, await self._fields(kind))
            made += [f"property {kind}.{field.name} ({field.type})" for field in lacks]
            if lacks and not dry_run:
                await self._make(kind, lacks)
        for name in wants.lists:
            made += await self._provision_list(name, dry_run=dry_run)
        return made

    async def _make(self, kind: str, fields: Sequence[Field]) -> None:
        group = _GROUP if kind == "contacts" else _COMPANY_GROUP
        if kind == "contacts":
            try:
                body = {"name": _GROUP, "label": "Leadgate"}
                await self._http.send(
                    Done, "POST", "/crm/properties/{v}/contacts/groups", body=body
                )
            except RecordRejected as error:
                if "already exists" not in str(error):
                    raise
        for field in fields:
            body = {**_definition(field), "groupName": group}
            await self._http.send(Done, "POST", "/crm/properties/{v}/{}", kind, body=body)

    async def _provision_list(self, name: str, *, dry_run: bool) -> list[str]:
        """The manual list behind a sequence."""
        try:
            await self._list_id(name)
        except RecordRejected:
            if not dry_run:
                body = {"name": name, "objectTypeId": "0-1", "processingType": "MANUAL"}
                await self._http.send(Done, "POST", "/crm/lists/{v}", body=body)
            return [f"list {name}"]
        return []


def _wanted(wants: CrmRequirements) -> dict[str, list[Field]]:
    companies = [*records.COMPANY_FIELDS, *wants.company_fields]
    return {"contacts": [*records.CONTACT_FIELDS, *wants.fields], "companies": companies}


def _definition(field: Field) -> dict[str, Any]:
    kind, control = _MADE_AS[field.type]
    options = [
        {"label": o, "value": o, "hidden": False, "displayOrder": i}
        for i, o in enumerate(field.options)
    ]
    more = (
        {"options": _FLAG_OPTIONS if field.type == "flag" else options}
        if field.type in {"flag", "choice"}
        else {}
    )
    return {
        "name": field.name,
        "label": field.label,
        "type": kind,
        "fieldType": control,
        "hasUniqueValue": field.unique,
        **more,
    }


def _field_of(item: Any) -> Field:
    """A property as HubSpot defines it; calculated ones and its own read-only ones can't be written
    (docs/design/vendors.md HubSpot 1.5)."""
    row = read(item, PropertyRow)
    fixed = (row.modificationMetadata and row.modificationMetadata.readOnlyValue) or row.calculated
    return Field(
        name=row.name,
        label=row.label or row.name,
        type=_READ_AS.get(row.type or "", "other"),
        options=tuple(o.value for o in row.options or () if not o.hidden),
        unique=bool(row.hasUniqueValue),
        writable=not fixed,
        most=_MOST_TEXT,
    )
