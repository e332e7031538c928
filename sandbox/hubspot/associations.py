"""Associations in version 4 and in the versions by date, whose answers are the same.

Source: HubSpot's page "Associations": 2,000 inputs of a write, 1,000 of a read; PUT replaces the
labels of a pair; removing the unlabelled type removes all; ids are numbers in lists. An object
without associations is an error of a read's answer.
"""

from collections.abc import Sequence
from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.hubspot.answers import batch, page
from sandbox.hubspot.association_types import AssociationType
from sandbox.hubspot.errors import RefusedError, invalid, not_found
from sandbox.hubspot.hub import Hub
from sandbox.hubspot.object_types import TYPES
from sandbox.hubspot.requests import inputs_of, json_of, number
from sandbox.hubspot.routing import Routes
from sandbox.store import Thing

BATCHES = (
    "/crm/v4/associations/{source}/{target}",
    "/crm/associations/{version}/{source}/{target}",
)
_OBJECTS = ("/crm/v4/objects/{source}/{ident}", "/crm/objects/{version}/{source}/{ident}")
_MOST_WRITTEN, _MOST_READ = 2000, 1000


def serve_associations(routes: Routes, hub: Hub) -> None:
    """Add the routes of associations."""
    _serve_single(routes, hub)
    route = routes.route

    @route("POST", *(f"{path}/batch/create" for path in BATCHES))
    async def create(request: Request, source: str, target: str) -> Response:
        made, errors = [], []
        for item in (await inputs_of(request, _MOST_WRITTEN))["inputs"]:
            try:
                a, b = ends_of(hub, item, source, target)
                hub.link(source, a, target, b, type_ids(item.get("types")))
                made.append(_labels(hub, source, a, target, b))
            except RefusedError as refused:
                errors.append(refused.body)
        return batch(made, errors, 201)

    @route("POST", *(f"{path}/batch/associate/default" for path in BATCHES))
    async def create_default(request: Request, source: str, target: str) -> Response:
        made: list[Thing] = []
        errors: list[Thing] = []
        for item in (await inputs_of(request, _MOST_WRITTEN))["inputs"]:
            try:
                a, b = ends_of(hub, item, source, target)
                made += _default(hub, source, a, target, b)
            except RefusedError as refused:
                errors.append(refused.body)
        return batch(made, errors)

    @route("POST", *(f"{path}/batch/read" for path in BATCHES))
    async def read(request: Request, source: str, target: str) -> Response:
        rows, errors = [], []
        for item in (await inputs_of(request, _MOST_READ))["inputs"]:
            ident = str(item["id"])
            to = [_listed(hub, source, ident, target, b) for b in hub.links(source, ident, target)]
            if to:
                rows.append({"from": {"id": ident}, "to": to})
            else:
                errors.append(no_associations(source, ident, target))
        return batch(rows, errors)

    @route("POST", *(f"{path}/batch/archive" for path in BATCHES))
    async def archive(request: Request, source: str, target: str) -> Response:
        for item in (await inputs_of(request, _MOST_WRITTEN))["inputs"]:
            for to in item["to"]:
                hub.unlink(source, str(item["from"]["id"]), target, str(to["id"]))
        return Response(status_code=204)

    @route("POST", *(f"{path}/batch/labels/archive" for path in BATCHES))
    async def archive_labels(request: Request, source: str, target: str) -> Response:
        for item in (await inputs_of(request, _MOST_WRITTEN))["inputs"]:
            a, b = str(item["from"]["id"]), str(item["to"]["id"])
            hub.unlink(source, a, target, b, type_ids(item.get("types")))
        return Response(status_code=204)


