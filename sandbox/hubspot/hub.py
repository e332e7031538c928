"""The objects of the sandbox's HubSpot and their rules: types, unique values, read-only properties,
associations.

Sources: docs/design/vendors.md HubSpot (sections at each rule) and HubSpot 5 (paths and success
statuses that the official client needs). What is unknown there is answered in the stricter way.
"""

import json
import re
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from sandbox.store import Store, Thing

TOKEN = "pat-sandbox-0001"  # noqa: S105  the sandbox's own
ID_OF = {
    "contacts": "0-1",
    "companies": "0-2",
    "deals": "0-3",
    "tasks": "0-27",
    "notes": "0-46",
    "meetings": "0-47",
    "calls": "0-48",
    "emails": "0-49",
}
ACTIVITIES = frozenset({"tasks", "calls", "emails", "meetings", "notes"})
READ_ONLY = frozenset(
    "hs_object_id createdate lastmodifieddate hs_lastmodifieddate hs_email_optout hs_email_bounce associatedcompanyid "
    "hs_parent_company_id hs_email_hard_bounce_reason_enum hs_sales_email_last_replied hs_sequences_is_enrolled notes_last_contacted hs_merged_object_ids".split()
)
BUILT_IN = {
    "contacts": set(
        "email firstname lastname jobtitle phone city state country company hubspot_owner_id lifecyclestage hs_lead_status "
        "hs_additional_emails website industry numemployees".split()
    )
    | READ_ONLY,
    "companies": set(
        "name domain industry numberofemployees city state country hubspot_owner_id hs_additional_domains".split()
    )
    | READ_ONLY,
}
STEPS = 5


