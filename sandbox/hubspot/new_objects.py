"""New objects with the associations that a create names.

Source: HubSpot's page "Associations overview".
"""

from typing import Any

from sandbox.hubspot.association_types import direction_of
from sandbox.hubspot.errors import invalid
from sandbox.hubspot.hub import Hub
from sandbox.store import Thing

Link = tuple[str, str, list[int]]


def create_associated(hub: Hub, kind: str, sent: dict[str, Any]) -> Thing:
    """A new object and its associations, or nothing at all. Raises RefusedError."""
    links = [_link(hub, kind, item) for item in sent.get("associations") or ()]
    made = hub.create(kind, sent.get("properties"))
    for target, other, types in links:
        hub.link(kind, made["id"], target, other, types)
    return made


def _link(hub: Hub, kind: str, item: Any) -> Link:
    """The other end of an association, which must be there, and its types."""
    try:
        other = str(item["to"]["id"])
        types = [int(one["associationTypeId"]) for one in item["types"]]
        target = direction_of(types[0])[1] if direction_of(types[0])[0] == kind else ""
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise invalid(f"An association needs the other's id and a type: {error!r}") from error
    if not target:
        raise invalid(f"{types[0]} is no type of associations from {kind}")
    hub.links_of.types.chosen(kind, target, types)
    found = hub.find(target, other, None)
    if found is None:
        raise invalid(f"{target} object {other} does not exist, so it can't be associated")
    return target, found["id"], types
