"""Readings of several pages: they begin at any place, and end whatever a vendor says."""

import asyncio

import pytest

from connectors.core.crm import Page
from connectors.core.errors import Unreadable
from connectors.core.pagination import follow, in_turn, numbered, rows_of

#: A vendor's pages by their places: rows, and the next page's place.
PAGES = {"": ([1, 2], "b"), "b": ([], "c"), "c": ([3], "")}
#: Pages of which the last names the first one again.
CIRCLE = {"": ([1], "b"), "b": ([2], "c"), "c": ([3], "b")}


async def read(place: str) -> Page[int]:
    """A page of PAGES."""
    rows, after = PAGES[place]
    return Page(rows=rows, after=after)


async def read_circle(place: str) -> Page[int]:
    """A page of CIRCLE."""
    rows, after = CIRCLE[place]
    return Page(rows=rows, after=after)


def test_every_page_is_read_an_empty_one_between_them_too() -> None:
    assert asyncio.run(rows_of(follow(read))) == [1, 2, 3]


def test_a_reading_begins_at_a_place_and_each_page_says_where_the_next_begins() -> None:
    async def test() -> list[tuple[list[int], str]]:
        return [(page.rows, page.after) async for page in follow(read, "b")]

    assert asyncio.run(test()) == [([], "c"), ([3], "")]


@pytest.mark.parametrize(("start", "shown"), [("", [1, 2]), ("c", [3])])
def test_a_page_that_leads_back_ends_the_reading_and_is_not_handed_out(
    start: str, shown: list[int]
) -> None:
    rows: list[int] = []

    async def test() -> None:
        async for page in follow(read_circle, start):
            rows.extend(page.rows)

    with pytest.raises(Unreadable, match="which has been read already"):
        asyncio.run(test())
    assert rows == shown


def test_a_page_that_is_followed_by_itself_ends_the_reading() -> None:
    async def itself(_: str) -> Page[int]:
        return Page(rows=[1], after="same")

    with pytest.raises(Unreadable, match="'same' is followed by 'same'"):
        asyncio.run(rows_of(follow(itself)))


def test_numbered_pages_are_read_until_one_says_that_it_is_the_last() -> None:
    async def page(number: int) -> tuple[list[int], bool]:
        return [number] * number, number < 3

    async def test() -> list[list[int]]:
        return [[*rows] async for rows in numbered(page)]

    assert asyncio.run(test()) == [[1], [2, 2], [3, 3, 3]]


@pytest.mark.parametrize(
    ("after", "turns"),
    [
        ("", [("a", "", "b "), ("b", "", "")]),
        ("a 17", [("a", "17", "b "), ("b", "", "")]),
        ("b ", [("b", "", "")]),
        ("b 9", [("b", "9", "")]),
    ],
)
def test_kinds_are_read_in_turn_from_a_place_in_one_of_them(
    after: str, turns: list[tuple[str, str, str]]
) -> None:
    assert [*in_turn(("a", "b"), after)] == turns
