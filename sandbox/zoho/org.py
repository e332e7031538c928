"""The records of the sandbox's Zoho and their rules: fields, unique values, locks, users who left,
and automation that runs unless the caller says that it must not.

Sources: docs/design/vendors.md Zoho 2.2 and 2.3. Left unsaid, `trigger` lets a workflow take
every new lead for the company's mailbox user, and `skip_feature_execution` lets a cadence enrol
it at once: what an org does to the careless.
"""

import re
import time
from datetime import UTC, datetime
from typing import Any

from sandbox.store import Store, Thing
from sandbox.zoho.schema import DATE_TIMES, FIELDS, LENGTHS, LOOKUPS, READ_ONLY, REQUIRED

NURTURE, GREEDY = "Leadgate nurture", "Welcome everybody"


def length_of(name: str, added: Thing) -> int:
    """The longest text of a field; a small text area takes 2,000 characters."""
    return int(
        added.get("length")
        or LENGTHS.get(name)
        or (2000 if added.get("data_type") == "textarea" else 255)
    )


class RefusedError(Exception):
    """An answer that isn't a success."""

    def __init__(self, status: int, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.status, self.code, self.details = status, code, details

    @property
    def body(self) -> Thing:
        """As a call or a row answers it."""
        return {"code": self.code, "details": self.details, "message": str(self), "status": "error"}


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
        user: Thing = {
            "id": ident,
            "email": email,
            "full_name": name,
            "status": "active" if active else "inactive",
        }
        user["role"] = {"id": "554023000000000031", "name": "Sales"}
        self.store.put("zoho.users", ident, user)

    def custom(self, module: str) -> dict[str, Thing]:
        """Fields that were added, by their api names."""
        return {f["api_name"]: f for f in self.store.all(f"zoho.fields.{module}").values()}

    def fields(self, module: str) -> set[str]:
        """Every field of a module. Raises RefusedError for a module that isn't there."""
        if module not in FIELDS:
            raise RefusedError(400, "INVALID_MODULE", "the module name given seems to be invalid")
        return set(FIELDS[module].split()) | set(self.custom(module))

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
        gone = {"id": record["id"], "display_name": name, "type": "recycle", "deleted_time": iso()}
        self.store.put(f"zoho.deleted.{module}", record["id"], gone)

    def create(self, module: str, fields: Thing, options: Thing) -> Thing:
        """As the API creates. `options` is the body around the records."""
        values = self._checked(module, fields, None)
        for name in REQUIRED.get(module, ()):
            if not values.get(name):
                raise RefusedError(
                    400, "MANDATORY_NOT_FOUND", "required field not found", api_name=name
                )
        record = self.put(module, **values)
        if module == "Leads" and "trigger" not in options:
            self.change(module, record, Owner={"id": list(self.store.all("zoho.users"))[-1]})
        skipped = {item.get("name") for item in options.get("skip_feature_execution") or []}
        if module == "Leads" and "cadences" not in skipped:
            self.enrol(record["id"], GREEDY)
        return self._settle(module, record)

    def update(self, module: str, record: Thing, fields: Thing) -> Thing:
        """As the API updates."""
        if record.get("$converted"):
            raise RefusedError(400, "ID_ALREADY_CONVERTED", "the id given is already converted")
        return self._settle(
            module, self.change(module, record, **self._checked(module, fields, record))
        )

    def _settle(self, module: str, record: Thing) -> Thing:
        flows = self.store.get("control", "ownerless") or {}
        return (
            self.change(module, record, Owner={"id": self.me})
            if record.get("Email") in flows
            else record
        )

    def _checked(self, module: str, fields: Thing, record: Thing | None) -> Thing:
        known, values = self.fields(module), {n: v for n, v in fields.items() if n != "id"}
        # an unknown field is passed over in silence
        values = {name: value for name, value in values.items() if name in known}
        email = values.get("Email") or (record or {}).get("Email") or ""
        if module in {"Leads", "Contacts"} and email in (
            self.store.get("control", "broken_emails") or {}
        ):
            raise RefusedError(400, "RECORD_LOCKED", "the record is locked")
        for name, value in values.items():
            self._check(module, name, value)
        for name, field in self.custom(module).items():
            if field.get("unique") and values.get(name):
                self._refuse_twin(module, name, values[name], (record or {}).get("id"))
        return values

    def _check(self, module: str, name: str, value: Any) -> None:
        added = self.custom(module).get(name, {})
        if name in READ_ONLY:
            raise RefusedError(400, "INVALID_DATA", "read only field", api_name=name)
        if value is None and name == "Owner":
            raise RefusedError(
                400, "INVALID_DATA", "the id given seems to be invalid", api_name=name
            )
        if value is None:
            return
        most = length_of(name, added)
        if isinstance(value, str) and len(value) > most:
            raise RefusedError(
                400, "INVALID_DATA", "maximum length exceeded", api_name=name, maximum_length=most
            )
        if (
            name in {"Email", "Secondary_Email"}
            and value
            and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value)
        ):
            raise RefusedError(
                400, "INVALID_DATA", "invalid data", api_name=name, expected_data_type="email"
            )
        if added.get("data_type") == "integer" and not isinstance(value, int):
            raise RefusedError(
                400, "INVALID_DATA", "invalid data", api_name=name, expected_data_type="integer"
            )
        if added and not _fits(added, value):
            raise RefusedError(
                400,
                "INVALID_DATA",
                "invalid data",
                api_name=name,
                expected_data_type=added["data_type"],
            )
        timed = name in DATE_TIMES or added.get("data_type") == "datetime"
        if timed and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", str(value)):
            raise RefusedError(
                400, "INVALID_DATA", "invalid data", api_name=name, expected_data_type="datetime"
            )
        if name in LOOKUPS:
            self._check_lookup(name, value)

    def _check_lookup(self, name: str, value: Any) -> None:
        ident = value.get("id") if isinstance(value, dict) else None
        places = [LOOKUPS[name]] if LOOKUPS[name] else ["Leads", "Contacts", "Accounts"]
        found = next(
            (r for place in places if (r := self.store.get(f"zoho.{place}", str(ident)))), None
        )
        if found is None or (name == "Owner" and found["status"] != "active"):
            raise RefusedError(
                400, "INVALID_DATA", "the id given seems to be invalid", api_name=name
            )

    def _refuse_twin(self, module: str, name: str, value: str, own: str | None) -> None:
        twin = next((r for r in self.by_field(module, name, value) if r["id"] != own), None)
        if twin is not None:
            more = {"id": twin["id"], "module": {"api_name": module}, "Owner": twin["Owner"]}
            raise RefusedError(
                400,
                "DUPLICATE_DATA",
                "duplicate data",
                api_name=name,
                id=twin["id"],
                duplicate_record=more,
            )

    def by_field(self, module: str, name: str, value: str) -> list[Thing]:
        """Records by the value of a field, the oldest first."""
        folded = value.casefold()
        return [
            r
            for r in self.all(module).values()
            if not r.get("$converted") and str(r.get(name) or "").casefold() == folded
        ]

    # Cadences

    def running(self, person: str) -> list[Thing]:
        """Enrolments of a person that haven't ended."""
        return [
            e
            for e in self.store.all("zoho.enrolments").values()
            if e["person"] == person and e["left"] is None
        ]

    def enrol(self, person: str, cadence: str) -> None:
        """Put a person into a cadence; once is enough."""
        if cadence not in {e["cadence"] for e in self.running(person)}:
            ident = self.next_id()
            entry = {
                "id": ident,
                "person": person,
                "cadence": cadence,
                "entered": time.time(),
                "left": None,
            }
            self.store.put("zoho.enrolments", ident, entry)

    def unenrol(self, person: str, cadence: str) -> None:
        """Take a person out of it."""
        for entry in self.running(person):
            if entry["cadence"] == cadence:
                self.store.put("zoho.enrolments", entry["id"], {**entry, "left": time.time()})


def _fits(field: Thing, value: Any) -> bool:
    """Whether an added field takes a value (docs/design/vendors.md Zoho 2.2: a row that doesn't fit
    is INVALID_DATA)."""
    kind = field["data_type"]
    if kind == "double":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "date":
        return re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)) is not None
    return kind != "picklist" or value in {o["actual_value"] for o in field["pick_list_values"]}