class RefusedError(Exception):
    """An answer that isn't a success."""

    def __init__(self, status: int, category: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {
            "status": "error",
            "category": category,
            "message": message,
            "correlationId": str(uuid.uuid4()),
            **more,
        }


def iso(at: float | None = None) -> str:
    """HubSpot's time text."""
    moment = datetime.fromtimestamp(at if at is not None else time.time(), UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Hub:
    """The objects and their rules."""

    def __init__(self, store: Store, search_lag: float = 2.0) -> None:
        self.store, self.search_lag = store, search_lag
        self.by_email: dict[str, str] = {}
        self.by_unique: dict[tuple[str, str, str], str] = {}
        self.reindex()

    def reindex(self) -> None:
        """Build the look-ups of unique values again, after objects were put in from outside."""
        for kind in ("contacts", "companies"):
            for thing in self.store.all(f"hubspot.{kind}").values():
                self.index(kind, thing)

    def index(self, kind: str, thing: Thing) -> None:
        """Note the unique values of one object."""
        p = thing["properties"]
        if kind == "contacts":
            for email in [p.get("email"), *(p.get("hs_additional_emails") or "").split(";")]:
                if email:
                    self.by_email[email.lower()] = thing["id"]
        for name in self.unique(kind):
            if p.get(name):
                self.by_unique[(kind, name, p[name])] = thing["id"]

    def unique(self, kind: str) -> list[str]:
        return [n for n, d in self.defined(kind).items() if d.get("hasUniqueValue")]

    def defined(self, kind: str) -> dict[str, Thing]:
        return {
            k.split(":", 1)[1]: v
            for k, v in self.store.all("hubspot.properties").items()
            if k.startswith(f"{kind}:")
        }

    def check(self, kind: str, properties: dict[str, Any]) -> dict[str, str]:
        """Refuse what the account doesn't define; activities ignore it instead
        (docs/design/vendors.md HubSpot 1.6)."""
        if kind in ACTIVITIES or kind == "deals":
            return {k: str(v) for k, v in properties.items()}
        known = BUILT_IN[kind] | set(self.defined(kind))
        bad = [
            {
                "isValid": False,
                "message": f'Property "{n}" does not exist',
                "error": "PROPERTY_DOESNT_EXIST",
                "name": n,
            }
            for n in properties
            if n not in known
        ]
        bad += [
            {
                "isValid": False,
                "message": f"{n} is read only",
                "error": "READ_ONLY_VALUE",
                "name": n,
            }
            for n in properties
            if n in READ_ONLY
        ]
        defined = self.defined(kind)
        bad += [
            fault
            for n, value in properties.items()
            if n in defined and (fault := _misfit(defined[n], str(value)))
        ]
        email = properties.get("email")
        if email and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
            bad.append(
                {
                    "isValid": False,
                    "message": f"Email address {email} is invalid",
                    "error": "INVALID_EMAIL",
                    "name": "email",
                }
            )
        owner = properties.get("hubspot_owner_id")
        if owner and not self.store.get("hubspot.owners", str(owner)):
            bad.append(
                {
                    "isValid": False,
                    "message": f"{owner} was not one of the allowed options",
                    "error": "INVALID_OPTION",
                    "name": "hubspot_owner_id",
                }
            )
        if bad:
            raise RefusedError(
                400, "VALIDATION_ERROR", f"Property values were not valid: {json.dumps(bad)}"
            )
        return {k: str(v).lower() if k == "email" else str(v) for k, v in properties.items()}

    def create(self, kind: str, properties: dict[str, Any]) -> Thing:
        values = self.check(kind, properties)
        self.refuse_twin(kind, values, None)
        if kind == "contacts" and not (
            values.get("email") or values.get("firstname") or values.get("lastname")
        ):
            raise RefusedError(
                400, "VALIDATION_ERROR", "one of email, firstname or lastname is needed"
            )
        if kind == "companies" and not (values.get("name") or values.get("domain")):
            raise RefusedError(400, "VALIDATION_ERROR", "name or domain is needed")
        if kind == "tasks" and not values.get("hs_timestamp"):
            raise RefusedError(400, "VALIDATION_ERROR", "hs_timestamp is needed")
        ident = self.store.next_id(f"hubspot.{kind}", 1001)
        now = iso()
        thing: Thing = {
            "id": ident,
            "properties": {**values, "hs_object_id": ident, "createdate": now},
            "createdAt": now,
            "updatedAt": now,
            "archived": False,
        }
        if kind == "contacts":
            thing["properties"].setdefault("lifecyclestage", "lead")
        return self.save(kind, thing)

    def refuse_twin(self, kind: str, values: dict[str, str], own: str | None) -> None:
        email = values.get("email")
        if kind == "contacts" and email and self.by_email.get(email, own) != own:
            raise RefusedError(
                409, "CONFLICT", f"Contact already exists. Existing ID: {self.by_email[email]}"
            )
        for name in self.unique(kind):
            if values.get(name) and self.by_unique.get((kind, name, values[name]), own) != own:
                raise RefusedError(
                    409, "CONFLICT", f"{kind} with {name} {values[name]} already exists"
                )

    def update(self, kind: str, thing: Thing, properties: dict[str, Any]) -> Thing:
        values = self.check(kind, properties)
        if thing["properties"].get("email") in (self.store.get("control", "ownerless") or {}):
            values.pop("hubspot_owner_id", None)  # a workflow of the account clears it again
        self.refuse_twin(kind, values, thing["id"])
        old = thing["properties"].get("email")
        thing["properties"] = {**thing["properties"], **values}
        if kind == "contacts" and values.get("email") and old and values["email"] != old:
            self.by_email.pop(old, None)
        return self.save(kind, thing)

    def save(self, kind: str, thing: Thing) -> Thing:
        thing["updatedAt"] = iso()
        thing["properties"]["lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"] = (
            thing["updatedAt"]
        )
        self.index(kind, thing)
        return self.store.put(f"hubspot.{kind}", thing["id"], thing)

    def find(self, kind: str, ident: str, by: str | None) -> Thing | None:
        if by in {None, "", "hs_object_id"}:
            found = self.store.get(f"hubspot.{kind}", ident) or self._heir(kind, ident)
        elif by == "email" and kind == "contacts":
            found = self.store.get("hubspot.contacts", self.by_email.get(ident.lower(), ""))
        elif by in self.unique(kind):
            found = self.store.get(
                f"hubspot.{kind}", self.by_unique.get((kind, str(by), ident), "")
            )
        else:
            raise RefusedError(
                400,
                "VALIDATION_ERROR",
                f"Unable to perform read by non-unique {ID_OF[kind]} property {by}",
            )
        return None if found is None or found["archived"] else found

    def _heir(self, kind: str, ident: str) -> Thing | None:
        """The contact into which another was merged: HubSpot answers by the old id with it
        (docs/design/vendors.md HubSpot 1.1)."""
        if kind != "contacts":
            return None
        held = self.store.all("hubspot.contacts").values()
        return next(
            (
                c
                for c in held
                if ident in (c["properties"].get("hs_merged_object_ids") or "").split(";")
            ),
            None,
        )

    def link(self, source: str, a: str, target: str, b: str) -> None:
        for s, x, t, y in ((source, a, target, b), (target, b, source, a)):
            key = f"{s}:{x}:{t}"
            row = self.store.get("hubspot.links", key) or {"to": []}
            if y not in row["to"]:
                row["to"].append(y)
                self.store.put("hubspot.links", key, row)
        pair = {source: a, target: b}
        contact: Thing | None = (
            self.store.get("hubspot.contacts", pair["contacts"])
            if set(pair) == {"contacts", "companies"}
            else None
        )
        if contact is not None:
            contact["properties"].setdefault("associatedcompanyid", pair["companies"])
            self.store.put("hubspot.contacts", contact["id"], contact)

    def links(self, source: str, ident: str, target: str) -> list[str]:
        return list(
            (self.store.get("hubspot.links", f"{source}:{ident}:{target}") or {"to": []})["to"]
        )

    def broken(self, kind: str, values: dict[str, Any], thing: Thing | None) -> bool:
        """A row that the account refuses to store whatever is tried (control: broken_emails)."""
        email = values.get("email") or ((thing or {}).get("properties") or {}).get("email")
        return kind == "contacts" and email in (self.store.get("control", "broken_emails") or {})


_FITS = {
    "number": r"-?\d+(\.\d+)?",
    "bool": "true|false",
    "date": r"\d{4}-\d\d-\d\d",
    "datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
}
_MISFITS = {"number": "INVALID_INTEGER", "date": "INVALID_DATE", "datetime": "INVALID_DATE"}


_MOST_TEXT = 65_536  # docs/design/vendors.md HubSpot 1.5


def _misfit(definition: Thing, value: str) -> Thing | None:
    """What is wrong with a property's value, None if nothing is; an empty one clears it."""
    name, kind = definition["name"], definition.get("type", "string")
    if not value:
        return None
    if kind == "enumeration":
        allowed = [o["value"] for o in definition.get("options", [])]
        said = (
            ""
            if all(part in allowed for part in value.split(";"))
            else f"{value} was not one of the allowed options: {allowed}"
        )
        return (
            {"isValid": False, "message": said, "error": "INVALID_OPTION", "name": name}
            if said
            else None
        )
    if kind == "string" and len(value) > _MOST_TEXT:
        return {
            "isValid": False,
            "message": f"{name} is too long",
            "error": "PROPERTY_VALUE_TOO_LONG",
            "name": name,
        }
    if kind in _FITS and not re.fullmatch(_FITS[kind], value):
        return {
            "isValid": False,
            "message": f"{value} was not a valid {kind}",
            "error": _MISFITS.get(kind, "INVALID_OPTION"),
            "name": name,
        }
    return None


def shown(thing: Thing, wanted: list[str] | None) -> Thing:
    """An object with the properties that were asked for: null where unset; a few by default."""
    p = thing["properties"]
    names = wanted or ["email", "firstname", "lastname", "name", "domain"]
    chosen = {n: p.get(n) for n in names} if wanted else {n: p[n] for n in names if n in p}
    chosen |= {
        n: p[n]
        for n in ("hs_object_id", "createdate", "lastmodifieddate", "hs_lastmodifieddate")
        if n in p
    }
    return {
        **{k: thing[k] for k in ("id", "createdAt", "updatedAt", "archived")},
        "properties": chosen,
    }