def _serve_single(routes: Routes, hub: Hub) -> None:
    """Add the routes of one object's associations."""
    route = routes.route
    pair = tuple(f"{path}/associations/{{target}}/{{other}}" for path in _OBJECTS)

    @route("PUT", *(f"{path}/associations/default/{{target}}/{{other}}" for path in _OBJECTS))
    async def default(
        request: Request, source: str, ident: str, target: str, other: str
    ) -> Response:
        del request
        a, b = _there(hub, source, ident), _there(hub, target, other)
        return batch(_default(hub, source, a, target, b))

    @route("GET", *(f"{path}/associations/{{target}}" for path in _OBJECTS))
    async def list_page(request: Request, source: str, ident: str, target: str) -> Response:
        a = _there(hub, source, ident)
        rows = [_listed(hub, source, a, target, b) for b in hub.links(source, a, target)]
        limit = number(request, "limit", 500, 500)
        return JSONResponse(page(rows, limit, request.query_params.get("after", "")))

    @route("PUT", *pair)
    async def replace(
        request: Request, source: str, ident: str, target: str, other: str
    ) -> Response:
        a, b = _there(hub, source, ident), _there(hub, target, other)
        chosen = hub.links_of.types.chosen(source, target, type_ids(await json_of(request)))
        hub.links_of.replace(source, a, target, b, chosen)
        hub.show_primary(source, a, target, b)
        return JSONResponse(_labels(hub, source, a, target, b), 201)

    @route("DELETE", *pair)
    async def remove(
        request: Request, source: str, ident: str, target: str, other: str
    ) -> Response:
        del request
        hub.unlink(source, ident, target, other)
        return Response(status_code=204)


def ends_of(hub: Hub, item: Thing, source: str, target: str) -> tuple[str, str]:
    """The ids of the two objects of an input, which must be there. Raises RefusedError."""
    ends = []
    for kind, end in ((source, "from"), (target, "to")):
        ident = str((item.get(end) or {}).get("id"))
        found = hub.find(kind, ident, None)
        if found is None:
            name = TYPES[kind].singular.upper()
            raise invalid(
                f"{name}={ident} is not valid",
                subCategory="crm.associations.INVALID_OBJECT_IDS",
                context={name: [ident]},
            )
        ends.append(found["id"])
    return ends[0], ends[1]


def no_associations(source: str, ident: str, target: str) -> Thing:
    """The entry of a read's errors for an object that has no associations."""
    one, other = TYPES[source].singular, TYPES[target].singular
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {other} is associated with {one} {ident}.",
        "context": {"fromObjectId": [ident]},
    }


def type_ids(types: Any) -> list[int]:
    """The ids of an association's types, of which it needs one. Raises RefusedError."""
    if not isinstance(types, list) or not types:
        raise invalid("An association needs at least one type")
    try:
        return [int(one["associationTypeId"]) for one in types]
    except (KeyError, TypeError, ValueError) as error:
        raise invalid(f"A type needs an associationTypeId: {error!r}") from error


def _there(hub: Hub, kind: str, ident: str) -> str:
    """The id of an object, which may be named by one merged into it. Raises RefusedError."""
    found = hub.find(kind, ident, None)
    if found is None:
        raise not_found(f"There is no {TYPES[kind].singular} {ident}")
    return str(found["id"])


def _default(hub: Hub, source: str, a: str, target: str, b: str) -> list[Thing]:
    """Associate without a label; both directions."""
    hub.link(source, a, target, b)
    there = hub.links_of.types.unlabelled(source, target)
    return [_spec(x, y, ident) for x, y, ident in ((a, b, there.ident), (b, a, there.inverse))]


def _spec(a: str, b: str, ident: int) -> Thing:
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": ident}
    return {"from": {"id": a}, "to": {"id": b}, "associationSpec": spec}


def _listed(hub: Hub, source: str, a: str, target: str, b: str) -> Thing:
    types = hub.links_of.types_of(source, a, target, b)
    return {"toObjectId": int(b), "associationTypes": described(types)}


def described(types: Sequence[AssociationType]) -> list[Thing]:
    """Types as answers describe them."""
    return [{"category": t.category, "typeId": t.ident, "label": t.label} for t in types]


def _labels(hub: Hub, source: str, a: str, target: str, b: str) -> Thing:
    types = hub.links_of.types_of(source, a, target, b)
    return {
        "fromObjectTypeId": TYPES[source].ident,
        "fromObjectId": int(a),
        "toObjectTypeId": TYPES[target].ident,
        "toObjectId": int(b),
        "labels": [one.label for one in types if one.label],
    }
