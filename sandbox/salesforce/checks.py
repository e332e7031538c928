"""Checks of the fields that a save names: there, writable, of their type and length, and what they
refer to.

Source: SOAP API Developer Guide, "Error Handling" (status codes), and the object reference.
"""

import re
from typing import Any

from sandbox.salesforce.errors import RefusedError
from sandbox.salesforce.field_types import json_fits, options
from sandbox.salesforce.org import Org
from sandbox.salesforce.places import MisplacedError, code_fields, placed
from sandbox.salesforce.rules import check_owner, refuse_broken
from sandbox.salesforce.schema import (
    LENGTHS,
    NAMED,
    READ_ONLY,
    READ_ONLY_OBJECTS,
    full_id,
    object_of,
)
from sandbox.store import Thing

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)")
_NOTED = ("Lead", "Contact", "Account", "Opportunity")
#: What a reference may point to.
_TARGETS = {
    "AccountId": ("Account",),
    "ContactId": ("Contact",),
    "OpportunityId": ("Opportunity",),
    "WhoId": ("Lead", "Contact"),
    "WhatId": ("Account", "Opportunity"),
    "AssigneeId": ("User",),
    "PermissionSetId": ("PermissionSet",),
}


def checked(org: Org, kind: str, fields: Thing, record: Thing | None) -> Thing:
    """The values as they are stored, ids in their long form. Raises RefusedError."""
    if kind in READ_ONLY_OBJECTS:
        said = f"entity type {kind} does not support this operation"
        raise RefusedError(400, "INVALID_TYPE_FOR_OPERATION", said)
    values = {n: v for n, v in fields.items() if n not in {"attributes", "Id", "id"}}
    visible = org.visible(kind)
    locked = READ_ONLY - ({"Name"} if kind in NAMED else set())
    for name, value in values.items():
        if name not in visible:
            said = f"No such column '{name}' on sobject of type {kind}"
            raise RefusedError(400, "INVALID_FIELD", said)
        if name in locked:
            said = f"Unable to create/update fields: {name}. Please check the security settings of this field and verify that it is read/write for your profile or permission set."
            raise RefusedError(400, "INVALID_FIELD_FOR_INSERT_UPDATE", said, [name])
        _check_length(org, kind, name, value)
    for name, value in values.items():
        if value is not None:
            values[name] = _checked_value(org, kind, name, value)
    values = _placed(org, kind, values, record)
    email = values.get("Email")
    if email and not _EMAIL.fullmatch(email):
        said = f"Email: invalid email address: {email}"
        raise RefusedError(400, "INVALID_EMAIL_ADDRESS", said, ["Email"])
    refuse_broken(org, kind, email or str((record or {}).get("Email")))
    if "OwnerId" in values and not values["OwnerId"]:
        said = "Owner ID: owner cannot be blank"
        raise RefusedError(400, "INVALID_CROSS_REFERENCE_KEY", said, ["OwnerId"])
    check_owner(org, values.get("OwnerId"))
    return values


def _check_length(org: Org, kind: str, name: str, value: Any) -> None:
    most = org.custom(kind).get(name, {}).get("length") or LENGTHS.get(name, 255)
    if isinstance(value, str) and len(value) > int(most):
        said = f"{name}: data value too large: {value[:20]} (max length={most})"
        raise RefusedError(400, "STRING_TOO_LONG", said, [name])


def _checked_value(org: Org, kind: str, name: str, value: Any) -> Any:
    """A value by its field's type; an id in its long form."""
    sort, added = org.field_type(kind, name), org.custom(kind).get(name)
    if not json_fits(sort, value):
        shown = "VALUE_STRING" if isinstance(value, str) else "START_OBJECT"
        raise RefusedError(
            400,
            "JSON_PARSER_ERROR",
            f"Cannot deserialize instance of {sort} from {shown} value {value}",
        )
    if (sort == "date" and not _DATE.match(str(value))) or (
        sort == "datetime" and not _MOMENT.fullmatch(str(value))
    ):
        said = f"Cannot deserialize instance of {sort} from VALUE_STRING value {value}"
        raise RefusedError(400, "JSON_PARSER_ERROR", said)
    if added and added["type"] == "Picklist" and value not in options(added):
        # added picklists are taken for restricted ones, the stricter kind
        said = f"{name}: bad value for restricted picklist field: {value}"
        raise RefusedError(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", said, [name])
    if sort == "boolean" and isinstance(value, str):
        return value == "true"
    return _reference(org, kind, name, str(value)) if sort == "reference" else value


def _reference(org: Org, kind: str, name: str, ident: str) -> str:
    if not ident:
        return ident
    targets = _TARGETS.get(name, ())
    if name == "ParentId":
        targets = {"Note": _NOTED, "Account": ("Account",), "FieldPermissions": ("PermissionSet",)}[
            kind
        ]
    if targets and (len(ident) not in {15, 18} or object_of(ident) not in targets):
        said = f"{name}: id value of incorrect type: {ident}"
        raise RefusedError(400, "MALFORMED_ID", said, [name])
    found = org.record(ident)
    if targets and found is None:
        raise RefusedError(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [name])
    if targets and found and found["IsDeleted"]:
        raise RefusedError(400, "ENTITY_IS_DELETED", "entity is deleted", [name])
    return full_id(ident) if len(ident) == 15 else ident


def _placed(org: Org, kind: str, values: Thing, record: Thing | None) -> Thing:
    if not code_fields(org.store, kind):
        return values
    try:
        return placed(kind, values, record or {})
    except MisplacedError as misplaced:
        said = f"{misplaced}: {misplaced.field}"
        raise RefusedError(400, "FIELD_INTEGRITY_EXCEPTION", said, [misplaced.field]) from None
