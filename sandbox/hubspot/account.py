"""Owners and property definitions."""

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.hubspot.hub import BUILT_IN, Hub, RefusedError
from sandbox.hubspot.routing import Routes

_GROUPS = frozenset({"contactinformation", "companyinformation"})


def serve_account(routes: Routes, hub: Hub) -> None:
    """Add the routes of the account's set-up."""
    route, store = routes.route, hub.store

    @route("GET", "/crm/v3/owners/", "/crm/owners/{version}", "/crm/v3/owners")
    async def owners(request: Request, version: str = "") -> Response:
        del version
        archived = request.query_params.get("archived") == "true"
        found = [o for o in store.all("hubspot.owners").values() if o["archived"] == archived]
        if email := request.query_params.get("email"):
            found = [o for o in found if o["email"] == email]
        return JSONResponse({"results": found})

    properties = ("/crm/v3/properties/{kind}", "/crm/properties/{version}/{kind}")

    @route("GET", *properties)
    async def list_properties(request: Request, kind: str, version: str = "") -> Response:
        del version, request
        built_in = [
            {"name": n, "label": n, "type": "string", "fieldType": "text", "hubspotDefined": True}
            for n in sorted(BUILT_IN.get(kind, ()))
        ]
        return JSONResponse({"results": [*built_in, *hub.defined(kind).values()]})

    @route("POST", *(f"{p}/groups" for p in properties))
    async def make_group(request: Request, kind: str, version: str = "") -> Response:
        del version
        body = await request.json()
        if store.get("hubspot.groups", f"{kind}:{body['name']}"):
            raise RefusedError(409, "CONFLICT", f"A group named '{body['name']}' already exists.")
        return JSONResponse(
            store.put("hubspot.groups", f"{kind}:{body['name']}", {**body, "archived": False}), 201
        )

    @route("POST", *properties)
    async def make_property(request: Request, kind: str, version: str = "") -> Response:
        del version
        body = await request.json()
        if body["name"] in BUILT_IN.get(kind, ()) or body["name"] in hub.defined(kind):
            raise RefusedError(
                409, "CONFLICT", f"A property named '{body['name']}' already exists."
            )
        group = body.get("groupName", "")
        if group not in _GROUPS and not store.get("hubspot.groups", f"{kind}:{group}"):
            raise RefusedError(400, "VALIDATION_ERROR", f"There is no group named '{group}'")
        if body["type"] in {"enumeration", "bool"} and not body.get("options"):
            raise RefusedError(400, "VALIDATION_ERROR", "an enumeration needs options")
        if body.get("hasUniqueValue") and len(hub.unique(kind)) >= 10:
            raise RefusedError(400, "VALIDATION_ERROR", "at most 10 unique properties")
        return JSONResponse(store.put("hubspot.properties", f"{kind}:{body['name']}", body), 201)
