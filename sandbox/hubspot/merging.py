"""Merges of two objects into one that answers for both.

Sources: docs/design/vendors.md HubSpot 1.1 (a merge makes a new id, the old ids lead to it);
HubSpot's pages "Merge records" (the primary's values win, blanks are filled; the other address and
the other domain are kept as further ones) and "Error handling" (at most 250 merges).
"""

from typing import Any

from sandbox.hubspot.errors import RefusedError, invalid, iso
from sandbox.hubspot.hub import MERGED, Hub, parts
from sandbox.hubspot.object_types import TYPES
from sandbox.store import Thing

_MOST = 250
_FURTHER = {
    "contacts": ("email", "hs_additional_emails"),
    "companies": ("domain", "hs_additional_domains"),
}


def merge(hub: Hub, kind: str, primary: str, other: str) -> Thing:
    """The new object. Raises RefusedError for two that can't be merged."""
    if kind not in {"contacts", "companies", "deals"}:
        raise invalid(f"{kind} can't be merged")
    first, second = hub.get(kind, primary), hub.get(kind, other)
    if first["id"] == second["id"]:
        raise invalid("An object can't be merged into itself")
    merged = _merged_ids(first, second)
    if len(merged) > _MOST:
        raise RefusedError(414, "", "Cannot have more than 250 identities on a profile")
    values = _values(kind, first["properties"], second["properties"])
    ident = hub.store.next_id(f"hubspot.{kind}", 1001)
    heir: Thing = {
        "id": ident,
        "properties": {**values, "hs_object_id": ident, MERGED: ";".join(merged)},
        "createdAt": min(first["createdAt"], second["createdAt"]),
        "updatedAt": iso(),
        "archived": False,
        "history": first.get("history", {}),
    }
    links = [*hub.links_of.all_of(kind, first["id"]), *hub.links_of.all_of(kind, second["id"])]
    for old in (first, second):
        _retire(hub, kind, old)
    hub.save(kind, heir)
    for target, to, types in links:
        hub.link(kind, ident, target, to, [one.ident for one in types])
    return hub.get(kind, ident)


def _merged_ids(first: Thing, second: Thing) -> list[str]:
    listed = [
        *parts(first["properties"].get(MERGED)),
        *parts(second["properties"].get(MERGED)),
        first["id"],
        second["id"],
    ]
    return [*dict.fromkeys(listed)]


def _values(kind: str, first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """The primary's properties, its blanks filled from the other."""
    values = {**second, **{name: value for name, value in first.items() if value}}
    values[TYPES[kind].created] = min(first[TYPES[kind].created], second[TYPES[kind].created])
    if kind in _FURTHER:
        main, further = _FURTHER[kind]
        all_of = [second.get(main), *parts(first.get(further)), *parts(second.get(further))]
        kept = [value for value in all_of if value and value != values.get(main)]
        values[further] = ";".join(dict.fromkeys(kept))
    return values


def _retire(hub: Hub, kind: str, old: Thing) -> None:
    """Take a merged object and its associations away; its id leads to the new one."""
    hub.forget(kind, old)
    for target, to, _ in hub.links_of.all_of(kind, old["id"]):
        hub.unlink(kind, old["id"], target, to)
    hub.store.drop(f"hubspot.{kind}", old["id"])
