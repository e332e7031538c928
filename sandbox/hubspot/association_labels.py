"""Types of associations: those there are, and labels of the account's own.

Source: HubSpot's page "Associations schema": a label's name can't be changed, its text can; two
objects that are of different types, or a pair of labels, get an id for each direction.
"""

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.hubspot.association_types import AssociationType
from sandbox.hubspot.associations import BATCHES, described
from sandbox.hubspot.errors import RefusedError, invalid, not_found
from sandbox.hubspot.hub import Hub
from sandbox.hubspot.requests import body_of
from sandbox.hubspot.routing import Routes

_OWN = "USER_DEFINED"
_MOST_LABELS = 50
_FIRST = 10_001  # of the account's own ids; HubSpot's own are below


def serve_association_labels(routes: Routes, hub: Hub) -> None:
    """Add the routes of labels."""
    route, types = routes.route, hub.links_of.types
    labels = tuple(f"{path}/labels" for path in BATCHES)

    @route("GET", *labels)
    async def all_of(request: Request, source: str, target: str) -> Response:
        del request
        return JSONResponse({"results": described(types.between(source, target))})

    @route("POST", *labels)
    async def make(request: Request, source: str, target: str) -> Response:
        body = await body_of(request)
        name, label = body.get("name"), body.get("label")
        if not isinstance(name, str) or not isinstance(label, str) or not name or not label:
            raise invalid("A label needs a name and a label")
        own = [one for one in types.between(source, target) if one.category == _OWN]
        if any(one.name == name or one.label == label for one in own):
            raise RefusedError(409, "CONFLICT", f"There is a label {name} already")
        if len(own) >= _MOST_LABELS:
            raise invalid(f"At most {_MOST_LABELS} labels")
        back = str(body.get("inverseLabel") or label)
        made = _make(hub, AssociationType(source, target, 0, 0, label, _OWN, name), back)
        return JSONResponse({"results": described(made)})

    @route("PUT", *labels)
    async def change(request: Request, source: str, target: str) -> Response:
        body = await body_of(request)
        held = _own(hub, source, target, str(body.get("associationTypeId")))
        label = str(body.get("label") or held.label)
        types.put(_renamed(held, label))
        back = [one for one in types.between(target, source) if one.ident == held.inverse]
        for one in back if held.inverse != held.ident else ():
            types.put(_renamed(one, str(body.get("inverseLabel") or label)))
        return Response(status_code=204)

    @route("DELETE", *(f"{path}/{{type_id}}" for path in labels))
    async def remove(request: Request, source: str, target: str, type_id: str) -> Response:
        del request
        held = _own(hub, source, target, type_id)
        types.drop(held.ident)
        types.drop(held.inverse)
        return Response(status_code=204)


def _make(hub: Hub, wanted: AssociationType, back: str) -> list[AssociationType]:
    """Both directions of a label; one for both if they can't be told apart."""
    first = int(hub.store.next_id("association_types", _FIRST))
    if wanted.source == wanted.target and wanted.label == back:
        return [hub.links_of.types.put(_numbered(wanted, first, first))]
    second = int(hub.store.next_id("association_types", _FIRST))
    there = _numbered(wanted, first, second)
    other = AssociationType(wanted.target, wanted.source, second, first, back, _OWN, wanted.name)
    return [hub.links_of.types.put(there), hub.links_of.types.put(other)]


def _numbered(one: AssociationType, ident: int, inverse: int) -> AssociationType:
    return AssociationType(
        one.source, one.target, ident, inverse, one.label, one.category, one.name
    )


def _renamed(one: AssociationType, label: str) -> AssociationType:
    return AssociationType(
        one.source, one.target, one.ident, one.inverse, label, one.category, one.name
    )


def _own(hub: Hub, source: str, target: str, ident: str) -> AssociationType:
    for one in hub.links_of.types.between(source, target):
        if str(one.ident) == ident and one.category == _OWN:
            return one
    raise not_found(f"There is no label {ident} of the account's own")
