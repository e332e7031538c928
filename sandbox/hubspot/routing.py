"""What stands before every route: the token and its scopes, the rolling limits with their headers,
the types of objects in paths, and errors in HubSpot's form."""

import re
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import compile_path

from sandbox.faults import RollingWindow
from sandbox.hubspot.errors import RefusedError
from sandbox.hubspot.hub import TOKEN
from sandbox.hubspot.object_types import type_named
from sandbox.hubspot.scopes import UNSCOPED, refuse_unscoped

Handler = Callable[..., Awaitable[Response]]
#: HubSpot's versions by date that the sandbox serves.
_VERSIONS = frozenset({"2026-03", "2026-09"})
#: Parameters of paths that name a type of objects.
_TYPES = frozenset({"kind", "source", "target"})
#: Paths that the official clients of v3 end with a slash.
_WITH_SLASH = frozenset({"/crm/v3/owners", "/crm/v3/lists"})
_NO_PAGE = "<html><head><title>Error 404 Not Found</title></head><body>Not Found</body></html>"


class Routes:
    """A router whose routes are all guarded alike.

    `limit` is calls in 10 s, `search_limit` searches a second.
    """

    def __init__(self, limit: int, search_limit: int) -> None:
        self.router = APIRouter()
        self._window, self._searches = RollingWindow(limit, 10.0), RollingWindow(search_limit, 1.0)
        self._known: list[tuple[re.Pattern[str], str]] = []

    def _guarded(self, handler: Handler, *, search: bool = False) -> Handler:
        async def call(request: Request) -> Response:
            headers: dict[str, str] = {}
            try:
                token = _token(request)
                headers = self._take(search=search)
                parts = _parts(request)
                if token == UNSCOPED:
                    kind = str(parts.get("kind", ""))
                    raise refuse_unscoped(request.method, request.url.path, kind)
                response = await handler(request, **parts)
            except RefusedError as refused:
                sent = {**headers, **refused.body.pop("headers", {})}
                return JSONResponse(refused.body, refused.status, sent)
            response.headers.update(headers)
            return response

        return call

    def _take(self, *, search: bool) -> dict[str, str]:
        """The headers of one more call; a search's answer has none. Raises RefusedError for one
        too many."""
        left = self._searches.take() if search else self._window.take()
        headers = {
            "x-hubspot-ratelimit-max": str(self._window.limit),
            "x-hubspot-ratelimit-remaining": str(max(left, 0)),
            "x-hubspot-ratelimit-interval-milliseconds": "10000",
        }
        if left < 0:
            raise _too_many("SECONDLY" if search else "TEN_SECONDLY_ROLLING", headers, search)
        return {} if search else headers

    def route(self, method: str, *paths: str, search: bool = False) -> Callable[[Handler], Handler]:
        """Serve all these paths; those that clients also spell with a slash at the end, so too."""

        def add(handler: Handler) -> Handler:
            guarded = self._guarded(handler, search=search)
            for path in paths:
                spellings = (path, f"{path}/") if path in _WITH_SLASH else (path,)
                for spelled in spellings:
                    self.router.add_api_route(
                        spelled, guarded, methods=[method], include_in_schema=spelled == path
                    )
                    self._known.append((compile_path(spelled)[0], method))
            return handler

        return add

    def close(self) -> APIRouter:
        """The router, which refuses other methods of its paths, and other paths.

        A 405 has no body and names the methods (HubSpot/hubspot-php#203).
        """

        async def refuse(rest: str) -> Response:
            allowed = [method for path, method in self._known if path.match(f"/{rest}")]
            if not allowed:
                return HTMLResponse(_NO_PAGE, 404)
            return Response(status_code=405, headers={"allow": ",".join([*allowed, "OPTIONS"])})

        every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        self.router.add_api_route("/{rest:path}", refuse, methods=every, include_in_schema=False)
        return self.router


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or token not in {TOKEN, UNSCOPED}:
        raise RefusedError(
            401,
            "INVALID_AUTHENTICATION",
            "Authentication credentials not found. This API supports OAuth 2.0 authentication.",
        )
    return token


def _parts(request: Request) -> dict[str, Any]:
    """The parts of a path: types of objects by their plural names, no version."""
    parts = dict(request.path_params)
    if parts.pop("version", "2026-03") not in _VERSIONS:
        raise RefusedError(404, "OBJECT_NOT_FOUND", "resource not found")
    return {name: type_named(part) if name in _TYPES else part for name, part in parts.items()}


def _too_many(policy: str, headers: dict[str, str], search: bool) -> RefusedError:
    said = f"You have reached your {policy.lower()} limit."
    refused = RefusedError(429, "", said, errorType="RATE_LIMIT", policyName=policy)
    refused.body |= {"requestId": str(uuid.uuid4()), "headers": {} if search else headers}
    return refused
