"""Schemas of types of objects. Source: HubSpot's page "Custom objects" and its API of schemas.

The account has no custom objects, so that list is empty; HubSpot's own types are read one by one.
"""

from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.hubspot.hub import Hub
from sandbox.hubspot.object_types import TYPES
from sandbox.hubspot.routing import Routes

_PATHS = ("/crm-object-schemas/v3/schemas", "/crm-object-schemas/{version}/schemas")
_NEEDED = {"contacts": ["email"], "companies": ["name"], "deals": ["dealname"]}


def serve_schemas(routes: Routes, hub: Hub) -> None:
    """Add the routes of schemas."""
    route = routes.route

    @route("GET", *_PATHS)
    async def custom(request: Request) -> Response:
        del request
        return JSONResponse({"results": []})

    @route("GET", *(f"{path}/{{kind}}" for path in _PATHS))
    async def one(request: Request, kind: str) -> Response:
        del request
        return JSONResponse(_schema(hub, kind))


def _schema(hub: Hub, kind: str) -> dict[str, Any]:
    about = TYPES[kind]
    needed = _NEEDED.get(kind, ["hs_timestamp"])
    return {
        "id": about.ident,
        "objectTypeId": about.ident,
        "fullyQualifiedName": about.singular.upper(),
        "name": about.singular.upper(),
        "labels": {"singular": about.singular.title(), "plural": about.plural.title()},
        "primaryDisplayProperty": needed[0],
        "secondaryDisplayProperties": [],
        "searchableProperties": [*about.shown],
        "requiredProperties": needed,
        "properties": [*hub.schema.of(kind).values()],
        "associations": [
            {
                "id": str(one.ident),
                "fromObjectTypeId": about.ident,
                "toObjectTypeId": TYPES[target].ident,
                "name": one.v3_name,
            }
            for target in hub.links_of.types.targets(kind)
            for one in hub.links_of.types.between(kind, target)
        ],
        "archived": False,
        "allowsSensitiveProperties": False,
    }
