"""HubSpot's properties and lists: what is there, what we need, and the making of it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from connectors.contract import Wants
from connectors.errors import RowRejected, Unauthorised
from connectors.fields import Field, Type, faults_of, missing
from connectors.hubspot import records
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.sequences import ENROLMENTS
from connectors.probing import Probe, closed

_ACTIVITIES = ("calls", "emails", "meetings", "notes")
_MOST_TEXT = 65_536  # of every text, by HubSpot's guide (facts 1.5)
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
_FLAG_OPTIONS = [{"label": "Yes", "value": "true", "hidden": False}, {"label": "No", "value": "false", "hidden": False}]


class HubSpotSetup:
    """See contract.Crm. `list_id` finds a manual list, or raises RowRejected; `lacking` tells what is wrong with sequences."""

    def __init__(
        self,
        http: HubSpotHttp,
        list_id: Callable[[str], Awaitable[str]],
        lacking: Callable[[Wants], Awaitable[list[str]]],
    ) -> None:
        self._http, self._list_id, self._lacking = http, list_id, lacking

    async def fields(self) -> dict[str, Field]:
        return await self._fields("contacts")

    async def company_fields(self) -> dict[str, Field]:
        return await self._fields("companies")

    async def _fields(self, kind: str) -> dict[str, Field]:
        body = await self._http.get(f"/crm/properties/{{v}}/{kind}")
        return {item["name"]: _field_of(item) for item in body.get("results", [])}

    async def check(self, wants: Wants) -> list[str]:
        faults: list[str] = []
        try:
            for kind, wanted in _wanted(wants).items():
                faults += faults_of("HubSpot", kind, wanted, await self._fields(kind))
            faults += await self._absent(wants.lists)
            return faults + await self._lacking(wants)
        except Unauthorised as error:
            said = f"{error}; set LEADGATE_HUBSPOT_TOKEN to a token with the scopes in docs/connectors/hubspot.md"
            return [*faults, said]

    async def _absent(self, lists: Sequence[str]) -> list[str]:
        faults = []
        for name in lists:
            try:
                await self._list_id(name)
            except RowRejected as error:
                faults.append(str(error))
        return faults

    async def limits(self, wants: Wants) -> list[str]:
        """By the scopes' own endpoints; a read of an object that isn't there is an answer like any other."""

        def read(kind: str) -> Callable[[], Awaitable[object]]:
            return lambda: self._http.batch(kind, "read", [{"id": "1"}], properties=["hs_object_id"])

        def linked(target: str, source: str = "contacts") -> Callable[[], Awaitable[object]]:
            return lambda: self._http.associate(source, target, "read", [{"id": "1"}])

        nobody = "/communication-preferences/v4/statuses/nobody@example.com?channel=EMAIL"
        used: list[Probe] = []
        if wants.accounts or wants.company_fields:
            used.append(
                Probe(
                    "objects/companies",
                    "no lead goes to its company's owner, no property of a company is filled",
                    read("companies"),
                )
            )
        if wants.sequences:
            within = f"{ENROLMENTS}/contact/1"
            used.append(Probe("automation/sequences", "nobody enters a HubSpot sequence", lambda: self._http.get(within)))
        return await closed(
            [
                *used,
                Probe(
                    "objects/contacts/search",
                    "changes of contacts aren't heard",
                    lambda: self._http.search("contacts", {"limit": 1}),
                ),
                Probe(
                    "objects/companies/search",
                    "companies aren't found by domain",
                    lambda: self._http.search("companies", {"limit": 1}),
                ),
                Probe("objects/deals", "open deals aren't known: customers could enter sequences", read("deals")),
                Probe("associations/companies/deals", "companies' open deals aren't known", linked("deals", "companies")),
                Probe("owners", "no owner can be written or confirmed", lambda: self._http.get("/crm/owners/{v}", limit="1")),
                Probe("objects/tasks", "no task is made for a rep", read("tasks")),
                *(Probe(f"associations/contacts/{k}", f"owners' {k} don't stop the clock", linked(k)) for k in _ACTIVITIES),
                Probe(
                    "lists/search",
                    "nobody is nurtured by list",
                    lambda: self._http.send("POST", "/crm/lists/{v}/search", {"count": 1}),
                ),
                Probe("communication-preferences", "opt-outs aren't written to HubSpot", lambda: self._http.get(nobody)),
            ]
        )

    async def provision(self, wants: Wants, *, dry_run: bool = False) -> list[str]:
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
                await self._http.send("POST", "/crm/properties/{v}/contacts/groups", {"name": _GROUP, "label": "Leadgate"})
            except RowRejected as error:
                if "already exists" not in str(error):
                    raise
        for field in fields:
            await self._http.send("POST", f"/crm/properties/{{v}}/{kind}", {**_definition(field), "groupName": group})

    async def _provision_list(self, name: str, *, dry_run: bool) -> list[str]:
        """The manual list behind a sequence."""
        try:
            await self._list_id(name)
        except RowRejected:
            if not dry_run:
                body = {"name": name, "objectTypeId": "0-1", "processingType": "MANUAL"}
                await self._http.send("POST", "/crm/lists/{v}", body)
            return [f"list {name}"]
        return []


def _wanted(wants: Wants) -> dict[str, list[Field]]:
    companies = [*records.COMPANY_FIELDS, *wants.company_fields]
    return {"contacts": [*records.CONTACT_FIELDS, *wants.fields], "companies": companies}


def _definition(field: Field) -> dict[str, Any]:
    kind, control = _MADE_AS[field.type]
    options = [{"label": o, "value": o, "hidden": False, "displayOrder": i} for i, o in enumerate(field.options)]
    more = {"options": _FLAG_OPTIONS if field.type == "flag" else options} if field.type in {"flag", "choice"} else {}
    return {"name": field.name, "label": field.label, "type": kind, "fieldType": control, "hasUniqueValue": field.unique, **more}


def _field_of(item: dict[str, Any]) -> Field:
    """A property as HubSpot defines it; calculated ones and its own read-only ones can't be written (facts 1.5)."""
    fixed = (item.get("modificationMetadata") or {}).get("readOnlyValue") or item.get("calculated")
    return Field(
        name=item["name"],
        label=item.get("label") or item["name"],
        type=_READ_AS.get(item.get("type") or "", "other"),
        options=tuple(o["value"] for o in item.get("options") or [] if not o.get("hidden")),
        unique=bool(item.get("hasUniqueValue")),
        writable=not fixed,
        most=_MOST_TEXT,
    )
