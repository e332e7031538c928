"""Routes of the sandbox's Apollo: the key, the windows of each endpoint, and their headers."""

import math
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.faults import FixedWindows
from sandbox.store import Store

KEY = "sandbox-apollo-key-0001"
# a custom plan's
LIMITS = {"minute": (1000, 60.0), "hourly": (6000, 3600.0), "24-hour": (50000, 86400.0)}
_WORDS = {"minute": "minute", "hourly": "hour", "24-hour": "day"}
#: Calls that Apollo's gateway lets through in a minute, whatever the endpoint (recorded headers).
_GATEWAY = 5000
Handler = Callable[..., Awaitable[Any]]


class RefusedError(Exception):
    """422, as Apollo says what is wrong with a call."""


class Routes:
    """Routes guarded alike."""

    def __init__(self, store: Store, limits: dict[str, tuple[int, float]]) -> None:
        self.store, self.router = store, APIRouter()
        self._windows = FixedWindows(limits)

    def route(self, methods: str, path: str, endpoint: str = "") -> Callable[[Handler], Handler]:
        """Serve a path to methods such as `GET POST`. The handler answers a body or raises
        RefusedError; `endpoint` is the limit's name where it isn't the path's."""

        def add(handler: Handler) -> Handler:
            guarded = self._guarded(handler, endpoint or path.strip("/"))
            self.router.add_api_route(path, guarded, methods=methods.split())
            return handler

        return add

    def _guarded(self, handler: Handler, endpoint: str) -> Callable[[Request], Awaitable[Response]]:
        async def call(request: Request) -> Response:
            if request.headers.get("x-api-key") != KEY:
                said = (
                    "Invalid API key. See https://docs.apollo.io/reference/authentication for how"
                    " to authenticate."
                )
                return PlainTextResponse(said, 401)
            left, spent, wait = self._windows.take(endpoint)
            headers = self._headers(left)
            if spent:
                limit = self._windows.limits[spent][0]
                said = (
                    f"The maximum number of api calls allowed for api/v1/{endpoint} is {limit}"
                    f" times per {_WORDS[spent]}."
                )
                headers["retry-after"] = str(math.ceil(wait))
                return JSONResponse({"message": said}, 429, headers)
            try:
                body = await handler(request, **request.path_params)
            except RefusedError as refused:
                return JSONResponse({"error": str(refused)}, 422, headers)
            return JSONResponse(body, 200, headers)

        return call

    def _headers(self, left: dict[str, int]) -> dict[str, str]:
        """As recorded: what is left and used of each window, and the gateway's own count."""
        headers: dict[str, str] = {}
        for name, (limit, _) in self._windows.limits.items():
            headers[f"x-rate-limit-{name}"] = str(limit)
            headers[f"x-{name}-requests-left"] = str(left[name])
            headers[f"x-{name}-usage"] = str(limit - left[name])
        return headers | {
            "x-ratelimit-limit": str(_GATEWAY),
            "x-ratelimit-remaining": str(_GATEWAY - 1),
            "x-ratelimit-reset": str(int(time.time()) + 60),
            "x-request-id": secrets.token_hex(16),
        }
