"""Bodies of webhooks: JSON or a form, one object or several, within a size."""

import json
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

MOST_BYTES = 200_000
MOST_OBJECTS = 100


class BodyError(Exception):
    """The body can't be taken. `status` is 413 or 415; what can't be read is told otherwise, since it must be kept."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


async def read(request: Request, most: int = MOST_BYTES) -> bytes:
    """The body's bytes. Raises BodyError as soon as it is known to be too large or of another kind."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().casefold()
    if kind not in {"", "application/json", "application/x-www-form-urlencoded", "text/plain"}:
        raise BodyError(415, f"{kind} can't be read: send application/json or application/x-www-form-urlencoded")
    told = request.headers.get("content-length", "0")
    if told.isdigit() and int(told) > most:
        raise BodyError(413, f"{told} bytes, more than {most}")
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise BodyError(413, f"more than {most} bytes")
        parts.append(part)
    return b"".join(parts)


def parse(body: bytes, content_type: str) -> list[dict[str, Any]]:
    """The objects in it; an empty body is one empty object. Raises ValueError for what can't be read."""
    if not body.strip():
        return [{}]
    if content_type.startswith("application/x-www-form-urlencoded"):
        return [dict(parse_qsl(body.decode(), keep_blank_values=True))]
    try:
        found = json.loads(body)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    objects = found if isinstance(found, list) else [found]
    if not objects or not all(isinstance(one, dict) for one in objects):
        raise ValueError("neither an object nor a list of objects")
    if len(objects) > MOST_OBJECTS:
        raise ValueError(f"{len(objects)} objects, more than {MOST_OBJECTS}")
    return objects
