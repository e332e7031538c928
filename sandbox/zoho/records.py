"""Records of the sandbox's Zoho: rows of up to a hundred, each with its own code; COQL; lists; what
was deleted (docs/design/vendors.md Zoho 2.2)."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.object_store import SyntaxRefusedError, parse
from sandbox.store import Thing
from sandbox.zoho.org import Org, RefusedError, iso
from sandbox.zoho.routing import Routes
from sandbox.zoho.schema import LOOKUPS

MOST, PAGE, MOST_COQL = 100, 200, 2000


def serve_records(routes: Routes) -> None:
    """Add the routes."""
    org, route = routes.org, routes.route

    @route("POST", "/coql")
    async def coql(request: Request) -> Response:
        found, more = query(org, (await request.json()).get("select_query", ""))
        if not found:
            return Response(status_code=204)
        return JSONResponse({"data": found, "info": {"count": len(found), "more_records": more}})

    @route("POST", "/{module}/upsert")
    async def upsert(request: Request, module: str) -> Response:
        body = await request.json()
        checks = body.get("duplicate_check_fields") or ["Email"]
        allowed = {"Email", *(n for n, f in org.custom(module).items() if f.get("unique"))}
        if wrong := set(checks) - allowed:
            raise RefusedError(400, "INVALID_DATA", "not a unique field", api_name=min(wrong))

        def one(record: Thing) -> tuple[str, Thing, str | None]:
            for name in checks:
                if record.get(name) and (found := org.by_field(module, name, record[name])):
                    return "update", org.update(module, found[0], record), name
            return "insert", org.create(module, record, body), None

        return rows(body, 200, one)

    @route("POST", "/{module}")
    async def insert(request: Request, module: str) -> Response:
        org.fields(module)
        body = await request.json()
        return rows(body, 201, lambda record: ("insert", org.create(module, record, body), None))

    @route("PUT", "/{module}")
    async def update(request: Request, module: str) -> Response:
        org.fields(module)
        return rows(
            await request.json(),
            200,
            lambda record: ("update", org.update(module, _find(org, module, record), record), None),
        )

    @route("GET", "/{module}/search")
    async def search(request: Request, module: str) -> Response:
        """By address or word, a while behind: converted leads are hidden unless asked for, and
        nothing found is 204."""
        params = request.query_params
        email, word = params.get("email", "").casefold(), params.get("word", "").casefold()
        if not email and not word:
            raise RefusedError(
                400,
                "REQUIRED_PARAM_MISSING",
                "One of the expected parameter is missing",
                param="criteria",
            )
        visible = iso(time.time() - org.search_lag)
        found = [r for r in org.all(module).values() if r["Modified_Time"] <= visible]
        found = [
            r
            for r in found
            if params.get("converted") in {"true", "both"} or not r.get("$converted")
        ]
        hits = [r for r in found if _answers(r, email, word)][:PAGE]
        if not hits:
            return Response(status_code=204)
        info = {"per_page": PAGE, "count": len(hits), "page": 1, "more_records": False}
        return JSONResponse(
            {"data": [shown(org, r, sorted(org.fields(module))) for r in hits], "info": info}
        )

    @route("GET", "/{module}/deleted")
    async def deleted(request: Request, module: str) -> Response:
        since = request.headers.get("if-modified-since", "")
        sort = request.query_params.get("type", "all")
        if sort not in {"all", "recycle", "permanent"}:
            raise RefusedError(400, "INVALID_DATA", "invalid data", param="type")
        gone = [
            r
            for r in org.store.all(f"zoho.deleted.{module}").values()
            if sort in {"all", r["type"]}
        ]
        if since:
            gone = [
                r
                for r in gone
                if datetime.fromisoformat(r["deleted_time"]) >= datetime.fromisoformat(since)
            ]
            if not gone:
                return Response(status_code=304)
        number = int(request.query_params.get("page", "1"))
        page = gone[(number - 1) * PAGE : number * PAGE]
        if not page:
            return Response(status_code=204)
        info = {
            "more_records": number * PAGE < len(gone),
            "page": number,
            "per_page": PAGE,
            "count": len(page),
        }
        return JSONResponse({"data": page, "info": info})

    @route("DELETE", "/{module}")
    async def delete(request: Request, module: str) -> Response:
        done = []
        for ident in request.query_params.get("ids", "").split(","):
            record = _find(org, module, {"id": ident})
            org.delete(module, record)
            done.append(
                {
                    "code": "SUCCESS",
                    "details": {"id": record["id"]},
                    "message": "record deleted",
                    "status": "success",
                }
            )
        return JSONResponse({"data": done})

    @route("GET", "/{module}/{ident}")
    async def read(request: Request, module: str, ident: str) -> Response:
        del request
        found = (
            org.all(module).get(ident)
            if module in {"Leads", "Contacts", "Accounts", "Tasks"}
            else None
        )
        return (
            JSONResponse({"data": [shown(org, found, sorted(org.fields(module)))]})
            if found
            else Response(status_code=204)
        )

    @route("GET", "/{module}")
    async def listing(request: Request, module: str) -> Response:
        fields = [f for f in request.query_params.get("fields", "").split(",") if f]
        if not fields:
            raise RefusedError(
                400,
                "REQUIRED_PARAM_MISSING",
                "One of the expected parameter is missing",
                param="fields",
            )
        found = [r for r in org.all(module).values() if not r.get("$converted")]
        if ids := request.query_params.get("ids"):
            found = [r for r in found if r["id"] in ids.split(",")]
        start = int(request.query_params.get("page_token") or 0)
        page = found[start : start + PAGE]
        if not page:
            return Response(status_code=204)
        more = start + PAGE < len(found)
        info = {
            "per_page": PAGE,
            "count": len(page),
            "more_records": more,
            "next_page_token": str(start + PAGE) if more else None,
        }
        return JSONResponse({"data": [shown(org, r, fields) for r in page], "info": info})

    for action, act in (("enrol_in_cadences", org.enrol), ("unenrol_from_cadences", org.unenrol)):
        _serve_cadence(routes, action, act)


def _answers(record: Thing, email: str, word: str) -> bool:
    """Whether a search finds a record: an address whole, a word at the beginning of any text."""
    addresses = {str(record.get(name) or "").casefold() for name in ("Email", "Secondary_Email")}
    texts = (str(value).casefold() for value in record.values() if isinstance(value, str))
    return (
        email in addresses
        if email
        else any(part.startswith(word) for text in texts for part in text.split())
    )


def _serve_cadence(routes: Routes, action: str, act: Callable[[str, str], None]) -> None:
    org = routes.org

    @routes.route("POST", f"/{{module}}/actions/{action}")
    async def enrol(request: Request, module: str) -> Response:
        body = await request.json()
        if len(body["ids"]) > MOST:
            raise RefusedError(400, "LIMIT_EXCEEDED", "at most 100 ids")
        cadences = [org.store.get("zoho.cadences", str(i)) for i in body["cadences_ids"]]
        if any(c is None or c["type"] != "manual_enrollment" for c in cadences):
            raise RefusedError(
                400,
                "NOT_ALLOWED",
                "id given is not manual enrollment cadence",
                api_name="cadences_ids",
            )
        done = []
        for ident in body["ids"]:
            if ident not in org.all(module):
                done.append(
                    RefusedError(
                        400,
                        "INVALID_DATA",
                        "the id given seems to be invalid",
                        api_name="ids",
                        id=ident,
                    ).body
                )
                continue
            for cadence in cadences:
                act(ident, cadence["name"] if cadence else "")
            details = {
                "id": ident,
                "cadences": [{"id": c["id"], "name": c["name"]} for c in cadences if c],
            }
            done.append(
                {"code": "SUCCESS", "details": details, "message": "done", "status": "success"}
            )
        mixed = any(d["status"] == "error" for d in done)
        return JSONResponse({"data": done}, 207 if mixed else 200)


def rows(body: Thing, good: int, one: Callable[[Thing], tuple[str, Thing, str | None]]) -> Response:
    """Row by row, in order; 207 when some failed."""
    data = body.get("data") or []
    if not data or len(data) > MOST:
        raise RefusedError(400, "INVALID_DATA", f"between 1 and {MOST} records", api_name="data")
    done: list[Thing] = []
    for i, record in enumerate(data):
        try:
            action, saved, field = one(record)
        except RefusedError as refused:
            done.append(
                {**refused.body, "details": {"json_path": f"$.data[{i}]", **refused.details}}
            )
            continue
        details = {
            "id": saved["id"],
            "Created_Time": saved["Created_Time"],
            "Modified_Time": saved["Modified_Time"],
        }
        said = "record added" if action == "insert" else "record updated"
        more = {"duplicate_field": field, "action": action}
        done.append(
            {"code": "SUCCESS", **more, "details": details, "message": said, "status": "success"}
        )
    failed = sum(row["status"] == "error" for row in done)
    return JSONResponse(
        {"data": done}, good if not failed else 400 if failed == len(done) == 1 else 207
    )


def _find(org: Org, module: str, record: Thing) -> Thing:
    found = org.all(module).get(str(record.get("id")))
    if found is None:
        raise RefusedError(400, "INVALID_DATA", "the id given seems to be invalid", api_name="id")
    return found


def query(org: Org, text: str) -> tuple[list[Thing], bool]:
    """The rows of a COQL query, and whether there are more. Raises RefusedError."""
    try:
        asked = parse(text)
    except (SyntaxRefusedError, ValueError, IndexError) as error:
        raise RefusedError(400, "SYNTAX_ERROR", str(error)) from error
    if not _has_where(text):
        raise RefusedError(400, "SYNTAX_ERROR", "missing clause: where")
    known = org.fields(asked.source)
    for name in asked.named:
        if name.partition(".")[0] not in known:
            raise RefusedError(
                400, "INVALID_QUERY", "column given seems to be invalid", column_name=name
            )
    found = [
        r
        for r in org.all(asked.source).values()
        if not r.get("$converted") and asked.test(r, lambda r, n: value(org, r, n))
    ]
    for name, down in reversed(asked.order):
        found.sort(key=lambda r: str(value(org, r, name) or ""), reverse=down)
    most = min(asked.limit or PAGE, MOST_COQL)
    part = found[asked.offset : asked.offset + most]
    fields = dict.fromkeys(["id", *asked.fields])
    return [{n: _raw(org, r, n) for n in fields} for r in part], asked.offset + most < len(found)


def _has_where(text: str) -> bool:
    """Whether there is a where clause."""
    return " where " in f" {text.casefold()} "


def value(org: Org, record: Thing, name: str) -> Any:
    """What a condition compares: a lookup's id, or a field behind it."""
    head, _, tail = name.partition(".")
    found = record.get(head)
    if not isinstance(found, dict):
        return found
    if not tail:
        return found.get("id")
    above = org.store.get(f"zoho.{LOOKUPS.get(head) or 'Leads'}", str(found.get("id"))) or {}
    return above.get(tail)


def _raw(org: Org, record: Thing, name: str) -> Any:
    return value(org, record, name) if "." in name else record.get(name)


def shown(org: Org, record: Thing, fields: list[str]) -> Thing:
    """A record as it is read; an owner with name and address."""
    found: Thing = {"id": record["id"], **{name: record.get(name) for name in fields}}
    if isinstance(found.get("Owner"), dict):
        user = org.store.get("zoho.users", found["Owner"]["id"]) or {}
        found["Owner"] = {
            "id": found["Owner"]["id"],
            "name": user.get("full_name"),
            "email": user.get("email"),
        }
    return found
