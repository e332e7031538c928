"""Answers in another form than the vendor documents, of a call that was done all the same."""

import json
from collections.abc import Callable
from typing import Any

from starlette.responses import JSONResponse, Response

_HTML = "<!DOCTYPE html><html><head><title>Maintenance</title></head><body>We will be back soon.</body></html>"
_DEPTH, _BYTES = 3_000, 8_000_000


def _rows_key(body: dict[str, Any]) -> str:
    """The first key that holds a list, else the first of all."""
    return next((k for k, v in body.items() if isinstance(v, list)), next(iter(body), ""))


def _without(body: Any, key: str) -> Any:
    return (
        {k: v for k, v in body.items() if k != (key or _rows_key(body))}
        if isinstance(body, dict)
        else []
    )


def _null(body: Any, key: str) -> Any:
    return {**body, (key or _rows_key(body)): None} if isinstance(body, dict) else None


def _of_rows(body: Any, change: Callable[[list[Any]], list[Any]]) -> Any:
    """The same with its rows changed, those of each part of a composite answer too."""
    if isinstance(body, list):
        return change(body)
    if not isinstance(body, dict):
        return body
    key = _rows_key(body)
    if key == "compositeResponse":
        return {
            **body,
            key: [{**part, "body": _of_rows(part["body"], change)} for part in body[key]],
        }
    return {**body, key: change(body[key])} if isinstance(body.get(key), list) else body


#: What becomes of an answer's JSON, by the fault's kind. `html`, `deep` and `huge` leave nothing of
#: it.
KINDS: dict[str, Callable[[Any, str], Any]] = {
    "html": lambda body, _: body,
    "deep": lambda body, _: body,
    "huge": lambda body, _: body,
    "list": lambda body, _: [body],
    "null": lambda _body, _: None,
    "empty": lambda _body, _: {},
    "missing_key": _without,
    "null_key": _null,
    "truncated": lambda body, _: _of_rows(body, lambda rows: rows[:-1]),
    "odd_row": lambda body, _: _of_rows(body, lambda rows: [{"odd": True}, *rows[1:]]),
    "null_row": lambda body, _: _of_rows(body, lambda rows: [None, *rows[1:]]),
}


async def spoiled(response: Any, kind: str, key: str) -> Response:
    """An answer of the middleware's as its fault has it: with its own status where it is JSON
    still, else a 200."""
    if kind == "html":
        return Response(_HTML, 200, media_type="text/html")
    if kind == "deep":
        return Response(
            '{"results":' * _DEPTH + "[]" + "}" * _DEPTH, 200, media_type="application/json"
        )
    if kind == "huge":
        return Response(json.dumps({"results": ["x" * _BYTES]}), 200, media_type="application/json")
    raw = b"".join([part async for part in response.body_iterator])
    body = json.loads(raw) if raw else {}
    headers = {
        k: v for k, v in response.headers.items() if k not in {"content-length", "content-type"}
    }
    return JSONResponse(KINDS[kind](body, key), response.status_code if raw else 200, headers)
