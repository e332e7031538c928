"""The records of the sandbox's Salesforce: who may see which field, and what a save does.

Sources: docs/design/vendors.md Salesforce 1.3, 1.4, 1.5. An active assignment rule gives each lead to
a queue unless the caller says otherwise, and an active duplicate rule refuses a second record of
one address: what an org does to the careless.
"""

import time
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sandbox.salesforce.errors import RefusedError
from sandbox.salesforce.field_types import ADDED, standard_type
from sandbox.salesforce.places import code_fields
from sandbox.salesforce.schema import BOOLEAN, FIELDS, PREFIXES, full_id, object_of
from sandbox.store import Store, Thing

QUEUE = full_id("00G000000000001")
_ACTIVITY = {"Task": "Activity", "Event": "Activity"}
_OWNED = frozenset(("Lead", "Contact", "Account", "Opportunity", "Task", "Event", "Note"))


class SaveOptions(NamedTuple):
    """What a call's headers say of a save: whether the assignment rule runs, and whether an alert
    of a duplicate rule is acknowledged."""

    assign: bool = True
    allow_save: bool = False


def iso(at: float | None = None) -> str:
    """Salesforce's time text: whole seconds."""
    return datetime.fromtimestamp(at if at is not None else time.time(), UTC).strftime(
        "%Y-%m-%dT%H:%M:%S.000+0000"
    )


class Org:
    """One org. The integration user, under whose name everything is written, is made with it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.me: str
        if not store.all("salesforce.User"):
            self.me = self.put(
                "User",
                Name="Integration",
                Email="integration@acme.test",
                Username="integration@acme.test",
                IsActive=True,
                UserType="Standard",
            )["Id"]
            store.put(
                "salesforce.Group",
                QUEUE,
                {"Id": QUEUE, "Name": "Unassigned", "Type": "Queue", "IsDeleted": False},
            )
            self.put("ActionCadence", Name="Leadgate nurture", State="Active")
        self.me = next(iter(store.all("salesforce.User")))

    def all(self, kind: str) -> dict[str, Thing]:
        """Every record of an object, deleted ones too, by id."""
        return self.store.all(f"salesforce.{kind}")

    def record(self, ident: str) -> Thing | None:
        """A record by its id of 15 or 18 characters, deleted or not."""
        held = self.all(object_of(ident)) if object_of(ident) else {}
        return held.get(ident) or (held.get(full_id(ident)) if len(ident) == 15 else None)

    def put(self, kind: str, /, **fields: Any) -> Thing:
        """A record as the org itself makes it: no rule looks at it."""
        number = int(self.store.next_id(f"salesforce.{kind}", 1))
        ident = full_id(f"{PREFIXES[kind]}Sb{number:010d}")
        at = iso()
        flags = {name: False for name in FIELDS.get(kind, "").split() if name in BOOLEAN}
        stamps = {
            "Id": ident,
            "CreatedDate": at,
            "LastModifiedDate": at,
            "SystemModstamp": at,
            "CreatedById": getattr(self, "me", ident),
        }
        return self.store.put(f"salesforce.{kind}", ident, {**flags, **stamps, **fields})

    def change(self, kind: str, record: Thing, **fields: Any) -> Thing:
        """A change by the org itself."""
        at = iso()
        record.update(fields, LastModifiedDate=at, SystemModstamp=at)
        return self.store.put(f"salesforce.{kind}", record["Id"], record)

    # Fields

    def custom(self, kind: str) -> dict[str, Thing]:
        """Fields that were added, by name, whoever sees them."""
        owners = {kind, _ACTIVITY.get(kind, kind)}
        return {
            f["FullName"].split(".")[1]: f["Metadata"]
            for f in self.all("CustomField").values()
            if f["FullName"].split(".")[0] in owners
        }

    def visible(self, kind: str) -> set[str]:
        """Fields that the integration user may see: an added one only with a permission
        (docs/design/vendors.md Salesforce 1.5)."""
        mine = {
            a["PermissionSetId"]
            for a in self.all("PermissionSetAssignment").values()
            if a["AssigneeId"] == self.me
        }
        allowed = {
            p["Field"].split(".")[1]
            for p in self.all("FieldPermissions").values()
            if p["ParentId"] in mine and p["SobjectType"] == kind
        }
        return (
            set(FIELDS[kind].split())
            | (set(self.custom(kind)) & allowed)
            | code_fields(self.store, kind)
        )

    def field_type(self, kind: str, name: str) -> str:
        """A field's type, as describe names it."""
        if (added := self.custom(kind).get(name)) is not None:
            return ADDED[added["type"]]
        if name in code_fields(self.store, kind):
            return "picklist"
        return standard_type(kind, name)

    def unique(self, kind: str) -> list[str]:
        """Added fields that are unique."""
        return [name for name, field in self.custom(kind).items() if field.get("unique")]

    def by_field(self, kind: str, name: str, value: str) -> list[Thing]:
        """Records that aren't deleted, by the value of a field."""
        folded = value.casefold()
        return [
            r
            for r in self.all(kind).values()
            if not r["IsDeleted"] and str(r.get(name) or "").casefold() == folded
        ]

    # Saves

    def insert(self, kind: str, values: Thing, options: SaveOptions) -> Thing:
        """A new record of values that were checked."""
        more: Thing = {} if "OwnerId" in values or kind not in _OWNED else {"OwnerId": self.me}
        if kind == "Lead":
            more |= {"Status": values.get("Status") or "Open - Not Contacted"}
        if kind == "Task":
            status = values.get("Status") or "Not Started"
            more |= {"Status": status, "Priority": values.get("Priority") or "Normal"}
            more |= {"IsClosed": status == "Completed"}
            more |= {"CompletedDateTime": iso()} if status == "Completed" else {}
        return self._settle(kind, self.put(kind, **{**values, **more}), options)

    def save(self, kind: str, record: Thing, values: Thing, options: SaveOptions) -> Thing:
        """A record changed by values that were checked."""
        if kind == "Task" and "Status" in values:
            values = {**values, "IsClosed": values["Status"] == "Completed"}
        return self._settle(kind, self.change(kind, record, **values), options)

    def delete(self, kind: str, record: Thing) -> None:
        """Into the recycle bin. Raises RefusedError for what the API doesn't delete."""
        if kind == "User":
            said = "entity type User does not support delete"
            raise RefusedError(400, "INSUFFICIENT_ACCESS_OR_READONLY", said)
        self.change(kind, record, IsDeleted=True)

    def _settle(self, kind: str, record: Thing, options: SaveOptions) -> Thing:
        """What the org's own automation does after a save."""
        if kind in {"Lead", "Contact"}:
            record["Name"] = (
                f"{record.get('FirstName') or ''} {record.get('LastName') or ''}".strip()
            )
        flows = self.store.get("control", "ownerless") or {}
        if (kind == "Lead" and options.assign) or record.get("Email") in flows:
            record["OwnerId"] = QUEUE
        return self.store.put(f"salesforce.{kind}", record["Id"], record)
