"""Readings of several pages: one loop for pages that name their successor, one for numbered pages.

Also readings that take several kinds of objects in turn, with places of the form `kind place`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from itertools import count
from typing import TypeVar

from connectors.core.crm import Contact, Page
from connectors.core.errors import Unreadable

T = TypeVar("T")


async def follow(
    read: Callable[[str], Awaitable[Page[T]]], after: str = ""
) -> AsyncIterator[Page[T]]:
    """Every page from the place `after` on; `read` reads the page at a place, '' for the first.

    Raises Unreadable instead of a page that names a place which has been read already: such a
    reading would never end.
    """
    seen = {after}
    while True:
        page = await read(after)
        if page.after and page.after in seen:
            raise Unreadable(
                f"the page after {after[:40]!r} is followed by {page.after[:40]!r}, which has been"
                " read already"
            )
        yield page
        if not page.after:
            return
        after = page.after
        seen.add(after)


async def numbered(
    read: Callable[[int], Awaitable[tuple[Sequence[T], bool]]],
) -> AsyncIterator[Sequence[T]]:
    """The rows of pages 1, 2, 3 ...; `read` reads a page and says whether there is another."""
    for number in count(1):
        rows, more = await read(number)
        yield rows
        if not more:
            return


async def rows_of(pages: AsyncIterator[Page[T]]) -> list[T]:
    """The rows of all pages of a reading."""
    rows: list[T] = []
    async for page in pages:
        rows += page.rows
    return rows


def in_turn(kinds: Sequence[str], after: str) -> Iterator[tuple[str, str, str]]:
    """The kinds that are left after a place: each with where it begins ('' for its start), and
    where the reading goes on after its last page ('' after the last kind)."""
    begun, _, place = after.partition(" ")
    left = kinds[kinds.index(begun) :] if begun else kinds
    for number, kind in enumerate(left, 1):
        start = place if kind == begun else ""
        following = f"{left[number]} " if number < len(left) else ""
        yield kind, start, following


async def keys_of(pages: AsyncIterator[Page[Contact]]) -> AsyncIterator[dict[str, str]]:
    """See crm.Crm.known_keys, by a reading of all contacts."""
    async for page in pages:
        yield {contact.id: contact.key for contact in page.rows if contact.key}
