"""Definitions of properties: read, made, changed, archived.

Source: HubSpot's page "Properties" and docs/design/vendors.md HubSpot 1.5. A name that is taken is a
409.
"""

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.hubspot.answers import batch
from sandbox.hubspot.definitions import Definition, built_in
from sandbox.hubspot.errors import RefusedError, invalid, iso, not_found
from sandbox.hubspot.hub import Hub
from sandbox.hubspot.new_properties import changed_definition, new_definition
from sandbox.hubspot.requests import body_of, flag, inputs_of
from sandbox.hubspot.routing import Routes
from sandbox.store import Thing

PROPERTIES = ("/crm/v3/properties/{kind}", "/crm/properties/{version}/{kind}")
_KIND = "hubspot.properties"


def serve_properties(routes: Routes, hub: Hub) -> None:
    """Add the routes of definitions."""
    route, store = routes.route, hub.store
    single = tuple(f"{path}/{{name}}" for path in PROPERTIES)

    @route("GET", *PROPERTIES)
    async def all_of(request: Request, kind: str) -> Response:
        if flag(request, "archived"):
            return JSONResponse({"results": _archived(hub, kind)})
        return JSONResponse({"results": [*hub.schema.of(kind).values()]})

    @route("POST", *PROPERTIES)
    async def make(request: Request, kind: str) -> Response:
        return JSONResponse(_make(hub, kind, await body_of(request)), 201)

    @route("POST", *(f"{path}/batch/read" for path in PROPERTIES))
    async def batch_read(request: Request, kind: str) -> Response:
        names = [str(item["name"]) for item in (await inputs_of(request))["inputs"]]
        known = hub.schema.of(kind)
        errors = [_absent(name).body for name in names if name not in known]
        return batch([known[name] for name in names if name in known], errors)

    @route("POST", *(f"{path}/batch/create" for path in PROPERTIES))
    async def batch_create(request: Request, kind: str) -> Response:
        made: list[Thing] = []
        errors: list[Thing] = []
        for item in (await inputs_of(request))["inputs"]:
            try:
                made.append(_make(hub, kind, item))
            except RefusedError as refused:
                errors.append({**refused.body, "context": {"name": [str(item.get("name"))]}})
        return batch(made, errors, 201)

    @route("POST", *(f"{path}/batch/archive" for path in PROPERTIES))
    async def batch_archive(request: Request, kind: str) -> Response:
        for item in (await inputs_of(request))["inputs"]:
            _archive(hub, kind, str(item["name"]))
        return Response(status_code=204)

    @route("GET", *single)
    async def one(request: Request, kind: str, name: str) -> Response:
        archived = {row["name"]: row for row in _archived(hub, kind)}
        known = archived if flag(request, "archived") else hub.schema.of(kind)
        if name not in known:
            raise _absent(name)
        return JSONResponse(known[name])

    @route("PATCH", *single)
    async def change(request: Request, kind: str, name: str) -> Response:
        body = await body_of(request)
        held = _own(hub, kind, name)
        _refuse_group(hub, kind, str(body.get("groupName", held["groupName"])))
        done = changed_definition(held, body)
        return JSONResponse(store.put(_KIND, f"{kind}:{name}", done))

    @route("DELETE", *single)
    async def archive(request: Request, kind: str, name: str) -> Response:
        del request
        _archive(hub, kind, name)
        return Response(status_code=204)


def groups_of(hub: Hub, kind: str) -> dict[str, Thing]:
    """The account's groups of properties, by name."""
    return {
        key.split(":", 1)[1]: group
        for key, group in hub.store.all("hubspot.groups").items()
        if key.startswith(f"{kind}:") and not group["archived"]
    }


def _make(hub: Hub, kind: str, sent: Thing) -> Definition:
    definition = new_definition(sent)
    name = definition["name"]
    if name in hub.schema.of(kind):
        raise RefusedError(409, "CONFLICT", f"A property named '{name}' already exists.")
    _refuse_group(hub, kind, definition["groupName"])
    if definition["hasUniqueValue"] and len(hub.schema.unique(kind)) >= 10:
        raise invalid("at most 10 unique properties")
    return hub.store.put(_KIND, f"{kind}:{name}", definition)


def _refuse_group(hub: Hub, kind: str, group: str) -> None:
    own = {one["groupName"] for one in built_in(kind).values()}
    if group not in own and group not in groups_of(hub, kind):
        raise invalid(f"There is no group named '{group}'")


def _archived(hub: Hub, kind: str) -> list[Thing]:
    rows = hub.store.all(_KIND).items()
    return [row for key, row in rows if key.startswith(f"{kind}:") and row.get("archived")]


def _absent(name: str) -> RefusedError:
    return not_found(
        f"Property {name} does not exist", subCategory="PropertyValidationError.PROPERTY_NOT_FOUND"
    )


def _own(hub: Hub, kind: str, name: str) -> Definition:
    """A definition of the account's own. Raises RefusedError for HubSpot's, and for none."""
    if name in built_in(kind):
        raise invalid(f"{name} is HubSpot's own property, so its definition can't be changed")
    if (held := hub.schema.made(kind).get(name)) is None:
        raise _absent(name)
    return held


def _archive(hub: Hub, kind: str, name: str) -> None:
    held = _own(hub, kind, name)
    gone = {**held, "archived": True, "archivedAt": iso()}
    hub.store.put(_KIND, f"{kind}:{name}", gone)
