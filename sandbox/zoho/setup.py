"""Set-up of the sandbox's Zoho: users, the org, fields, cadences
(docs/design/vendors.md Zoho 2.3)."""

import re

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.store import Thing
from sandbox.zoho.org import RefusedError, length_of
from sandbox.zoho.routing import Routes
from sandbox.zoho.schema import FIELDS, LENGTHS

_TYPES = frozenset(
    {"text", "textarea", "integer", "double", "date", "datetime", "boolean", "picklist"}
)


def serve_setup(routes: Routes) -> None:
    """Add the routes."""
    org, route = routes.org, routes.route

    @route("GET", "/users")
    async def users(request: Request) -> Response:
        kind = request.query_params.get("type", "AllUsers")
        found = [
            u
            for u in org.store.all("zoho.users").values()
            if kind != "CurrentUser" or u["id"] == org.me
        ]
        return JSONResponse(
            {
                "users": found,
                "info": {"per_page": 200, "count": len(found), "page": 1, "more_records": False},
            }
        )

    @route("GET", "/org")
    async def about(request: Request) -> Response:
        del request
        return JSONResponse(
            {"org": [{"id": "554023000000000001", "company_name": "Acme", "type": "sandbox"}]}
        )

    @route("GET", "/settings/fields")
    async def fields(request: Request) -> Response:
        module = request.query_params.get("module", "")
        added = org.custom(module)
        built_in = [
            {
                "id": f"1{i}",
                "api_name": n,
                "field_label": n.replace("_", " "),
                "data_type": "text",
                "length": LENGTHS.get(n, 255),
            }
            for i, n in enumerate(sorted(org.fields(module) - set(added)))
        ]
        ours = [{**field, "length": length_of(name, field)} for name, field in added.items()]
        return JSONResponse({"fields": [*built_in, *ours]})

    @route("POST", "/settings/fields")
    async def add(request: Request) -> Response:
        module = request.query_params.get("module", "")
        if module not in FIELDS:
            raise RefusedError(400, "INVALID_MODULE", "the module name given seems to be invalid")
        done: list[Thing] = []
        for field in (await request.json())["fields"]:
            name = re.sub(r"\W+", "_", field["field_label"].strip())
            if name in org.fields(module):
                done.append(
                    RefusedError(
                        400, "DUPLICATE_DATA", "duplicate data", api_name="field_label"
                    ).body
                )
                continue
            if field["data_type"] not in _TYPES or (
                field["data_type"] == "picklist" and not field.get("pick_list_values")
            ):
                raise RefusedError(400, "INVALID_DATA", "invalid data", api_name="data_type")
            ident = org.next_id()
            org.store.put(
                f"zoho.fields.{module}",
                name,
                {"id": ident, "api_name": name, "custom_field": True, **field},
            )
            done.append(
                {
                    "code": "SUCCESS",
                    "details": {"id": ident},
                    "message": "field created",
                    "status": "success",
                }
            )
        good = all(d["status"] == "success" for d in done)
        return JSONResponse({"fields": done}, 201 if good else 400)

    @route("GET", "/settings/automation/cadences")
    async def cadences(request: Request) -> Response:
        del request
        return JSONResponse({"cadences": list(org.store.all("zoho.cadences").values())})
