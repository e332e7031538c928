"""The records of the sandbox's Salesforce and their rules: fields and who sees them, unique values,
duplicate rule, assignment rule, locks, owners who left.

Sources: docs/design/vendors.md Salesforce 1.3, 1.4, 1.5. An active assignment rule gives each lead to
a queue unless the caller says otherwise, and an active duplicate rule refuses a second record of
one address: what an org does to the careless.
"""

import re
import time
from datetime import UTC, datetime
from typing import Any

from sandbox.salesforce.places import MisplacedError, code_fields, placed
from sandbox.salesforce.schema import (
    BOOLEAN,
    FIELDS,
    LENGTHS,
    NAMED,
    PREFIXES,
    READ_ONLY,
    READ_ONLY_OBJECTS,
    REQUIRED,
    full_id,
)
from sandbox.store import Store, Thing

QUEUE = full_id("00G000000000001")
_ACTIVITY = {"Task": "Activity", "Event": "Activity"}


class RefusedError(Exception):
    """An answer that isn't a success: one entry of Salesforce's error list."""

    def __init__(
        self, status: int, code: str, message: str, fields: list[str] | None = None, **more: Any
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.fields, self.more = status, code, fields or [], more

    @property
    def body(self) -> list[dict[str, Any]]:
        """As a single call answers it."""
        return [{**self.more, "message": str(self), "errorCode": self.code, "fields": self.fields}]

    @property
    def row(self) -> dict[str, Any]:
        """As a row of a collection answers it."""
        return {
            "success": False,
            "errors": [{"statusCode": self.code, "message": str(self), "fields": self.fields}],
        }


def iso(at: float | None = None) -> str:
    """Salesforce's time text: whole seconds."""
    return datetime.fromtimestamp(at if at is not None else time.time(), UTC).strftime(
        "%Y-%m-%dT%H:%M:%S.000+0000"
    )


class Org:
    """One org. The integration user, under whose name everything is written, is made with it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        if not store.all("salesforce.User"):
            self.me = self.put(
                "User",
                Name="Integration",
                Email="integration@acme.test",
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

    def unique(self, kind: str) -> list[str]:
        """Added fields that are unique."""
        return [name for name, field in self.custom(kind).items() if field.get("unique")]

    # Writes

    def create(self, kind: str, fields: Thing, *, assign: bool) -> Thing:
        """As the API creates; `assign`: the caller did not switch the assignment rule off."""
        values = self._checked(kind, fields, None)
        missing = [name for name in REQUIRED.get(kind, ()) if not values.get(name)]
        if missing:
            raise RefusedError(
                400,
                "REQUIRED_FIELD_MISSING",
                f"Required fields are missing: [{', '.join(missing)}]",
                missing,
            )
        self._refuse_twins(kind, values, None)
        self._refuse_duplicate(kind, values, None)
        more: Thing = (
            {}
            if "OwnerId" in values or kind not in {"Lead", "Contact", "Account", "Task", "Event"}
            else {"OwnerId": self.me}
        )
        if kind == "Lead":
            more |= {"Status": values.get("Status", "Open - Not Contacted")}
        if kind == "Task":
            more |= {
                "Status": values.get("Status", "Not Started"),
                "IsClosed": values.get("Status") == "Completed",
            }
        return self._settle(kind, self.put(kind, **{**values, **more}), assign=assign)

    def update(self, kind: str, record: Thing, fields: Thing, *, assign: bool) -> Thing:
        """As the API updates."""
        if record["IsDeleted"]:
            raise RefusedError(404, "ENTITY_IS_DELETED", "entity is deleted")
        if record.get("IsConverted"):
            raise RefusedError(
                400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead"
            )
        values = self._checked(kind, fields, record)
        self._refuse_twins(kind, values, record["Id"])
        if values.get("Email", record.get("Email")) != record.get("Email"):
            self._refuse_duplicate(kind, values, record["Id"])
        return self._settle(kind, self.change(kind, record, **values), assign=assign)

    def _settle(self, kind: str, record: Thing, *, assign: bool) -> Thing:
        """What the org's own automation does after a save."""
        if kind in {"Lead", "Contact"}:
            record["Name"] = (
                f"{record.get('FirstName') or ''} {record.get('LastName') or ''}".strip()
            )
        flows = self.store.get("control", "ownerless") or {}
        if (kind == "Lead" and assign) or record.get("Email") in flows:
            record["OwnerId"] = QUEUE
        return self.store.put(f"salesforce.{kind}", record["Id"], record)

    def _checked(self, kind: str, fields: Thing, record: Thing | None) -> Thing:
        if kind in READ_ONLY_OBJECTS:
            raise RefusedError(
                400,
                "INVALID_TYPE_FOR_OPERATION",
                f"entity type {kind} does not support this operation",
            )
        values = {
            name: value for name, value in fields.items() if name not in {"attributes", "Id", "id"}
        }
        visible = self.visible(kind)
        locked = READ_ONLY - ({"Name"} if kind in NAMED else set())
        for name, value in values.items():
            if name not in visible:
                raise RefusedError(
                    400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {kind}"
                )
            if name in locked:
                said = f"Unable to create/update fields: {name}. Please check the security settings of this field"
                raise RefusedError(400, "INVALID_FIELD_FOR_INSERT_UPDATE", said, [name])
            most = self.custom(kind).get(name, {}).get("length") or LENGTHS.get(name, 255)
            if isinstance(value, str) and len(value) > int(most):
                raise RefusedError(
                    400,
                    "STRING_TOO_LONG",
                    f"{name}: data value too large: {value[:20]} (max length={most})",
                    [name],
                )
        for name, value in values.items():
            if (
                (added := self.custom(kind).get(name))
                and value is not None
                and not _fits(added, value)
            ):
                raise RefusedError(
                    400,
                    _MISFITS.get(added["type"], "JSON_PARSER_ERROR"),
                    f"{name}: bad value: {value}",
                    [name],
                )
        if code_fields(self.store, kind):
            try:
                values = placed(kind, values, record or {})
            except MisplacedError as misplaced:
                said = f"{misplaced}: {misplaced.field}"
                raise RefusedError(
                    400, "FIELD_INTEGRITY_EXCEPTION", said, [misplaced.field]
                ) from None
        email = values.get("Email")
        if email and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
            raise RefusedError(
                400, "INVALID_EMAIL_ADDRESS", f"Email: invalid email address: {email}", ["Email"]
            )
        self._refuse_broken(kind, email or str((record or {}).get("Email")))
        if "OwnerId" in values and not values["OwnerId"]:
            raise RefusedError(
                400, "INVALID_CROSS_REFERENCE_KEY", "Owner ID: owner cannot be blank", ["OwnerId"]
            )
        self._check_owner(values.get("OwnerId"))
        return values

    def _check_owner(self, owner: str | None) -> None:
        if owner is None or owner == QUEUE:
            return
        user = self.store.get("salesforce.User", owner)
        if user is None:
            raise RefusedError(
                400,
                "INVALID_CROSS_REFERENCE_KEY",
                f"Owner ID: owner cannot be blank: {owner}",
                ["OwnerId"],
            )
        if not user["IsActive"]:
            raise RefusedError(
                400, "INACTIVE_OWNER_OR_USER", "operation performed with inactive user", ["OwnerId"]
            )

    def _refuse_broken(self, kind: str, email: str) -> None:
        """A row that the org can never lock, whatever is tried (control: broken_emails)."""
        if kind in {"Lead", "Contact"} and email in (
            self.store.get("control", "broken_emails") or {}
        ):
            raise RefusedError(
                400,
                "UNABLE_TO_LOCK_ROW",
                "unable to obtain exclusive access to this record or 1 records",
            )

    def _refuse_twins(self, kind: str, values: Thing, own: str | None) -> None:
        for name in self.unique(kind):
            twin = self.by_field(kind, name, values[name]) if values.get(name) else []
            if twin and twin[0]["Id"] != own:
                said = f"duplicate value found: {name} duplicates value on record with id: {twin[0]['Id']}"
                raise RefusedError(400, "DUPLICATE_VALUE", said)

    def _refuse_duplicate(self, kind: str, values: Thing, own: str | None) -> None:
        email = values.get("Email")
        if kind not in {"Lead", "Contact"} or not email:
            return
        others = [
            (k, r)
            for k in ("Lead", "Contact")
            for r in self.by_field(k, "Email", email)
            if r["Id"] != own and not r.get("IsConverted")
        ]
        if others:
            said = "You're creating a duplicate record. We recommend you use an existing record instead."
            matches = [
                {"record": {"attributes": {"type": k}, "Id": r["Id"]}, "matchConfidence": 100}
                for k, r in others
            ]
            found = {
                "duplicateRule": "Leads_and_Contacts",
                "allowSave": True,
                "matchResults": [{"matchRecords": matches, "success": True}],
            }
            raise RefusedError(400, "DUPLICATES_DETECTED", said, duplicateResut=found)

    def by_field(self, kind: str, name: str, value: str) -> list[Thing]:
        """Records that aren't deleted, by the value of a field."""
        folded = value.casefold()
        return [
            r
            for r in self.all(kind).values()
            if not r["IsDeleted"] and str(r.get(name) or "").casefold() == folded
        ]


_MISFITS = {"Picklist": "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"}


def options(metadata: Thing) -> list[str]:
    """The values of a picklist's definition."""
    definition = (metadata.get("valueSet") or {}).get("valueSetDefinition") or {}
    return [v["fullName"] for v in definition.get("value", [])]


def _fits(metadata: Thing, value: Any) -> bool:
    """Whether an added field takes a value; picklists are taken for restricted ones, the stricter
    kind."""
    kind = metadata["type"]
    if kind == "Number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "Checkbox":
        return isinstance(value, bool)
    if kind == "Date":
        return re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)) is not None
    return kind != "Picklist" or value in options(metadata)
