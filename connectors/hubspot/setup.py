"""HubSpot's properties and lists: what is there, what we need, and how we make it."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from connectors.core.answers import read, sound
from connectors.core.crm import CrmRequirements
from connectors.core.errors import NotInPlan, RecordRejected, Unauthorised
from connectors.core.fields import Field, Type, by_name, faults_of, missing
from connectors.core.permission_checks import closed
from connectors.core.row_results import refusals
from connectors.hubspot import records
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.forms import Done, Listing, PropertyRow
from connectors.hubspot.lists import HubSpotLists
from connectors.hubspot.permission_checks import checks
from connectors.hubspot.sequences import HubSpotSequences

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
    """See crm.Crm."""

    def __init__(self, http: HubSpotHttp, lists: HubSpotLists, sequences: HubSpotSequences) -> None:
        self._http, self._lists, self._sequences = http, lists, sequences

    async def fields(self) -> dict[str, Field]:
        return await self._fields("contacts")

    async def company_fields(self) -> dict[str, Field]:
        return await self._fields("companies")

    async def _fields(self, kind: str) -> dict[str, Field]:
        body = await self._http.get(Listing, "/crm/properties/{v}/{}", kind)
        return by_name(sound("HubSpot", body.results, _field_of))

    async def check(self, wants: CrmRequirements) -> list[str]:
        faults: list[str] = []
        try:
            for kind, wanted in _wanted(wants).items():
                there = await self._fields(kind)
                faults += faults_of("HubSpot", kind, wanted, there)
                if kind == "contacts" and wants.lawful_basis:
                    faults += _basis_faults(there)
            faults += await refusals(self._lists.list_id, wants.lists)
            return faults + await self._sequences.unmet(wants)
        except (Unauthorised, NotInPlan) as error:
            said = (
                f"{error}; set LEADGATE_HUBSPOT_TOKEN to a token with the scopes in"
                " docs/connectors/hubspot.md"
            )
            return [*faults, said]

    async def limits(self, wants: CrmRequirements) -> list[str]:
        return await closed(checks(self._http, wants))

    async def provision(self, wants: CrmRequirements, *, dry_run: bool = False) -> list[str]:
        made = []
        for kind, wanted in _wanted(wants).items():
            absent = missing("HubSpot", kind, wanted, await self._fields(kind))
            made += [f"property {kind}.{field.name} ({field.type})" for field in absent]
            if absent and not dry_run:
                await self._make(kind, absent)
        for name in wants.lists:
            made += await self._provision_list(name, dry_run=dry_run)
        return made

    async def _make(self, kind: str, fields: Sequence[Field]) -> None:
        group = _COMPANY_GROUP
        if kind == "contacts":
            group = _GROUP
            await self._make_group()
        for field in fields:
            body = {**_definition(field), "groupName": group}
            await self._http.send(Done, "POST", "/crm/properties/{v}/{}", kind, body=body)

    async def _make_group(self) -> None:
        """Make the group of our properties on contacts, if it isn't there."""
        body = {"name": _GROUP, "label": "Leadgate"}
        try:
            await self._http.send(Done, "POST", "/crm/properties/{v}/contacts/groups", body=body)
        except RecordRejected as error:
            if "already exists" not in str(error):
                raise

    async def _provision_list(self, name: str, *, dry_run: bool) -> list[str]:
        """The manual list behind a sequence."""
        try:
            await self._lists.list_id(name)
        except RecordRejected:
            if not dry_run:
                body = {"name": name, "objectTypeId": "0-1", "processingType": "MANUAL"}
                await self._http.send(Done, "POST", "/crm/lists/{v}", body=body)
            return [f"list {name}"]
        return []


def _wanted(wants: CrmRequirements) -> dict[str, list[Field]]:
    companies = [*records.COMPANY_FIELDS, *wants.company_fields]
    basis = records.BASIS.made if wants.lawful_basis else ()
    contacts = [*records.CONTACT_FIELDS, *basis, *wants.fields]
    return {"contacts": contacts, "companies": companies}


def _basis_faults(there: Mapping[str, Field]) -> list[str]:
    """What is wrong with HubSpot's own property of the lawful basis."""
    own = records.BASIS.basis
    found = there.get(own.name)
    if found is None or not found.writable:
        said = (
            f"HubSpot has no property {own.name} that can be written: switch data privacy on in"
            " its settings, or take lawful_basis out of the rules"
        )
        return [said]
    if missing := [word for word in records.BASIS.words.values() if word not in found.options]:
        return [f"HubSpot's property {own.name} has no option {', '.join(map(repr, missing))}"]
    return []


def _definition(field: Field) -> dict[str, Any]:
    kind, control = _MADE_AS[field.type]
    definition = {
        "name": field.name,
        "label": field.label,
        "type": kind,
        "fieldType": control,
        "hasUniqueValue": field.unique,
    }
    if field.type == "flag":
        definition["options"] = _FLAG_OPTIONS
    elif field.type == "choice":
        definition["options"] = [*map(_option, count(), field.options)]
    return definition


def _option(place: int, value: str) -> dict[str, Any]:
    return {"label": value, "value": value, "hidden": False, "displayOrder": place}


def _field_of(item: Any) -> Field:
    """A property as HubSpot defines it; calculated ones and its own read-only ones can't be written
    (docs/design/vendors.md HubSpot 1.5)."""
    row = read(item, PropertyRow)
    return Field(
        name=row.name,
        label=row.label or row.name,
        type=_READ_AS.get(row.type or "", "other"),
        options=row.shown_options,
        unique=bool(row.hasUniqueValue),
        writable=not row.is_fixed,
        most=_MOST_TEXT,
    )
