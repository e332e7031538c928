"""Records of the sandbox's Zoho: made, changed, upserted, deleted, read by id
(docs/design/vendors.md Zoho 2.2)."""

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.store import Thing
from sandbox.zoho.org import Org
from sandbox.zoho.refusals import RefusedError, missing_param
from sandbox.zoho.routing import Routes
from sandbox.zoho.rows import MOST, Saved, status_of, succeeded, write_rows
from sandbox.zoho.shown import shown
from sandbox.zoho.writes import create, find, update


def serve_records(routes: Routes) -> None:
    """Add the routes."""
    org, route = routes.org, routes.route

    @route("POST", "/{module}/upsert")
    async def upsert(request: Request, module: str) -> Response:
        body = await request.json()
        checks = _checks(org, module, body)
        return write_rows(org, body, 200, lambda record: _upsert(org, module, record, body, checks))

    @route("POST", "/{module}")
    async def insert(request: Request, module: str) -> Response:
        org.fields(module)
        body = await request.json()
        return write_rows(
            org, body, 201, lambda record: ("insert", create(org, module, record, body), None)
        )

    @route("PUT", "/{module}")
    async def change(request: Request, module: str) -> Response:
        org.fields(module)
        body = await request.json()
        return write_rows(org, body, 200, lambda record: _update(org, module, record))

    @route("PUT", "/{module}/{ident}")
    async def change_one(request: Request, module: str, ident: str) -> Response:
        org.fields(module)
        body = await request.json()
        return write_rows(
            org, body, 200, lambda record: _update(org, module, {**record, "id": ident})
        )

    @route("DELETE", "/{module}")
    async def delete(request: Request, module: str) -> Response:
        idents = [part for part in request.query_params.get("ids", "").split(",") if part]
        if not idents:
            raise missing_param("ids")
        if len(idents) > MOST:
            raise RefusedError(400, "LIMIT_EXCEEDED", f"at most {MOST} ids", limit=MOST)
        return _delete(org, module, idents)

    @route("DELETE", "/{module}/{ident}")
    async def delete_one(request: Request, module: str, ident: str) -> Response:
        del request
        return _delete(org, module, [ident])

    @route("GET", "/{module}/{ident}")
    async def read(request: Request, module: str, ident: str) -> Response:
        known = sorted(org.fields(module))
        found = org.all(module).get(ident)
        if found is None:
            return Response(status_code=204)
        wanted = request.query_params.get("fields")
        names = wanted.split(",") if wanted else known
        return JSONResponse({"data": [shown(org, module, found, names)]})


def _checks(org: Org, module: str, body: Thing) -> list[str]:
    """The fields by which an upsert finds the record that is there."""
    asked: list[str] = body.get("duplicate_check_fields") or ["Email"]
    allowed = {"Email", *org.unique_fields(module)}
    if wrong := set(asked) - allowed:
        raise RefusedError(400, "INVALID_DATA", "not a unique field", api_name=min(wrong))
    return asked


def _upsert(org: Org, module: str, record: Thing, body: Thing, checks: list[str]) -> Saved:
    for name in checks:
        if record.get(name) and (found := org.by_field(module, name, record[name])):
            return "update", update(org, module, found[0], record), name
    return "insert", create(org, module, record, body), None


def _update(org: Org, module: str, record: Thing) -> Saved:
    return "update", update(org, module, find(org, module, record.get("id")), record), None


def _delete(org: Org, module: str, idents: list[str]) -> Response:
    """Row by row, like a write; a row that isn't there is refused alone."""
    done: list[Thing] = []
    for ident in idents:
        try:
            record = find(org, module, ident)
        except RefusedError as refused:
            done.append({**refused.body, "details": {"id": ident}})
            continue
        org.delete(module, record)
        done.append({**succeeded("delete", org, record), "details": {"id": ident}})
        del done[-1]["action"], done[-1]["duplicate_field"]
    return JSONResponse({"data": done}, status_of(org, done, 200))
