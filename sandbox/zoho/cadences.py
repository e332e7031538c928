"""Cadences, and entering and leaving one (docs/design/vendors.md Zoho 2.3)."""

from collections.abc import Callable

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.store import Thing
from sandbox.zoho.enrolments import enrol, unenrol
from sandbox.zoho.org import Org
from sandbox.zoho.refusals import RefusedError, invalid_id
from sandbox.zoho.routing import Routes
from sandbox.zoho.rows import MOST, status_of

Act = Callable[[Org, str, str], None]


def serve_cadences(routes: Routes) -> None:
    """Add the routes."""
    org = routes.org

    @routes.route("GET", "/settings/automation/cadences")
    async def cadences(request: Request) -> Response:
        del request
        return JSONResponse({"cadences": list(org.store.all("zoho.cadences").values())})

    _serve(routes, "enrol_in_cadences", enrol)
    _serve(routes, "unenrol_from_cadences", unenrol)


def _serve(routes: Routes, action: str, act: Act) -> None:
    org = routes.org

    @routes.route("POST", f"/{{module}}/actions/{action}")
    async def change(request: Request, module: str) -> Response:
        body = await request.json()
        if len(body["ids"]) > MOST:
            raise RefusedError(400, "LIMIT_EXCEEDED", "at most 100 ids")
        cadences = _manual(org, body["cadences_ids"])
        done = [_change(org, module, ident, cadences, act) for ident in body["ids"]]
        return JSONResponse({"data": done}, status_of(org, done, 200))


def _manual(org: Org, idents: list[str]) -> list[Thing]:
    """Cadences that are entered by hand. Raises RefusedError for another one."""
    found: list[Thing] = []
    for ident in idents:
        cadence = org.store.get("zoho.cadences", str(ident))
        if cadence is None or cadence["type"] != "manual_enrollment":
            said = "id given is not manual enrollment cadence"
            raise RefusedError(400, "NOT_ALLOWED", said, api_name="cadences_ids")
        found.append(cadence)
    return found


def _change(org: Org, module: str, ident: str, cadences: list[Thing], act: Act) -> Thing:
    if ident not in org.all(module):
        return invalid_id("ids", id=ident).body
    for cadence in cadences:
        act(org, ident, cadence["name"])
    details = {"id": ident, "cadences": [{"id": c["id"], "name": c["name"]} for c in cadences]}
    return {"code": "SUCCESS", "details": details, "message": "done", "status": "success"}
