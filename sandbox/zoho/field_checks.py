"""Whether a field takes a value (docs/design/vendors.md Zoho 2.2: a row that doesn't fit is
INVALID_DATA)."""

import re
from typing import Any

from sandbox.zoho.org import Org
from sandbox.zoho.refusals import invalid_field, invalid_id
from sandbox.zoho.schema import DATE_TIMES, READ_ONLY, lookup_of

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
#: What `What_Id` and `Parent_Id` may name.
_ANY_MODULE = ("Leads", "Contacts", "Accounts", "Deals")


def check_value(org: Org, module: str, name: str, value: Any) -> None:
    """Raises RefusedError."""
    if name in READ_ONLY:
        raise invalid_field(name, "read only field")
    if value is None and name == "Owner":
        raise invalid_id(name)
    if value is None:
        return
    kind = org.type_of(module, name)
    most = org.length_of(module, name)
    if isinstance(value, str) and len(value) > most:
        raise invalid_field(name, maximum_length=most)
    if not _fits(org, module, name, kind, value):
        raise invalid_field(name, expected_data_type=kind)
    if name == "Parent_Id":
        _check_parent(org, value)
    elif (target := lookup_of(module, name)) is not None:
        _check_lookup(org, name, target, value)


def _fits(org: Org, module: str, name: str, kind: str, value: Any) -> bool:
    if kind == "datetime" or name in DATE_TIMES:
        return _MOMENT.fullmatch(str(value)) is not None
    if kind == "email":
        return not value or _EMAIL.fullmatch(str(value)) is not None
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind in {"double", "currency"}:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "date":
        return _DATE.fullmatch(str(value)) is not None
    if kind in {"text", "textarea", "phone", "website"}:
        return isinstance(value, str) or name == "Tag"
    return kind != "picklist" or _is_option(org, module, name, value)


def _is_option(org: Org, module: str, name: str, value: Any) -> bool:
    """Whether a pick list takes a value: one of Zoho's own takes any text."""
    added = org.custom(module).get(name)
    if added is None:
        return isinstance(value, str)
    return value in {option["actual_value"] for option in added["pick_list_values"]}


def _check_parent(org: Org, value: Any) -> None:
    """A note names the module of its record beside the id (Zoho's page "Create Notes")."""
    target = (value.get("module") or {}).get("api_name") if isinstance(value, dict) else None
    if target not in _ANY_MODULE:
        raise invalid_field("Parent_Id", expected_data_type="jsonobject")
    _check_lookup(org, "Parent_Id", target, value)


def _check_lookup(org: Org, name: str, target: str, value: Any) -> None:
    ident = value.get("id") if isinstance(value, dict) else None
    places = [target] if target else _ANY_MODULE
    found = next((r for place in places if (r := org.store.get(f"zoho.{place}", str(ident)))), None)
    if found is None or (name == "Owner" and found["status"] != "active"):
        raise invalid_id(name)
