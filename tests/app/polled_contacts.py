"""A poller's contacts on the double of Apollo."""

import asyncio
from collections.abc import Callable
from typing import Any

from app.base.settings import Settings
from app.ingest.captured_contacts import Pass
from app.ingest.contact_search_plan import LISTING, Listing
from app.ingest.contacts import Contacts
from app.ingest.set_aside import Aside
from connectors.apollo.contact_search import ContactSearch, ContactsPage
from connectors.apollo.pace import DayPace
from connectors.core.errors import Unavailable
from connectors.memory.apollo import MemoryApollo
from leads.rules import Rules
from leads.sealing import UNSEALED
from tests.app.producing import Clock, MemoryProducer, anything

SINCE = 1_799_999_000.0


class Showing(MemoryApollo):
    """Apollo that shows other objects before its contacts."""

    def __init__(self, clock: Clock, odd: list[Any]) -> None:
        super().__init__(clock.now)
        self.odd = odd
        self.searches: list[ContactSearch] = []
        self.fails_at = 0
        self.day: Day | None = None

    async def contacts_page(self, search: ContactSearch) -> ContactsPage:
        self.searches.append(search)
        if self.day is not None:
            self.day.call()
        if self.fails_at == len(self.searches):
            raise Unavailable("503")
        contacts, total = await super().contacts_page(search)
        return ContactsPage([*(self.odd if search.page == 1 else []), *contacts], total)

    def pace(self, name: str) -> DayPace:
        return self.day.pace if self.day is not None else super().pace(name)


class Day:
    """So many calls a day."""

    def __init__(self, clock: Callable[[], float], limit: int) -> None:
        self._clock, self._limit, self._until = clock, limit, 0.0
        self.left, self.pace = limit, DayPace(clock)

    def call(self) -> None:
        """One of them."""
        if self._clock() >= self._until:
            self.left, self._until = self._limit, self._clock() + 86_400.0
        self.left -= 1
        assert self.left >= 0, "more than the day has"
        self.pace.note(str(self._limit), str(self.left))


class Site:
    """A poller's contacts, and what it sent."""

    def __init__(self, rules: Rules, odd: list[Any], listing: Listing = LISTING) -> None:
        self.clock, self.producer = Clock(), MemoryProducer()
        self.apollo = Showing(self.clock, odd)
        self.received: list[int] = []
        self.aside = Aside(anything(self.producer), self.clock, UNSEALED)
        settings = Settings.model_construct(overlap_seconds=300.0)
        made = (anything(self.apollo), anything(self.producer))
        self.contacts = Contacts(
            settings,
            rules,
            *made,
            self.clock,
            self.aside,
            UNSEALED,
            _no,
            self.received.append,
            listing,
        )

    def read(self, since: float = SINCE) -> Pass:
        return asyncio.run(self.contacts.read(since))


def _no(_point: str) -> None:
    """No crash."""


def everybody_of(rules: Rules) -> Rules:
    """These rules, with everybody captured."""
    everybody = rules.capture.model_copy(update={"lists": (), "stages": (), "owners": ()})
    return rules.model_copy(update={"capture": everybody})
