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
_RETRY = {"retry-after": "5"}
_ABSENT = "the database does not answer; ask again"
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


class Refusal(Exception):  # noqa: N818  an answer, and no fault
    """Ends a request with a problem."""

    def __init__(
        self, status: int, title: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(title=title, status=status, detail=detail)
        self.headers = headers


def answer_problems(app: FastAPI) -> None:
    """Have every refusal of an app leave as a problem."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(HTTPException, _not_served)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(ReadModelUnavailableError, _unavailable)
    app.add_exception_handler(KeysUnavailableError, _unavailable)
    for ours in (UsageError, RulesError, SealError, MissingSecretError):
        app.add_exception_handler(ours, _not_ready)


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
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


def refusal(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Refusal:
    """A refusal with the title of its status."""
    return Refusal(status, _TITLES[status], detail, headers)


def response_of(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """A problem as an answer."""
    return JSONResponse(
        problem.model_dump(), problem.status, headers=dict(headers or {}), media_type=KIND
    )


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return response_of(error.problem, error.headers)


async def _not_served(request: Request, error: Exception) -> Response:
    """What Starlette refuses: a path or a method that is none."""
    assert isinstance(error, HTTPException)
    title = _TITLES.get(error.status_code, "Not served")
    detail = f"{request.method} {request.url.path}: {error.detail}; see /api/v1/openapi.json"
    return response_of(
        Problem(title=title, status=error.status_code, detail=detail), error.headers
    )


async def _not_valid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = [_wrong(fault) for fault in error.errors()]
    detail = "; ".join(f"{one.where}: {one.why}" for one in fields)
    return response_of(Problem(title=_TITLES[422], status=422, detail=detail, fields=fields))


def _wrong(fault: Mapping[str, Any]) -> WrongField:
    where: Sequence[Any] = fault["loc"]
    return WrongField(where=".".join(map(str, where)), why=str(fault["msg"]))


async def _unavailable(_request: Request, _error: Exception) -> Response:
    """The error itself names the database's address, which is nobody's business."""
    return response_of(Problem(title=_TITLES[503], status=503, detail=_ABSENT), _RETRY)


async def _not_ready(_request: Request, error: Exception) -> Response:
    """What the one who runs the site must do is not for a caller's eyes."""
    log.error("the API can't answer", why=str(error))
    return response_of(Problem(title=_TITLES[503], status=503, detail=_NOT_READY), _RETRY)
