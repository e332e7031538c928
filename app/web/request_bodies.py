"""Bodies of webhooks: JSON or a form, one object or several, within a size."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

MOST_BYTES = 200_000
MOST_OBJECTS = 100
DEEPEST = 32
_LONGEST_WHOLE = 18  # digits: what fits into 64 bits
_DIGITS = re.compile(r"[0-9]{1,15}")
_TOO_DEEP = f"it is nested deeper than {DEEPEST}"


class BodyError(Exception):
    """The body can't be taken.

    `status` is 413 or 415; what can't be read is told otherwise, since it must be kept.
    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


async def read(request: Request, most: int = MOST_BYTES) -> bytes:
    """The body's bytes.

    Raises BodyError as soon as it is known to be too large or of another kind.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().casefold()
    if kind not in {"", "application/json", "application/x-www-form-urlencoded", "text/plain"}:
        raise BodyError(
            415, f"{kind} can't be read: send application/json or application/x-www-form-urlencoded"
        )
    told = read_whole(request.headers.get("content-length", ""))
    if told is not None and told > most:
        raise BodyError(413, f"{told} bytes, more than {most}")
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise BodyError(413, f"more than {most} bytes")
        parts.append(part)
    return b"".join(parts)


def parse(body: bytes, content_type: str) -> list[dict[str, Any]]:
    """The objects in it; an empty body is one empty object.

    Raises ValueError for what can't be read.
    """
    if not body.strip():
        return [{}]
    if content_type.startswith("application/x-www-form-urlencoded"):
        return [_storable(dict(parse_qsl(body.decode(), keep_blank_values=True)))]
    found = parse_json(body)
    objects = found if isinstance(found, list) else [found]
    if not objects or not all(isinstance(one, dict) for one in objects):
        raise ValueError("neither an object nor a list of objects")
    if len(objects) > MOST_OBJECTS:
        raise ValueError(f"{len(objects)} objects, more than {MOST_OBJECTS}")
    return objects


def parse_json(body: bytes) -> Any:
    """What a body says, as it can be stored again: half an emoji is replaced, a whole number of
    over 18 digits is text.

    Raises ValueError for what is no JSON, and for what is nested deeper than 32.
    """
    try:
        found = json.loads(body, parse_int=_whole, parse_constant=lambda _: None)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    return _storable(found)


def read_whole(text: str) -> int | None:
    """A whole number of at most 15 ASCII digits, as headers have them; None for anything else."""
    return int(text) if _DIGITS.fullmatch(text) else None


def _whole(text: str) -> int | str:
    return int(text) if len(text) <= _LONGEST_WHOLE else text


def _storable(value: Any, depth: int = 0) -> Any:
    if depth > DEEPEST:
        raise ValueError(_TOO_DEEP)
    if isinstance(value, str):
        return _repaired(value)
    if isinstance(value, list):
        return [_storable(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_repaired(name): _storable(item, depth + 1) for name, item in value.items()}
    return value


def _repaired(text: str) -> str:
    """Without lone surrogates, which no UTF-8 text can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
