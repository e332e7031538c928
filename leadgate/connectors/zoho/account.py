"""The account: its users, which of them we are, our fields, and its cadences."""

from collections.abc import Callable, Sequence
from typing import Any

from leadgate.connectors.contract import Owner
from leadgate.connectors.errors import RowRejected, Unauthorised
from leadgate.connectors.users import Users
from leadgate.connectors.zoho import records
from leadgate.connectors.zoho.client import ZohoHttp


class ZohoAccount:
    """See contract.Crm. The user under whose name everything is written owns nothing."""

    def __init__(self, http: ZohoHttp, clock: Callable[[], float]) -> None:
        self._http = http
        self._me = ""
        self._cadences: dict[str, str] = {}
        self.users = Users(self.owners, clock)

    async def me(self) -> str:
        """The id of the user whose token it is."""
        if not self._me:
            body = await self._http.call("GET", "users", params={"type": "CurrentUser"})
            self._me = str(body["users"][0]["id"])
        return self._me

    async def owners(self) -> list[Owner]:
        me, page = await self.me(), 1
        found: list[dict[str, Any]] = []
        while True:
            body = await self._http.call("GET", "users", params={"type": "AllUsers", "page": str(page), "per_page": "200"})
            found += body.get("users") or []
            if not (body.get("info") or {}).get("more_records"):
                break
            page += 1
        users = ((str(u["id"]), (u.get("email") or "").casefold(), u.get("status") == "active") for u in found)
        return [Owner(id=ident, email=email, active=active) for ident, email, active in users if ident != me]

    async def cadence(self, name: str) -> str:
        """A cadence's id. Raises RowRejected for one that isn't there, or that can't be entered by hand."""
        if name not in self._cadences:
            body = await self._http.call("GET", "settings/automation/cadences")
            good = [c for c in body.get("cadences") or [] if c.get("type") == "manual_enrollment" and c.get("active")]
            self._cadences = {c["name"]: str(c["id"]) for c in good}
        if name not in self._cadences:
            raise RowRejected(f"Zoho has no active cadence {name!r} with manual enrolment; build it in Setup > Cadences")
        return self._cadences[name]

    async def check(self, lists: Sequence[str]) -> list[str]:
        faults = []
        for module, added in records.FIELDS.items():
            try:
                there = await self._fields(module)
            except Unauthorised as error:
                return [f"{error}; see the scopes in docs/connectors/zoho.md"]
            faults += [fault for name, field in added.items() if (fault := _fault(module, name, field, there.get(name)))]
        for name in lists:
            try:
                await self.cadence(name)
            except RowRejected as error:
                faults.append(str(error))
        return faults

    async def provision(self, lists: Sequence[str]) -> list[str]:
        """Raises RowRejected for a field that is there with another type: it isn't ours to change."""
        del lists  # a cadence can only be built by hand; `check` says when it is missing
        made = []
        for module, added in records.FIELDS.items():
            there = await self._fields(module)
            for name, field in added.items():
                if name in there:
                    if fault := _fault(module, name, field, there[name]):
                        raise RowRejected(fault)
                    continue
                await self._http.call("POST", "settings/fields", json={"fields": [field]}, params={"module": module})
                made.append(f"field {module}.{name}")
        return made

    async def _fields(self, module: str) -> dict[str, dict[str, Any]]:
        body = await self._http.call("GET", "settings/fields", params={"module": module})
        return {f["api_name"]: f for f in body.get("fields") or []}


def _fault(module: str, name: str, field: dict[str, Any], there: dict[str, Any] | None) -> str:
    if there is None:
        return f"Zoho {module} have no field {name}; run leadgate provision"
    if there.get("data_type") != field["data_type"]:
        return f"Zoho {module}.{name} is there as {there.get('data_type')}, not as {field['data_type']}: rename or delete it"
    return ""
