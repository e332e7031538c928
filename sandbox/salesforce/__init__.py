"""Salesforce on the sandbox's store.

Sources: docs/design/vendors.md Salesforce, by section at each rule, and the pages of Salesforce's
documentation that the modules name; what is unknown there is answered in the stricter way. jsforce
holds the calls to what Salesforce documents (tests/clients/salesforce).
"""

import json
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.salesforce.actions import serve_actions
from sandbox.salesforce.collections import serve_collections
from sandbox.salesforce.composite import serve_composite
from sandbox.salesforce.describing import serve_describing
from sandbox.salesforce.feeds import serve_feeds
from sandbox.salesforce.login import (
    CLIENT_ID,
    CLIENT_SECRET,
    ORG_ID,
    LoginRefusal,
    identity,
    log_in,
    log_out,
    user_of,
)
from sandbox.salesforce.org import Org
from sandbox.salesforce.queries import serve_queries
from sandbox.salesforce.records import serve_records
from sandbox.salesforce.routing import NEWEST, OLDEST, Answer, Api, Call
from sandbox.salesforce.setup import serve_setup

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "make_router"]
#: In this order: a fixed path such as sobjects/{kind}/describe before sobjects/{kind}/{ident}.
_PARTS = (
    serve_setup,
    serve_describing,
    serve_feeds,
    serve_records,
    serve_collections,
    serve_composite,
    serve_queries,
    serve_actions,
)


def make_router(org: Org, limit: int = 100_000) -> APIRouter:
    """The login, the identity URL, and everything below /services/data."""
    router, api = APIRouter(), Api(org, limit)
    for serve in _PARTS:
        serve(api)
    _serve_login(router, org)

    @router.get("/id/{org_id}/{user}")
    async def who(request: Request, org_id: str, user: str) -> Response:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        token = given or request.query_params.get("oauth_token", "")
        if not user_of(org, token):
            return PlainTextResponse("Bad_OAuth_Token", 403)
        if org_id[:15] != ORG_ID[:15] or org.record(user) is None:
            return PlainTextResponse("Bad_Id", 404)
        return JSONResponse(identity(org, user, _instance(request, "/id/")))

    @router.get("/services/data")
    @router.get("/services/data/")
    async def versions() -> Response:
        """Without a token, as documented ("Versions")."""
        return JSONResponse([_version(number) for number in range(OLDEST, NEWEST + 1)])

    @router.api_route(
        "/services/data/{rest:path}", methods=["GET", "POST", "PATCH", "PUT", "DELETE"]
    )
    async def data(request: Request, rest: str) -> Response:
        raw = await request.body()
        try:
            body: Any = json.loads(raw) if raw else None
        except ValueError:
            return JSONResponse(
                [{"errorCode": "JSON_PARSER_ERROR", "message": "Unexpected character"}], 400
            )
        path = request.scope.get("raw_path", b"").decode() or f"/services/data/{rest}"
        path = path[path.index("/services/data/") :]
        url = path + (f"?{request.url.query}" if request.url.query else "")
        answer, headers = api.serve(
            request.method, url, body, request.headers, _instance(request, "/services/data")
        )
        if answer.body is None:
            return Response(status_code=answer.status, headers=headers)
        return JSONResponse(answer.body, answer.status, headers)

    @api.route("GET", "")
    def resources(call: Call) -> Answer:
        named = ("sobjects", "query", "queryAll", "limits", "recent", "composite", "tooling")
        paths = {name: f"{call.base}{name}" for name in named}
        return Answer(200, {**paths, "identity": f"{call.instance}/id/{ORG_ID}/{org.me}"})

    return router


def _serve_login(router: APIRouter, org: Org) -> None:
    async def form_of(request: Request) -> dict[str, str]:
        return {n: v[0] for n, v in parse_qs((await request.body()).decode()).items()}

    @router.post("/services/oauth2/token")
    async def token(request: Request) -> Response:
        instance = _instance(request, "/services/oauth2/token")
        header = request.headers.get("authorization", "")
        try:
            return JSONResponse(log_in(org, header, await form_of(request), instance))
        except LoginRefusal as refused:
            return JSONResponse(refused.body, 400)

    @router.post("/services/oauth2/revoke")
    async def revoke(request: Request) -> Response:
        try:
            log_out(org, (await form_of(request)).get("token", ""))
        except LoginRefusal as refused:
            return JSONResponse(refused.body, 400)
        return Response(status_code=200)


def _instance(request: Request, path: str) -> str:
    """The address that the org's paths begin with."""
    return str(request.url).partition(path)[0]


def _version(number: int) -> dict[str, str]:
    return {
        "label": f"Version {number}",
        "url": f"/services/data/v{number}.0",
        "version": f"{number}.0",
    }
