"""The account: its users, which of them we are, our fields, and its cadences."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from connectors.core.answers import read, sound
from connectors.core.crm import CrmRequirements, Owner
from connectors.core.errors import NotInPlan, RecordRejected, Unauthorised, Unreadable
from connectors.core.fields import Field, Type, faults_of, missing
from connectors.core.list_only import ListOnlySequences
from connectors.core.pagination import numbered
from connectors.core.permission_checks import PermissionCheck, closed
from connectors.core.user_directory import UserDirectory
from connectors.zoho import records
from connectors.zoho.client import ZohoHttp
from connectors.zoho.forms import CadenceRow, Cadences, Done, FieldRow, Fields, UserRow
from connectors.zoho.forms import Users as UserPage

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
    """See crm.Crm. The user under whose name everything is written owns nothing."""

    def __init__(
        self, http: ZohoHttp, clock: Callable[[], float], sequences: ListOnlySequences
    ) -> None:
        self._http, self._sequences = http, sequences
        self._me = ""
        self._cadences: dict[str, str] = {}
        self.users = UserDirectory(self.owners, clock)

    async def me(self) -> str:
        """The id of the user whose token it is."""
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
            self._cadences = {
                c.name: c.id for c in rows if c.type == "manual_enrollment" and c.active
            }
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
        for module, wanted in _wanted(wants.fields).items():
            try:
                there = await self._fields(module)
            except (Unauthorised, NotInPlan) as error:
                return [f"{error}; see the scopes in docs/connectors/zoho.md"]
            faults += faults_of("Zoho", module, wanted, there)
        for name in wants.lists:
            try:
                await self.cadence(name)
            except RecordRejected as error:
                faults.append(str(error))
        return faults

    async def limits(self, wants: CrmRequirements) -> list[str]:
        del wants  # all of them are needed whatever the rules say

        def get(*path: str, **params: str) -> Callable[[], Awaitable[object]]:
            return lambda: self._http.call(Done, "GET", *path, params=params)

        def one(module: str) -> Callable[[], Awaitable[object]]:
            query = {"select_query": f"select id from {module} where id = '0' limit 1"}
            return lambda: self._http.call(Done, "POST", "coql", json=query)

        return await closed(
            [
                PermissionCheck(
                    "users", "no owner can be written or confirmed", get("users", type="AllUsers")
                ),
                PermissionCheck("coql", "nobody is found: nothing can be written", one("Leads")),
                *(
                    PermissionCheck(f"coql {m}", f"{m.lower()} don't stop the clock", one(m))
                    for m in ("Calls", "Events", "Notes")
                ),
                PermissionCheck(
                    "coql Tasks", "no task is found again after a lost answer", one("Tasks")
                ),
                PermissionCheck(
                    "coql Deals",
                    "open deals aren't known: customers could enter sequences",
                    one("Deals"),
                ),
                PermissionCheck(
                    "coql Accounts",
                    "companies, their owners and who is a customer aren't known",
                    one("Accounts"),
                ),
                PermissionCheck(
                    "Leads/deleted", "deletions aren't heard", get("Leads/deleted", type="recycle")
                ),
                PermissionCheck(
                    "settings/automation/cadences",
                    "nobody enters a cadence",
                    get("settings/automation/cadences"),
                ),
            ],
            ("NOT_SUPPORTED", "FEATURE_NOT", "INVALID_MODULE"),
        )

    async def provision(self, wants: CrmRequirements, *, dry_run: bool = False) -> list[str]:
        """A cadence can only be built by hand; `check` says when it is missing."""
        made = []
        for module, wanted in _wanted(wants.fields).items():
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
        return {field.name: field for field in sound("Zoho", body.fields, _field_of)}


def _owner_of(user: UserRow) -> Owner:
    """A user; the role is the nearest that Zoho has to a team."""
    role = (user.role.name if user.role else "") or ""
    active = user.status == "active"
    return Owner(
        id=user.id,
        email=(user.email or "").casefold(),
        active=active,
        teams=(role,) if role else (),
    )


def _wanted(fields: Sequence[Field]) -> dict[str, list[Field]]:
    more: dict[str, Sequence[Field]] = {"Leads": fields, "Contacts": fields, "Tasks": ()}
    return {module: [*own, *more[module]] for module, own in records.FIELDS.items()}


def _definition(field: Field) -> dict[str, Any]:
    """What Zoho is told (docs/design/vendors.md Zoho 2.3). Our own numbers are whole, a client's
    may have decimals."""
    kind = _MADE_AS[field.type]
    if field.type == "number" and not field.name.startswith("Leadgate_"):
        kind = "double"
    more: dict[str, Any] = {"length": 255} if field.type == "text" else {}
    if field.unique:
        more |= {"unique": {"case_sensitive": False}, "length": 100}
    if field.type == "choice":
        more["pick_list_values"] = [{"display_value": o, "actual_value": o} for o in field.options]
    # Zoho makes the name of the label
    label = field.label if re.sub(r"\W+", "_", field.label) == field.name else field.name
    return {"field_label": label, "data_type": kind, **more}


def _field_of(item: Any) -> Field:
    row = read(item, FieldRow)
    return Field(
        name=row.api_name,
        label=row.field_label or row.api_name,
        type=_READ_AS.get(row.data_type or "", "other"),
        options=tuple(v.actual_value for v in row.pick_list_values or ()),
        unique=bool(row.unique),
        writable=not row.read_only,
        most=row.length or 0,
    )
