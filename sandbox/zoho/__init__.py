"""Zoho CRM v8 on the sandbox's store. Sources: facts/salesforce_zoho_slack.md 2, by section at each rule; what is unknown there
is answered in the stricter way."""

import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sandbox.zoho.org import Org, RefusedError
from sandbox.zoho.records import serve_records
from sandbox.zoho.setup import serve_setup

CLIENT_ID, CLIENT_SECRET, REFRESH = "1000.SANDBOX", "zoho-secret-0001", "1000.refresh.sandbox"
_TOKENS_A_WINDOW, _WINDOW = 10, 600.0
_AT_ONCE = 10  # facts 2.4: heavy calls at once

Handler = Callable[..., Awaitable[Any]]


class Routes:
    """Routes guarded alike: token, credits, calls at once, errors in Zoho's shape."""

    def __init__(self, org: Org, limit: int) -> None:
        self.org, self.credits, self.router = org, limit, APIRouter()
        self._running = 0

    def route(self, method: str, path: str) -> Callable[[Handler], Handler]:
        """Serve a path below /crm/v8; the handler answers a body, or a Response."""

        def add(handler: Handler) -> Handler:
            self.router.add_api_route(f"/crm/v8{path}", self._guarded(handler), methods=[method])
            return handler

        return add

    def _guarded(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def call(request: Request) -> Response:
            shown = request.headers.get("authorization", "").removeprefix("Zoho-oauthtoken ")
            token = self.org.store.get("zoho.tokens", shown)
            if token is None or not token["valid"]:
                return JSONResponse(RefusedError(401, "INVALID_TOKEN", "invalid oauth token").body, 401)
            spent = (self.org.store.get("zoho.usage", "today") or {"credits": 0})["credits"] + 1
            if spent > self.credits or self._running >= _AT_ONCE:
                return JSONResponse(RefusedError(429, "TOO_MANY_REQUESTS", "too many requests").body, 429)
            self.org.store.put("zoho.usage", "today", {"credits": spent})
            self._running += 1
            try:
                answer = await handler(request, **request.path_params)
            except RefusedError as refused:
                answer = JSONResponse(refused.body, refused.status)
            finally:
                self._running -= 1
            response: Response = answer if isinstance(answer, Response) else JSONResponse(answer)
            if spent * 2 >= self.credits:
                response.headers["x-api-credits-remaining"] = str(self.credits - spent)
            return response

        return call


def make_router(org: Org, limit: int = 1_000_000) -> APIRouter:
    """The token's path, and everything below /crm/v8."""
    routes = Routes(org, limit)
    serve_setup(routes)
    serve_records(routes)
    given: deque[float] = deque()

    @routes.router.post("/oauth/v2/token")
    async def token(request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        form |= dict(request.query_params)
        if (form.get("client_id"), form.get("client_secret"), form.get("refresh_token")) != (CLIENT_ID, CLIENT_SECRET, REFRESH):
            return JSONResponse({"error": "invalid_code" if form.get("client_id") == CLIENT_ID else "invalid_client"})
        now = time.monotonic()
        while given and given[0] <= now - _WINDOW:
            given.popleft()
        if len(given) >= _TOKENS_A_WINDOW:  # a refusal with status 200 (facts 2.1)
            said = "You have made too many requests continuously. Please try again after some time."
            return JSONResponse({"error": "Access Denied", "error_description": said, "status": "failure"})
        given.append(now)
        value = f"1000.{secrets.token_hex(16)}"
        org.store.put("zoho.tokens", value, {"valid": True})
        base = str(request.url).split("/oauth/", maxsplit=1)[0]
        return JSONResponse({"access_token": value, "api_domain": base, "token_type": "Bearer", "expires_in": 3600})

    return routes.router
