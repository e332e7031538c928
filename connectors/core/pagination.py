"""Readings of all people: places in one of several kinds in turn (`kind place`), and whose keys
they tell."""

from collections.abc import AsyncIterator, Iterator, Sequence

from connectors.core.crm import Contact, Page
from connectors.core.errors import Unreadable


def in_turn(kinds: Sequence[str], after: str) -> Iterator[tuple[str, str, str]]:
    """The kinds that are left after a place: each with where it begins ('' for its start), and what
    follows its end."""
    begun, _, place = after.partition(" ")
    left = kinds[kinds.index(begun) :] if begun else kinds
    for kind, following in zip(left, [*(f"{k} " for k in left[1:]), ""], strict=True):
        yield kind, place if kind == begun else "", following


async def keys_of(pages: AsyncIterator[Page[Contact]]) -> AsyncIterator[dict[str, str]]:
    """See crm.Crm.known_keys, by a reading of all contacts."""
    async for page in pages:
        yield {contact.id: contact.key for contact in page.rows if contact.key}


def turn(params: dict[str, str], after: str) -> dict[str, str]:
    """The parameters of the next page, none after the last.

    Raises Unreadable for a page that says it is its own next one.
    """
    if after and after == params.get("after"):
        raise Unreadable(f"the page after {after[:40]!r} is said to be followed by itself")
    return {**params, "after": after} if after else {}
