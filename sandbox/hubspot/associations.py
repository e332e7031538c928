"""Associations, v4 and date-based."""

from fastapi import Request
from starlette.responses import Response

from sandbox.hubspot.answers import batch, inputs
from sandbox.hubspot.hub import ID_OF, Hub
from sandbox.hubspot.routing import Routes


def serve_associations(routes: Routes, hub: Hub) -> None:
    """Add the routes of associations."""
    route = routes.route
    associations = (
        "/crm/v4/associations/{source}/{target}",
        "/crm/associations/{version}/{source}/{target}",
    )

    @route(
        "POST",
        *(f"{a}/batch/create" for a in associations),
        *(f"{a}/batch/associate/default" for a in associations),
    )
    async def associate(request: Request, source: str, target: str, version: str = "") -> Response:
        del version
        made = []
        for item in (await inputs(request, 2000))["inputs"]:
            a, b = str(item["from"]["id"]), str(item["to"]["id"])
            hub.link(source, a, target, b)
            made.append(
                {
                    "fromObjectTypeId": ID_OF[source],
                    "fromObjectId": a,
                    "toObjectTypeId": ID_OF[target],
                    "toObjectId": b,
                    "labels": [],
                }
            )
        return batch(made, [], 201)

    @route("POST", *(f"{a}/batch/read" for a in associations))
    async def associated(request: Request, source: str, target: str, version: str = "") -> Response:
        del version
        rows = []
        for item in (await inputs(request, 1000))["inputs"]:
            to = hub.links(source, str(item["id"]), target)
            if to:
                types = [{"category": "HUBSPOT_DEFINED", "typeId": 1, "label": None}]
                rows.append(
                    {
                        "from": {"id": str(item["id"])},
                        "to": [{"toObjectId": int(i), "associationTypes": types} for i in to],
                    }
                )
        return batch(rows, [])
