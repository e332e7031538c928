"""A record as it is read."""

from collections.abc import Iterable
from typing import Any

from sandbox.store import Thing
from sandbox.zoho.org import Org
from sandbox.zoho.schema import lookup_of

_NAMES = {"Accounts": "Account_Name", "Deals": "Deal_Name", "Tasks": "Subject"}


def shown(org: Org, module: str, record: Thing, fields: Iterable[str]) -> Thing:
    """A record with these fields; users with name and address, other records with their name."""
    found: Thing = {"id": record["id"]}
    for name in fields:
        found[name] = _field(org, module, record, name)
    return found


def _field(org: Org, module: str, record: Thing, name: str) -> Any:
    if name == "Full_Name":
        return name_of(module, record)
    if name in {"Created_By", "Modified_By"}:
        return org.user(org.me)
    if name == "Tag":
        return record.get("Tag") or []
    value, target = record.get(name), lookup_of(module, name)
    if not isinstance(value, dict) or target is None:
        return value
    if target == "users":
        return org.user(value["id"])
    above = org.store.get(f"zoho.{target}", str(value["id"])) if target else None
    return {**value, "name": name_of(target, above)} if above else value


def name_of(module: str, record: Thing) -> str:
    """How a record is named in others."""
    if module in _NAMES:
        return str(record.get(_NAMES[module]) or "")
    return f"{record.get('First_Name') or ''} {record.get('Last_Name') or ''}".strip()
