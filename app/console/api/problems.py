"""Refusals as application/problem+json (RFC 9457): each says what, where and what to do."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from app.base.errors import UsageError
from app.console.database import DatabaseUnavailableError
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


class Refusal(NamedTuple):
    """A problem with the headers of its response."""

    problem: Problem
    headers: Mapping[str, str] = {}


#: The errors that end a request with a refusal.
REFUSED: tuple[type[Exception], ...] = (
    ProblemError,
    HTTPException,
    RequestValidationError,
    UsageError,
    RulesError,
    SealError,
    MissingSecretError,
)


def refusal_of(request: Request, error: Exception) -> Refusal:
    """What one of REFUSED tells the caller.

    Callers don't see the text of a database's error, which contains its address, and none that says
    what an operator must do: that goes to the log.
    """
    match error:
        case ProblemError():
            return _refusal(error.status, str(error), error.headers)
        case HTTPException():
            detail = f"{request.method} {request.url.path}: {error.detail}"
            if request.url.path.startswith("/api/"):
                detail += "; see /api/v1/openapi.json"
            return _refusal(error.status_code, detail, error.headers)
        case RequestValidationError():
            fields = [_wrong(fault) for fault in error.errors()]
            detail = "; ".join(f"{one.where}: {one.why}" for one in fields)
            return _refusal(422, detail, fields=fields)
        case DatabaseUnavailableError() | KeysUnavailableError():
            return _refusal(503, _UNAVAILABLE, RETRY)
        case _:
            log.error("the console can't answer", why=str(error))
            return _refusal(503, _NOT_READY, RETRY)


def problem_response(refusal: Refusal) -> Response:
    """A refusal as a problem."""
    problem, headers = refusal
    return JSONResponse(
        problem.model_dump(), problem.status, headers=dict(headers), media_type=KIND
    )


def _refusal(
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    fields: list[WrongField] | None = None,
) -> Refusal:
    title = _TITLES.get(status, "Not served")
    problem = Problem(title=title, status=status, detail=detail, fields=fields or [])
    return Refusal(problem, headers or {})


def _wrong(fault: Mapping[str, Any]) -> WrongField:
    where = ".".join(map(str, fault["loc"]))
    return WrongField(where=where, why=str(fault["msg"]))
