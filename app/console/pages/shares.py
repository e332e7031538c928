"""The bar that shows where leads are."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from app.console.pages.words import PLACES


class Share(NamedTuple):
    """A place in the bar: the leads there, and their share of all in percent."""

    place: str
    leads: int
    percent: float


def shares_of(places: Mapping[str, int], always: Collection[str] = ()) -> list[Share]:
    """The places in the order in which pages show them, without the empty ones that are not
    `always` shown."""
    leads = sum(places.values()) or 1
    return [
        Share(place, places.get(place, 0), 100 * places.get(place, 0) / leads)
        for place in map(str, PLACES)
        if places.get(place) or place in always
    ]
