"""How an object is shown: the properties that were asked for, their history, its associations.

Source: HubSpot's page "Contacts" (an unset property is null, an undefined one is left out).
"""

from collections.abc import Collection
from typing import Any

from sandbox.hubspot.hub import Hub
from sandbox.hubspot.object_types import TYPES, type_named
from sandbox.store import Thing


def shown(
    hub: Hub, kind: str, thing: Thing, wanted: Collection[str], history: Collection[str] = ()
) -> dict[str, Any]:
    """An object with `wanted` properties, or those shown by default, and some with their former
    values."""
    p, about = thing["properties"], TYPES[kind]
    known = hub.schema.of(kind)
    names = [name for name in wanted or about.shown if name in known or name in p]
    body: dict[str, Any] = {
        "id": thing["id"],
        "properties": {name: p.get(name) or None for name in names}
        | {name: p[name] for name in about.stamps if name in p},
        "createdAt": thing["createdAt"],
        "updatedAt": thing["updatedAt"],
        "archived": thing["archived"],
    }
    if "archivedAt" in thing:
        body["archivedAt"] = thing["archivedAt"]
    if history:
        body["propertiesWithHistory"] = {
            name: _versions(thing, name) for name in history if name in known
        }
    return body


def _versions(thing: Thing, name: str) -> list[dict[str, Any]]:
    """Former values, the newest first, as an app wrote them."""
    return [
        {"value": value, "timestamp": at, "sourceType": "INTEGRATION", "sourceId": "1"}
        for value, at in thing.get("history", {}).get(name, ())
    ]


def with_associations(hub: Hub, kind: str, thing: Thing, targets: Collection[str]) -> Thing:
    """What a read adds for the types of objects in `targets`. Raises RefusedError."""
    found: dict[str, Any] = {}
    for target in map(type_named, targets):
        rows = [
            {"id": other, "type": one.v3_name}
            for other in hub.links(kind, thing["id"], target)
            for one in hub.links_of.types_of(kind, thing["id"], target, other)
        ]
        if rows:
            found[target] = {"results": rows}
    return {"associations": found} if found else {}
