"""Owners. Source: docs/design/vendors.md HubSpot 1.4."""

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.hubspot.answers import page
from sandbox.hubspot.errors import invalid, not_found
from sandbox.hubspot.hub import Hub
from sandbox.hubspot.requests import flag, number
from sandbox.hubspot.routing import Routes

_PATHS = ("/crm/v3/owners", "/crm/owners/{version}")
_KEYS = {"id": "id", "userId": "userIdIncludingInactive"}
_MOST = 500


def serve_owners(routes: Routes, hub: Hub) -> None:
    """Add the routes of owners."""
    route, store = routes.route, hub.store

    @route("GET", *_PATHS)
    async def owners(request: Request) -> Response:
        archived, email = flag(request, "archived"), request.query_params.get("email")
        found = [
            owner
            for owner in store.all("hubspot.owners").values()
            if owner["archived"] == archived and email in {None, "", owner["email"]}
        ]
        limit = number(request, "limit", 100, _MOST)
        return JSONResponse(page(found, limit, request.query_params.get("after", "")))

    @route("GET", *(f"{path}/{{ident}}" for path in _PATHS))
    async def one(request: Request, ident: str) -> Response:
        by = request.query_params.get("idProperty", "id")
        if by not in _KEYS:
            raise invalid(f"idProperty must be one of {', '.join(_KEYS)}")
        for owner in store.all("hubspot.owners").values():
            if str(owner[_KEYS[by]]) == ident and owner["archived"] == flag(request, "archived"):
                return JSONResponse(owner)
        raise not_found()
