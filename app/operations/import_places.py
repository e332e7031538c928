"""Where the leads of an import are, once they have settled."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection

import msgspec

from app.audit.reader import LatestPlaces, read_events
from app.base.settings import Settings
from app.monitoring.lag import backlog
from leads.records import WAITING_PLACES, Place

_EVERY = 2.0  # seconds between two looks


class ImportPlaces(msgspec.Struct):
    """How many leads of an import are at which place, and for what those wait that do."""

    places: dict[str, int]
    waits: dict[str, int]

    @property
    def under_way(self) -> int:
        """How many no gate has settled yet."""
        return self.places.get(Place.IN_FLIGHT, 0)

    def text(self) -> str:
        """As sentences."""
        parts = [f"{n} {place.replace('_', ' ')}" for place, n in self.places.items()]
        lines = [f"{sum(self.places.values())} leads: {', '.join(parts)}"]
        if self.waits:
            waits = ", ".join(f"{n} {kind}" for kind, n in self.waits.items())
            lines.append(f"they wait for: {waits} (leadgate review list)")
        return "\n".join(lines)


async def settled_places(
    settings: Settings, leads: Collection[str], show: Callable[[str], None]
) -> ImportPlaces:
    """Where these leads are once the stages have read all and none is under way.

    `show` is given a line for each look before. Ends only then: without a worker never.
    """
    while True:
        if left := await backlog(settings):
            show(f"{left} records are not read yet; `leadgate worker` reads them")
        else:
            found = await _read_places(settings, leads)
            if not found.under_way:
                return found
            show(f"{found.under_way} leads are under way")
        await asyncio.sleep(_EVERY)


async def _read_places(settings: Settings, leads: Collection[str]) -> ImportPlaces:
    """Reads the whole audit: a lead may have come in long before."""
    latest = LatestPlaces()
    async for event in read_events(settings, leads):
        latest.note(event)
    events = latest.latest.values()
    places = Counter(str(event.place) for event in events)
    waits = Counter(event.kind for event in events if event.place in WAITING_PLACES)
    return ImportPlaces(_by_number(places), _by_number(waits))


def _by_number(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))
