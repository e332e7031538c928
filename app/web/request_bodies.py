"""Bodies of webhooks: JSON or a form, one object or several, within a size."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

MOST_BYTES = 200_000
MOST_OBJECTS = 100
DEEPEST = 32
_KINDS = frozenset({"", "application/x-www-form-urlencoded", "text/plain"})
_JSON_KIND = re.compile(r"application/(?:[\w.-]+\+)?json")  # RFC 6839: application/cloudevents+json
_LONGEST_WHOLE = 18  # digits: what fits into 64 bits
_DIGITS = re.compile(r"[0-9]{1,15}")
_TOO_DEEP = f"it is nested deeper than {DEEPEST}"


class BodyError(Exception):
    """The body is refused.

    `status` is 408, 413 or 415. An unreadable body is another error (ValueError), since it must be
    stored.
    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


async def read(request: Request, most: int = MOST_BYTES) -> bytes:
    """The body's bytes.

    Raises BodyError as soon as the body is known to be too large or of another content type, and
    when its sender is gone before its end.
    """
    kind = request.headers.get("content-type", "")
    if not is_taken(kind):
        raise BodyError(
            415, f"{kind} can't be read: send application/json or application/x-www-form-urlencoded"
        )
    length = read_whole(request.headers.get("content-length", ""))
    if length is not None and length > most:
        raise BodyError(413, f"{length} bytes, more than {most}")
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise BodyError(413, f"more than {most} bytes")
            parts.append(part)
    except ClientDisconnect:
        raise BodyError(408, "the connection ended before the body did") from None
    return b"".join(parts)


def is_taken(content_type: str) -> bool:
    """Whether a body of a content type is read: JSON, a form, or text that may be JSON."""
    kind = content_type.partition(";")[0].strip().casefold()
    return kind in _KINDS or _JSON_KIND.fullmatch(kind) is not None


def parse(body: bytes, content_type: str) -> list[dict[str, Any]]:
    """The objects of a body; an empty body is one empty object.

    Raises ValueError for an unreadable body.
    """
    if not body.strip():
        return [{}]
    if content_type.strip().casefold().startswith("application/x-www-form-urlencoded"):
        return [_storable(dict(parse_qsl(body.decode(), keep_blank_values=True)))]
    objects = parse_json(body)
    if not isinstance(objects, list):
        objects = [objects]
    if not objects or not all(isinstance(one, dict) for one in objects):
        raise ValueError("neither an object nor a list of objects")
    if len(objects) > MOST_OBJECTS:
        raise ValueError(f"{len(objects)} objects, more than {MOST_OBJECTS}")
    return objects


def parse_json(body: bytes) -> Any:
    """A JSON body, changed where it could not be stored: lone surrogates are replaced, whole
    numbers of more than 18 digits become text.

    Raises ValueError for invalid JSON, and for JSON that is nested deeper than 32.
    """
    try:
        found = json.loads(body, parse_int=_whole, parse_constant=lambda _: None)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    return _storable(found)


def read_whole(text: str) -> int | None:
    """A whole number of at most 15 ASCII digits, as headers have them; None for anything else."""
    if not _DIGITS.fullmatch(text):
        return None
    return int(text)


def _whole(text: str) -> int | str:
    if len(text) > _LONGEST_WHOLE:
        return text
    return int(text)


def _storable(value: Any, depth: int = 0) -> Any:
    """The value with every text in it repaired."""
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
    """The text without lone surrogates, which UTF-8 can't encode."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
