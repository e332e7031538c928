"""Refusals as application/problem+json (RFC 9457): each says what, where and what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from app.base.errors import UsageError
from app.console.store import ReadModelUnavailableError
from leads.rules import RulesError
from leads.sealing import KeysUnavailableError, MissingSecretError, SealError

log = structlog.get_logger(__name__)
KIND = "application/problem+json"
#: The header of a 503: when to send the request again, in seconds.
RETRY = {"retry-after": "5"}
_UNAVAILABLE = "the database does not answer; ask again"
_NOT_READY = "the site can't answer this now; its log says why"


class WrongField(BaseModel):
    """A part of a request that can't be taken."""

    where: str
    why: str


class Problem(BaseModel):
    """Why a request was refused."""

    title: str
    status: int
    detail: str
    fields: list[WrongField] = []


class ProblemError(Exception):
    """Ends a request with a problem."""

    def __init__(
        self, status: int, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.headers = status, headers


def answer_problems(app: FastAPI) -> None:
    """Have every refusal of an app leave as a problem."""
    app.add_exception_handler(ProblemError, _refused)
    app.add_exception_handler(HTTPException, _not_served)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(ReadModelUnavailableError, _unavailable)
    app.add_exception_handler(KeysUnavailableError, _unavailable)
    for ours in (UsageError, RulesError, SealError, MissingSecretError):
        app.add_exception_handler(ours, _not_ready)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of these refusals, and of those that every request may meet."""
    found: dict[int | str, dict[str, Any]] = {}
    for status in (401, 403, 422, 503, *statuses):
        found[status] = {"model": Problem, "content": {KIND: {}}, "description": _TITLES[status]}
    return found


_TITLES = {
    400: "Not understood",
    401: "No token",
    403: "Not allowed",
    404: "Not found",
    405: "Not served",
    409: "Moved on",
    422: "Not valid",
    503: "Not now",
}


def _response(
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    fields: Sequence[WrongField] = (),
) -> Response:
    title = _TITLES.get(status, "Not served")
    problem = Problem(title=title, status=status, detail=detail, fields=list(fields))
    return JSONResponse(
        problem.model_dump(), status, headers=dict(headers or {}), media_type=KIND
    )


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return _response(error.status, str(error), error.headers)


async def _not_served(request: Request, error: Exception) -> Response:
    """What Starlette refuses: a path or a method that is none."""
    assert isinstance(error, HTTPException)
    detail = f"{request.method} {request.url.path}: {error.detail}; see /api/v1/openapi.json"
    return _response(error.status_code, detail, error.headers)


async def _not_valid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = [_wrong(fault) for fault in error.errors()]
    detail = "; ".join(f"{one.where}: {one.why}" for one in fields)
    return _response(422, detail, fields=fields)


def _wrong(fault: Mapping[str, Any]) -> WrongField:
    where: Sequence[Any] = fault["loc"]
    return WrongField(where=".".join(map(str, where)), why=str(fault["msg"]))


async def _unavailable(_request: Request, _error: Exception) -> Response:
    """Callers don't see the error's own text: it contains the database's address."""
    return _response(503, _UNAVAILABLE, RETRY)


async def _not_ready(_request: Request, error: Exception) -> Response:
    """The error goes to the log: it says what an operator must do, and callers don't see it."""
    log.error("the API can't answer", why=str(error))
    return _response(503, _NOT_READY, RETRY)
