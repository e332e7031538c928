"""Users and the org (Zoho's pages "Get Users" and "Get Organization")."""

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.zoho.listings import page_of_rows
from sandbox.zoho.refusals import RefusedError
from sandbox.zoho.routing import Routes


def serve_setup(routes: Routes) -> None:
    """Add the routes."""
    org, route = routes.org, routes.route

    @route("GET", "/users")
    async def users(request: Request) -> Response:
        kind = request.query_params.get("type", "AllUsers")
        if kind not in {"AllUsers", "ActiveUsers", "DeactiveUsers", "CurrentUser", "AdminUsers"}:
            raise RefusedError(400, "INVALID_DATA", "invalid data", param_name="type")
        found = [
            u
            for u in org.store.all("zoho.users").values()
            if (kind != "CurrentUser" or u["id"] == org.me)
            and (kind != "ActiveUsers" or u["status"] == "active")
            and (kind != "DeactiveUsers" or u["status"] != "active")
        ]
        return page_of_rows(request, "users", found)

    @route("GET", "/users/{ident}")
    async def user(request: Request, ident: str) -> Response:
        del request
        found = org.store.get("zoho.users", ident)
        return JSONResponse({"users": [found]}) if found else Response(status_code=204)

    @route("GET", "/org")
    async def about(request: Request) -> Response:
        del request
        about = {
            "id": "554023000000000001",
            "zgid": "10000001",
            "company_name": "Acme",
            "type": "sandbox",
            "country_code": "DE",
            "currency": "Euro",
            "iso_code": "EUR",
            "time_zone": "Europe/Berlin",
            "primary_email": org.store.all("zoho.users")[org.me]["email"],
        }
        return JSONResponse({"org": [about]})
