"""The Zoho account: its users, the integration user, our fields, and its cadences."""

import re
from collections.abc import Callable
from typing import Any

from connectors.core.answers import read, sound
from connectors.core.crm import CrmRequirements, Owner
from connectors.core.errors import NotInPlan, RecordRejected, Unauthorised, Unreadable
from connectors.core.fields import Field, Type, by_name, faults_of, missing
from connectors.core.list_only import ListOnlySequences
from connectors.core.pagination import numbered
from connectors.core.permission_checks import closed
from connectors.core.row_results import refusals
from connectors.core.user_directory import UserDirectory
from connectors.zoho import records
from connectors.zoho.client import ZohoHttp
from connectors.zoho.forms import CadenceRow, Cadences, Done, FieldRow, Fields, UserRow
from connectors.zoho.forms import Users as UserPage
from connectors.zoho.permission_checks import NOT_IN_PLAN, checks

_MADE_AS = {
    "text": "text",
    "long": "textarea",
    "number": "integer",
    "date": "date",
    "moment": "datetime",
    "flag": "boolean",
    "choice": "picklist",
}
_READ_AS: dict[str, Type] = {
    **dict.fromkeys(("text", "email", "phone", "website"), "text"),
    "textarea": "long",
    **dict.fromkeys(("integer", "bigint", "double", "currency", "percent"), "number"),
    "date": "date",
    "datetime": "moment",
    "boolean": "flag",
    **dict.fromkeys(("picklist", "multiselectpicklist"), "choice"),
}


class ZohoAccount:
    """See crm.Crm. The integration user counts as nobody."""

    def __init__(
        self, http: ZohoHttp, clock: Callable[[], float], sequences: ListOnlySequences
    ) -> None:
        self._http, self._sequences = http, sequences
        self._me = ""
        self._cadences: dict[str, str] = {}
        self.users = UserDirectory(self.owners, clock)

    async def me(self) -> str:
        """The id of the integration user. Raises Unreadable unless Zoho names one user."""
        if not self._me:
            body = await self._http.call(UserPage, "GET", "users", params={"type": "CurrentUser"})
            users = sound("Zoho", body.users, lambda item: read(item, UserRow))
            if len(users) != 1:
                raise Unreadable(f"Zoho says that the token is of {len(users)} users")
            self._me = users[0].id
        return self._me

    async def owners(self) -> list[Owner]:
        me = await self.me()
        found: list[Owner] = []
        async for users in numbered(self._users_page):
            found += map(_owner_of, users)
        return [owner for owner in found if owner.id != me]

    async def _users_page(self, number: int) -> tuple[list[UserRow], bool]:
        """A page of all users, and whether there is another."""
        params = {"type": "AllUsers", "page": str(number), "per_page": "200"}
        body = await self._http.call(UserPage, "GET", "users", params=params)
        rows = sound("Zoho", body.users, lambda item: read(item, UserRow))
        return rows, bool(body.users) and body.more

    async def cadence(self, name: str) -> str:
        """A cadence's id.

        Raises RecordRejected for one that isn't there, or that can't be entered by hand.
        """
        if name not in self._cadences:
            body = await self._http.call(
                Cadences, "GET", "settings/automation/cadences", nothing=Cadences([])
            )
            rows = sound("Zoho", body.cadences, lambda item: read(item, CadenceRow))
            self._cadences = {row.name: row.id for row in rows if row.is_manual}
        if name not in self._cadences:
            raise RecordRejected(
                f"Zoho has no active cadence {name!r} with manual enrolment; build it in Setup >"
                " Cadences"
            )
        return self._cadences[name]

    async def fields(self) -> dict[str, Field]:
        """A lead's; `provision` makes the mapped ones on contacts, too."""
        return await self._fields("Leads")

    async def check(self, wants: CrmRequirements) -> list[str]:
        faults = self._sequences.unmet(wants)
        for module, wanted in _wanted(wants).items():
            try:
                there = await self._fields(module)
            except (Unauthorised, NotInPlan) as error:
                return [f"{error}; see the scopes in docs/connectors/zoho.md"]
            faults += faults_of("Zoho", module, wanted, there)
        return faults + await refusals(self.cadence, wants.lists)

    async def limits(self, wants: CrmRequirements) -> list[str]:
        del wants  # all of them are needed whatever the rules say
        return await closed(checks(self._http), NOT_IN_PLAN)

    async def provision(self, wants: CrmRequirements, *, dry_run: bool = False) -> list[str]:
        """A cadence can only be built by hand; `check` says when it is missing."""
        made = []
        for module, wanted in _wanted(wants).items():
            for field in missing("Zoho", module, wanted, await self._fields(module)):
                if not dry_run:
                    body = {"fields": [_definition(field)]}
                    await self._http.call(
                        Done, "POST", "settings/fields", json=body, params={"module": module}
                    )
                made.append(f"field {module}.{field.name} ({field.type})")
        return made

    async def _fields(self, module: str) -> dict[str, Field]:
        body = await self._http.call(Fields, "GET", "settings/fields", params={"module": module})
        return by_name(sound("Zoho", body.fields, _field_of))


def _owner_of(user: UserRow) -> Owner:
    """A user; the role is the nearest that Zoho has to a team."""
    return Owner(
        id=user.id,
        email=(user.email or "").casefold(),
        active=user.status == "active",
        teams=tuple(filter(None, (user.role_name,))),
    )


def _wanted(wants: CrmRequirements) -> dict[str, list[Field]]:
    """Ours, and the mapped ones of people."""
    basis = records.BASIS.made if wants.lawful_basis else ()
    fields = [*basis, *wants.fields]
    return {
        "Leads": [*records.FIELDS["Leads"], *fields],
        "Contacts": [*records.FIELDS["Contacts"], *fields],
        "Tasks": [*records.FIELDS["Tasks"]],
    }


def _definition(field: Field) -> dict[str, Any]:
    """A field as it is sent to be made (docs/design/vendors.md Zoho 2.3). Our own numbers are
    whole, a client's may have decimals."""
    definition: dict[str, Any] = {"field_label": field.name, "data_type": _MADE_AS[field.type]}
    # Zoho makes the name of the label
    if re.sub(r"\W+", "_", field.label) == field.name:
        definition["field_label"] = field.label
    if field.type == "number" and not field.name.startswith("Leadgate_"):
        definition["data_type"] = "double"
    if field.type == "text":
        definition["length"] = 255
    if field.unique:
        definition |= {"unique": {"case_sensitive": False}, "length": 100}
    if field.type == "choice":
        definition["pick_list_values"] = [*map(_option, field.options)]
    return definition


def _option(value: str) -> dict[str, str]:
    return {"display_value": value, "actual_value": value}


def _field_of(item: Any) -> Field:
    row = read(item, FieldRow)
    return Field(
        name=row.api_name,
        label=row.field_label or row.api_name,
        type=_READ_AS.get(row.data_type or "", "other"),
        options=row.option_values,
        unique=bool(row.unique),
        writable=not row.read_only,
        most=row.length or 0,
    )
