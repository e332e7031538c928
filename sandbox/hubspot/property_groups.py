"""Groups of properties. Source: HubSpot's page "Properties"."""

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.hubspot.definitions import group_of
from sandbox.hubspot.errors import RefusedError, invalid, not_found
from sandbox.hubspot.hub import Hub
from sandbox.hubspot.properties import PROPERTIES, groups_of
from sandbox.hubspot.requests import body_of, chosen
from sandbox.hubspot.routing import Routes
from sandbox.store import Thing

_KIND = "hubspot.groups"


def serve_property_groups(routes: Routes, hub: Hub) -> None:
    """Add the routes of groups. They come before those of properties, which would take `groups`
    for a name."""
    route, store = routes.route, hub.store
    groups = tuple(f"{path}/groups" for path in PROPERTIES)
    single = tuple(f"{path}/{{name}}" for path in groups)

    @route("GET", *groups)
    async def all_of(request: Request, kind: str) -> Response:
        del request
        return JSONResponse({"results": [*_known(hub, kind).values()]})

    @route("POST", *groups)
    async def make(request: Request, kind: str) -> Response:
        body = await body_of(request)
        name, label = body.get("name"), body.get("label")
        if not isinstance(name, str) or not name or not isinstance(label, str):
            raise invalid("A group needs a name and a label")
        if name in _known(hub, kind):
            raise RefusedError(409, "CONFLICT", f"A group named '{name}' already exists.")
        group = {"displayOrder": -1, **body, "archived": False}
        return JSONResponse(store.put(_KIND, f"{kind}:{name}", group), 201)

    @route("GET", *single)
    async def one(request: Request, kind: str, name: str) -> Response:
        del request
        return JSONResponse(_group(hub, kind, name))

    @route("PATCH", *single)
    async def change(request: Request, kind: str, name: str) -> Response:
        body = await body_of(request)
        given = chosen(body, "label", "displayOrder")
        group = {**_group(hub, kind, name), **given}
        return JSONResponse(store.put(_KIND, f"{kind}:{name}", group))

    @route("DELETE", *single)
    async def archive(request: Request, kind: str, name: str) -> Response:
        del request
        group = _group(hub, kind, name)
        if any(made["groupName"] == name for made in hub.schema.of(kind).values()):
            raise invalid(f"The group {name} has properties")
        store.put(_KIND, f"{kind}:{name}", {**group, "archived": True})
        return Response(status_code=204)


def _known(hub: Hub, kind: str) -> dict[str, Thing]:
    own = group_of(kind)
    first = {"name": own, "label": own.capitalize(), "displayOrder": 0, "archived": False}
    return {own: first, **groups_of(hub, kind)}


def _group(hub: Hub, kind: str, name: str) -> Thing:
    if (found := _known(hub, kind).get(name)) is None:
        raise not_found(f"There is no group named {name}")
    return found
