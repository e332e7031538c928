"""Pages of lists: each names where the next one begins."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Protocol, TypeAlias

import msgspec
from fastapi import Query

from app.console.api.problems import ProblemError

#: The time of a page's last row, and the id that tells rows of one time apart.
Position: TypeAlias = tuple[float, str]
Limit = Annotated[int, Query(ge=1, le=200, description="The most rows of a page.")]
CursorText = Annotated[
    str, Query(alias="cursor", max_length=500, description="`next` of the page before.")
]
_WRONG = "cursor: take `next` of the page before, or none"
_DECODER = msgspec.json.Decoder(Position)


class Row(Protocol):
    """A row of a list in pages."""

    @property
    def position(self) -> Position:
        """What the list is sorted by."""


def next_cursor(rows: Sequence[Row], limit: int) -> str | None:
    """The cursor of the page behind these rows; None if they are fewer than the page may have."""
    if len(rows) < limit:
        return None
    return base64.urlsafe_b64encode(msgspec.json.encode(rows[-1].position)).decode().rstrip("=")


def position_of(cursor: str) -> Position | None:
    """The position that a cursor stands for, None for the first page. Raises ProblemError."""
    if not cursor:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        position: Position = _DECODER.decode(raw)
    except (binascii.Error, ValueError):
        raise ProblemError(400, _WRONG) from None
    if "\0" in position[1]:  # PostgreSQL takes no such text
        raise ProblemError(400, _WRONG)
    return position
