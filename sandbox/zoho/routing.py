"""Routes of the sandbox's Zoho."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sandbox.zoho.org import Org
from sandbox.zoho.refusals import RefusedError

_AT_ONCE = 10  # docs/design/vendors.md Zoho 2.4: heavy calls at once

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

    def refuse_others(self) -> None:
        """Refuse every path that isn't served, as Zoho words it. To be called last."""

        async def unknown(request: Request, path: str) -> Response:
            del request, path
            said = "Please check if the URL trying to access is a correct one"
            raise RefusedError(404, "INVALID_URL_PATTERN", said)

        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            self.route(method, "/{path:path}")(unknown)

    def _guarded(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def call(request: Request) -> Response:
            shown = request.headers.get("authorization", "").removeprefix("Zoho-oauthtoken ")
            token = self.org.store.get("zoho.tokens", shown)
            if token is None or not token["valid"]:
                return JSONResponse(
                    RefusedError(401, "INVALID_TOKEN", "invalid oauth token").body, 401
                )
            spent = (self.org.store.get("zoho.usage", "today") or {"credits": 0})["credits"] + 1
            if spent > self.credits or self._running >= _AT_ONCE:
                return JSONResponse(
                    RefusedError(429, "TOO_MANY_REQUESTS", "too many requests").body, 429
                )
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
