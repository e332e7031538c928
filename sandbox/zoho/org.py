"""The org of the sandbox's Zoho: its users, fields and records, without the API's rules
(writes.py).

Sources: docs/design/vendors.md Zoho 2.2 and 2.3.
"""

import time
from datetime import UTC, datetime
from typing import Any

from sandbox.store import Store, Thing
from sandbox.zoho.refusals import RefusedError
from sandbox.zoho.schema import FIELDS, LENGTHS, USER_FIELDS, type_of

#: A cadence that is entered by hand, and one that takes every new lead.
NURTURE, GREEDY = "Leadgate nurture", "Welcome everybody"


def iso(at: float | None = None) -> str:
    """Zoho's time text: whole seconds, with an offset."""
    return datetime.fromtimestamp(at if at is not None else time.time(), UTC).isoformat(
        timespec="seconds"
    )


class Org:
    """One org. The user under whose name everything is written is made with it."""

    def __init__(self, store: Store, search_lag: float = 2.0) -> None:
        self.store, self.search_lag = store, search_lag
        if not store.all("zoho.users"):
            self.add_user("integration@acme.test", active=True)
            for name, kind in ((NURTURE, "manual_enrollment"), (GREEDY, "custom_view")):
                ident = self.next_id()
                cadence = {
                    "id": ident,
                    "name": name,
                    "module": "Leads",
                    "type": kind,
                    "active": True,
                    "status": "active",
                }
                store.put("zoho.cadences", ident, cadence)
        self.me = next(iter(store.all("zoho.users")))

    def next_id(self) -> str:
        """Zoho's numbers are 64-bit, as text."""
        return str(554023000000000000 + int(self.store.next_id("zoho", 1001)))

    def all(self, module: str) -> dict[str, Thing]:
        """Every record of a module that isn't deleted, by id."""
        return self.store.all(f"zoho.{module}")

    def add_user(self, email: str, *, active: bool) -> None:
        """A user, who may have left."""
        ident = self.next_id()
        name = email.split("@", maxsplit=1)[0].replace(".", " ").title()
        first, _, last = name.rpartition(" ")
        user: Thing = {
            "id": ident,
            "email": email,
            "first_name": first,
            "last_name": last,
            "full_name": name,
            "status": "active" if active else "inactive",
            "role": {"id": "554023000000000031", "name": "Sales"},
            "profile": {"id": "554023000000000026", "name": "Administrator"},
        }
        self.store.put("zoho.users", ident, user)

    def user(self, ident: str) -> Thing:
        """A user as a record names one; empty for nobody."""
        found = self.store.get("zoho.users", ident)
        if found is None:
            return {}
        return {"id": ident, "name": found["full_name"], "email": found["email"]}

    # Fields

    def custom(self, module: str) -> dict[str, Thing]:
        """Fields that were added, by their api names."""
        return {f["api_name"]: f for f in self.store.all(f"zoho.fields.{module}").values()}

    def fields(self, module: str) -> set[str]:
        """Every field of a module. Raises RefusedError for a module that isn't there."""
        if module == "users":
            return set(USER_FIELDS)
        if module not in FIELDS:
            raise RefusedError(400, "INVALID_MODULE", "the module name given seems to be invalid")
        return set(FIELDS[module].split()) | set(self.custom(module))

    def type_of(self, module: str, name: str) -> str:
        """A field's data type."""
        added = self.custom(module).get(name)
        return str(added["data_type"]) if added else type_of(module, name)

    def length_of(self, module: str, name: str) -> int:
        """The longest text of a field; a small text area takes 2,000 characters."""
        added = self.custom(module).get(name, {})
        usual = 2000 if added.get("data_type") == "textarea" else 255
        return int(added.get("length") or LENGTHS.get(name) or usual)

    def unique_fields(self, module: str) -> list[str]:
        """Fields of which no two records may have one value: added ones that say so, and those
        that the org's administrators have marked (control: zoho_unique, by module)."""
        marked = (self.store.get("control", "zoho_unique") or {}).get(module, [])
        return [*(n for n, f in self.custom(module).items() if f.get("unique")), *marked]

    # Records

    def put(self, module: str, **fields: Any) -> Thing:
        """A record as the org itself makes it: no rule looks at it."""
        ident, at = self.next_id(), iso()
        stamps = {"id": ident, "Created_Time": at, "Modified_Time": at, "Owner": {"id": self.me}}
        return self.store.put(f"zoho.{module}", ident, {**stamps, **fields})

    def change(self, module: str, record: Thing, **fields: Any) -> Thing:
        """A change by the org itself."""
        record.update(fields, Modified_Time=iso())
        return self.store.put(f"zoho.{module}", record["id"], record)

    def delete(self, module: str, record: Thing) -> None:
        """Into the recycle bin, where only its id and its name are listed."""
        self.store.drop(f"zoho.{module}", record["id"])
        name = f"{record.get('First_Name') or ''} {record.get('Last_Name') or ''}".strip()
        gone = {
            "id": record["id"],
            "display_name": name,
            "type": "recycle",
            "deleted_time": iso(),
            "deleted_by": self.user(self.me),
            "created_by": self.user(self.me),
        }
        self.store.put(f"zoho.deleted.{module}", record["id"], gone)

    def by_field(self, module: str, name: str, value: str) -> list[Thing]:
        """Records by the value of a field, the oldest first."""
        folded = value.casefold()
        return [
            r
            for r in self.all(module).values()
            if not r.get("$converted") and str(r.get(name) or "").casefold() == folded
        ]
