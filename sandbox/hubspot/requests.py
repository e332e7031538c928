"""What a call asks, read from its path, its query and its body; what can't be read is refused as
HubSpot refuses it."""

import json
from typing import Any

from fastapi import Request

from sandbox.hubspot.errors import RefusedError, invalid, unreadable

_MOST_INPUTS = 100


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object of a call. Raises RefusedError for anything else."""
    body = await json_of(request)
    if not isinstance(body, dict):
        raise unreadable("an object is needed")
    return body


def chosen(body: dict[str, Any], *names: str) -> dict[str, Any]:
    """The fields of a body that a change may set."""
    return {name: body[name] for name in names if name in body}


async def json_of(request: Request) -> Any:
    """The JSON of a call. Raises RefusedError for another type of content and for no JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RefusedError(415, "", "HTTP 415 Unsupported Media Type")
    try:
        return json.loads(await request.body())
    except ValueError as error:
        raise unreadable(f"unexpected character: {error}") from error


async def inputs_of(request: Request, most: int = _MOST_INPUTS) -> dict[str, Any]:
    """The body of a batch, whose `inputs` are a list of objects. Raises RefusedError."""
    body = await body_of(request)
    listed = body.get("inputs")
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise unreadable("inputs must be a list of objects")
    if len(listed) > most:
        raise invalid(f"The maximum number of inputs supported in a batch request is {most}")
    return body


def listed(request: Request, name: str) -> list[str]:
    """The values of a query parameter, given several times or separated by commas."""
    values = request.query_params.getlist(name)
    return [part for value in values for part in value.split(",") if part]


def flag(request: Request, name: str) -> bool:
    """Whether a query parameter is set."""
    return request.query_params.get(name) == "true"


def number(request: Request, name: str, default: int, most: int) -> int:
    """A positive number of the query. Raises RefusedError for any other, or one over the limit."""
    text = request.query_params.get(name, str(default))
    if not text.isdigit() or not 0 < int(text) <= most:
        raise invalid(f"{name} must be between 1 and {most}, it was {text}")
    return int(text)
