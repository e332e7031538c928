"""Lists of records, the recycle bin, and queries (Zoho's pages "Get Records" and "Get Deleted
Records")."""

import base64
from collections.abc import Callable
from datetime import datetime

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.store import Thing
from sandbox.zoho.coql import query
from sandbox.zoho.org import Org, iso
from sandbox.zoho.refusals import RefusedError, missing_param
from sandbox.zoho.routing import Routes
from sandbox.zoho.shown import shown

PAGE, _FIELDS, _REACH = 200, 50, 2000
_SORTED_BY = ("id", "Created_Time", "Modified_Time")


def serve_listings(routes: Routes) -> None:
    """Add the routes."""
    org, route = routes.org, routes.route

    @route("POST", "/coql")
    async def coql(request: Request) -> Response:
        found, more = query(org, str((await request.json()).get("select_query") or ""))
        if not found:
            return Response(status_code=204)
        return JSONResponse({"data": found, "info": {"count": len(found), "more_records": more}})

    @route("GET", "/{module}/deleted")
    async def deleted(request: Request, module: str) -> Response:
        return _deleted(org, module, request)

    @route("GET", "/{module}")
    async def listing(request: Request, module: str) -> Response:
        org.fields(module)
        return _listing(org, module, request)


def page_of(request: Request) -> tuple[int, int]:
    """The number and the size of the page that is asked for. Raises RefusedError."""
    params = request.query_params
    number, size = params.get("page") or "1", params.get("per_page") or str(PAGE)
    if not number.isdigit() or not size.isdigit() or not 1 <= int(size) <= PAGE:
        raise RefusedError(400, "INVALID_DATA", "invalid data", param_name="per_page")
    return int(number), int(size)


def page_of_rows(
    request: Request, name: str, found: list[Thing], show: Callable[[Thing], Thing] = dict
) -> Response:
    """The rows of the page that is asked for, under a name; 204 for none. Raises RefusedError."""
    number, size = page_of(request)
    page = found[(number - 1) * size : number * size]
    if not page:
        return Response(status_code=204)
    info = {
        "per_page": size,
        "count": len(page),
        "page": number,
        "more_records": number * size < len(found),
    }
    return JSONResponse({name: [show(row) for row in page], "info": info})


def _listing(org: Org, module: str, request: Request) -> Response:
    """Up to 2,000 by page numbers, all of them by tokens, which are valid for a day."""
    params = request.query_params
    fields = [name for name in params.get("fields", "").split(",") if name]
    if not fields:
        raise missing_param("fields")
    if len(fields) > _FIELDS:
        raise RefusedError(400, "LIMIT_EXCEEDED", "at most 50 fields", limit=_FIELDS)
    found = _sorted(request, [r for r in org.all(module).values() if not r.get("$converted")])
    if ids := params.get("ids"):
        found = [r for r in found if r["id"] in ids.split(",")]
    number, size = page_of(request)
    start = _start(params.get("page_token") or "", (number - 1) * size)
    if start >= _REACH and not params.get("page_token"):
        said = "use page_token to fetch more than 2000 records"
        raise RefusedError(400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED", said)
    page = found[start : start + size]
    if not page:
        return Response(status_code=204)
    more = start + size < len(found)
    info = {
        "per_page": size,
        "count": len(page),
        "page": start // size + 1,
        "sort_by": params.get("sort_by", "id"),
        "sort_order": params.get("sort_order", "desc"),
        "more_records": more,
        "next_page_token": _token(start + size) if more else None,
        "previous_page_token": _token(start - size) if start else None,
        "page_token_expiry": iso() if more else None,
    }
    return JSONResponse({"data": [shown(org, module, r, fields) for r in page], "info": info})


def _sorted(request: Request, found: list[Thing]) -> list[Thing]:
    """By one of three fields. Raises RefusedError for another one."""
    name = request.query_params.get("sort_by")
    if name is None:
        return found
    if name not in _SORTED_BY:
        raise RefusedError(400, "INVALID_DATA", "invalid data", param_name="sort_by")
    down = request.query_params.get("sort_order", "desc") == "desc"
    return sorted(found, key=lambda record: (str(record[name]), record["id"]), reverse=down)


def _token(start: int) -> str:
    return base64.urlsafe_b64encode(f"page:{start}".encode()).decode()


def _start(token: str, otherwise: int) -> int:
    """Where a page begins. Raises RefusedError for a token of somebody else's."""
    if not token:
        return otherwise
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("page:"))
    except ValueError as error:
        raise RefusedError(400, "INVALID_DATA", "invalid data", param_name="page_token") from error


def _deleted(org: Org, module: str, request: Request) -> Response:
    since = request.headers.get("if-modified-since", "")
    sort = request.query_params.get("type", "all")
    if sort not in {"all", "recycle", "permanent"}:
        raise RefusedError(400, "INVALID_DATA", "invalid data", param_name="type")
    gone = [
        r for r in org.store.all(f"zoho.deleted.{module}").values() if sort in {"all", r["type"]}
    ]
    if since:
        start = datetime.fromisoformat(since)
        gone = [r for r in gone if datetime.fromisoformat(r["deleted_time"]) >= start]
        if not gone:
            return Response(status_code=304)
    return page_of_rows(request, "data", gone)
