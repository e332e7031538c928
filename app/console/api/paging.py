"""Pages of lists: each names where the next one begins."""

import base64
import binascii
from typing import Annotated, TypeAlias

import msgspec
from fastapi import Query

from app.console.api.problems import refusal

#: The time and the lead of a page's last row.
Position: TypeAlias = tuple[float, str]
Limit = Annotated[int, Query(ge=1, le=200, description="The most rows of a page.")]
CursorText = Annotated[
    str, Query(alias="cursor", max_length=500, description="`next` of the page before.")
]
_WRONG = "cursor: take `next` of the page before, or none"
_DECODER = msgspec.json.Decoder(Position)


def cursor_of(position: Position) -> str:
    """A position as text that a caller sends back as it is."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def position_of(cursor: str) -> Position | None:
    """The position that a cursor stands for, None for the first page. Raises Refusal."""
    if not cursor:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        position: Position = _DECODER.decode(raw)
    except (binascii.Error, ValueError):
        raise refusal(400, _WRONG) from None
    if "\0" in position[1]:  # PostgreSQL takes no such text
        raise refusal(400, _WRONG)
    return position
