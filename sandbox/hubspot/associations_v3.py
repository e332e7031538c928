"""Associations in version 3, which names types by texts. Source: HubSpot's page "Associations v3"."""

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.hubspot.answers import batch
from sandbox.hubspot.associations import ends_of, no_associations
from sandbox.hubspot.errors import RefusedError, invalid
from sandbox.hubspot.hub import Hub
from sandbox.hubspot.requests import inputs_of
from sandbox.hubspot.routing import Routes
from sandbox.store import Thing

_PATH = "/crm/v3/associations/{source}/{target}"


def serve_associations_v3(routes: Routes, hub: Hub) -> None:
    """Add the routes of version 3."""
    route, types = routes.route, hub.links_of.types

    @route("GET", f"{_PATH}/types")
    async def all_types(request: Request, source: str, target: str) -> Response:
        del request
        rows = [{"id": str(t.ident), "name": t.v3_name} for t in types.between(source, target)]
        return JSONResponse({"results": rows})

    @route("POST", f"{_PATH}/batch/create")
    async def create(request: Request, source: str, target: str) -> Response:
        made: list[Thing] = []
        errors: list[Thing] = []
        for item in (await inputs_of(request))["inputs"]:
            try:
                a, b = ends_of(hub, item, source, target)
                hub.link(source, a, target, b, [_type_named(hub, source, target, item)])
                made.append({"from": {"id": a}, "to": {"id": b}, "type": item["type"]})
            except RefusedError as refused:
                errors.append(refused.body)
        return batch(made, errors, 201)

    @route("POST", f"{_PATH}/batch/read")
    async def read(request: Request, source: str, target: str) -> Response:
        rows: list[Thing] = []
        errors: list[Thing] = []
        for item in (await inputs_of(request))["inputs"]:
            ident = str(item["id"])
            to = [
                {"id": other, "type": one.v3_name}
                for other in hub.links(source, ident, target)
                for one in hub.links_of.types_of(source, ident, target, other)
            ]
            if to:
                rows.append({"from": {"id": ident}, "to": to})
            else:
                errors.append(no_associations(source, ident, target))
        return batch(rows, errors)

    @route("POST", f"{_PATH}/batch/archive")
    async def archive(request: Request, source: str, target: str) -> Response:
        for item in (await inputs_of(request))["inputs"]:
            chosen = [_type_named(hub, source, target, item)]
            hub.unlink(source, str(item["from"]["id"]), target, str(item["to"]["id"]), chosen)
        return Response(status_code=204)


def _type_named(hub: Hub, source: str, target: str, item: Thing) -> int:
    for one in hub.links_of.types.between(source, target):
        if item.get("type") in {one.v3_name, str(one.ident)}:
            return one.ident
    raise invalid(f"{item.get('type')} is no type of associations from {source} to {target}")
