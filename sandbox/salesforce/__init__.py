"""Salesforce on the sandbox's store.

Sources: docs/design/vendors.md Salesforce, by section at each rule; what is unknown there is
answered in the stricter way.
"""

import base64
import json
import secrets
import time
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sandbox.salesforce.actions import serve_actions
from sandbox.salesforce.org import Org
from sandbox.salesforce.queries import serve_queries
from sandbox.salesforce.records import serve_records
from sandbox.salesforce.routing import Api
from sandbox.salesforce.setup import serve_setup

CLIENT_ID, CLIENT_SECRET = "3MVG9sandbox", "salesforce-secret-0001"
_ORG_ID = "00D000000000001EAA"


def make_router(org: Org, limit: int = 100_000) -> APIRouter:
    """The token's path, and everything below /services/data."""
    router, api = APIRouter(), Api(org, limit)
    for serve in (serve_setup, serve_records, serve_queries, serve_actions):
        serve(api)

    @router.post("/services/oauth2/token")
    async def token(request: Request) -> Response:
        form = {
            name: values[0] for name, values in parse_qs((await request.body()).decode()).items()
        }
        given = _credentials(request.headers.get("authorization", ""), form)
        if form.get("grant_type") != "client_credentials":
            return JSONResponse(
                {
                    "error": "unsupported_grant_type",
                    "error_description": "grant type not supported",
                },
                400,
            )
        if given != (CLIENT_ID, CLIENT_SECRET):
            return JSONResponse(
                {"error": "invalid_client", "error_description": "invalid client credentials"}, 400
            )
        value = f"{_ORG_ID}!{secrets.token_urlsafe(24)}"
        org.store.put("salesforce.Token", value, {"valid": True})
        base = str(request.base_url).rstrip("/") + request.scope.get("root_path", "")
        instance = base + request.url.path.removesuffix("/services/oauth2/token")
        body = {
            "access_token": value,
            "instance_url": instance,
            "id": f"{instance}/id/{_ORG_ID}/{org.me}",
            "token_type": "Bearer",
        }
        return JSONResponse(
            {
                **body,
                "issued_at": str(int(time.time() * 1000)),
                "signature": "sandbox",
                "scope": "api",
            }
        )

    @router.api_route("/services/data/{rest:path}", methods=["GET", "POST", "PATCH", "DELETE"])
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
        answer, headers = api.serve(request.method, url, body, request.headers)
        if answer.body is None:
            return Response(status_code=answer.status, headers=headers)
        return JSONResponse(answer.body, answer.status, headers)

    return router


def _credentials(header: str, form: dict[str, str]) -> tuple[str, str]:
    """By HTTP Basic or in the form."""
    if header.startswith("Basic "):
        name, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
        return name, secret
    return form.get("client_id", ""), form.get("client_secret", "")
