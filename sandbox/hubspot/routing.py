"""What stands before every route: the token, the rolling limits with their headers, and errors in
HubSpot's shape."""

import uuid
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sandbox.faults import RollingWindow
from sandbox.hubspot.hub import TOKEN, RefusedError

Handler = Callable[..., Awaitable[Response]]


class Routes:
    """A router whose routes are all guarded alike.

    `limit` is calls in 10 s, `search_limit` searches a second.
    """

    def __init__(self, limit: int, search_limit: int) -> None:
        self.router = APIRouter()
        self._window, self._searches = RollingWindow(limit, 10.0), RollingWindow(search_limit, 1.0)

    def _guarded(self, handler: Handler, *, search: bool = False) -> Handler:
        async def call(request: Request) -> Response:
            if request.headers.get("authorization") != f"Bearer {TOKEN}":
                return JSONResponse(
                    RefusedError(
                        401, "INVALID_AUTHENTICATION", "Authentication credentials not found."
                    ).body,
                    401,
                )
            left = self._searches.take() if search else self._window.take()
            headers = (
                {}
                if search
                else {
                    "x-hubspot-ratelimit-max": str(self._window.limit),
                    "x-hubspot-ratelimit-remaining": str(max(left, 0)),
                    "x-hubspot-ratelimit-interval-milliseconds": "10000",
                }
            )
            if left < 0:
                policy, said = (
                    ("SECONDLY", "secondly")
                    if search
                    else ("TEN_SECONDLY_ROLLING", "ten_secondly_rolling")
                )
                body = {
                    "status": "error",
                    "message": f"You have reached your {said} limit.",
                    "errorType": "RATE_LIMIT",
                    "policyName": policy,
                    "correlationId": str(uuid.uuid4()),
                }
                return JSONResponse(body, 429, headers)
            try:
                response = await handler(request, **request.path_params)
            except RefusedError as refused:
                return JSONResponse(refused.body, refused.status, headers)
            response.headers.update(headers)
            return response

        return call

    def route(self, method: str, *paths: str, search: bool = False) -> Callable[[Handler], Handler]:
        """Serve all these paths, each in both its spellings."""

        def add(handler: Handler) -> Handler:
            for path in paths:
                for spelled in {path, path.rstrip("/") + "/"} if path.endswith("/") else {path}:
                    self.router.add_api_route(
                        spelled, self._guarded(handler, search=search), methods=[method]
                    )
            return handler

        return add
