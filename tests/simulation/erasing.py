"""People erased at a simulated site, as `leadgate erase` does it."""

import asyncio
from collections import defaultdict
from typing import NamedTuple, TypeVar

import msgspec

from app.review.send import decision_on
from leads import topics
from leads.erasure_order import ErasureOrder
from leads.person_traces import (
    PersonTraces,
    begin_order,
    erasing_signals,
    finish_order,
    person_key_of,
)
from leads.records import WAITING_PLACES, Alert, Audit, ReviewItem, encode
from tests.simulation.site import Site

R = TypeVar("R")
_LOOKS = 5.0  # seconds between two looks at the leads


class Erased(NamedTuple):
    """An erasure that was begun, by the loop's time; `finished` is the order's last phase, None if
    the leads never ended."""

    at: float
    order: ErasureOrder
    finished: ErasureOrder | None = None


class Eraser:
    """Erases people, one order each."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.erased: dict[str, Erased] = {}

    def erase(self, email: str, shown: dict[str, ReviewItem]) -> None:
        """Begin with whoever has an address; nobody if no lead has it, or if several people do."""
        traces = self._find(email)
        if traces is None:
            return
        site = self._site
        person = traces.outside(site.keys, self._alerts(traces))
        order = begin_order(person, "olga", "simulated", site.clock.now())
        self.erased[order.erasure_id] = Erased(site.loop.time(), order)
        self._send(order)
        for signal in erasing_signals(order.address_keys, site.clock.now()):
            site.send(topics.SIGNALS, signal.person_key, encode(signal))
        self._decide(traces, shown)
        site.spawn(self._finish(order))

    def _find(self, email: str) -> PersonTraces | None:
        key = self._site.keys.address(email)
        stories = self._stories()
        people = set()
        for story in stories.values():
            addresses = {event.person.email.casefold() for event in story if event.person}
            if email.casefold() in addresses:
                people.add(person_key_of(story))
        known = any(key in one.order.address_keys for one in self.erased.values())
        if len(people) != 1 or known or "" in people:
            return None
        [person] = people
        mine = {lead: story for lead, story in stories.items() if person_key_of(story) == person}
        return PersonTraces(person, mine)

    def _decide(self, traces: PersonTraces, shown: dict[str, ReviewItem]) -> None:
        for lead, event in traces.not_ended().items():
            if event.place in WAITING_PLACES and (item := shown.get(lead)):
                decision = decision_on(item, "erase", "olga", "simulated", self._site.clock.now())
                value = self._site.sealing.encode(decision)
                self._site.send(topics.REVIEW_DECISIONS, lead, value, item.partition)

    async def _finish(self, order: ErasureOrder) -> None:
        """The command waits, or is run again until all leads have ended."""
        while not self._site.closing:
            await asyncio.sleep(_LOOKS)
            stories = self._stories()
            traces = PersonTraces(
                order.person.person_key,
                {lead: stories[lead] for lead in order.lead_ids},
            )
            if traces.not_ended():
                continue
            now = traces.outside(self._site.keys, self._alerts(traces))
            last = finish_order(order, now)
            self._send(last)
            self.erased[order.erasure_id] = self.erased[order.erasure_id]._replace(finished=last)
            return

    def _send(self, order: ErasureOrder) -> None:
        self._site.lead_keys.make([order.erasure_id])
        value = self._site.sealing.encode(order)
        self._site.send(topics.ERASURES, order.person.person_key, value)

    def _alerts(self, traces: PersonTraces) -> list[Alert]:
        found = self._read(topics.ALERTS, Alert)
        return [alert for alert in found if alert.lead_id in traces.stories]

    def _stories(self) -> dict[str, list[Audit]]:
        stories: defaultdict[str, dict[str, Audit]] = defaultdict(dict)
        for event in self._read(topics.AUDIT, Audit):
            stories[event.lead][event.id] = event
        return {
            lead: sorted(events.values(), key=lambda e: (e.at, e.step))
            for lead, events in stories.items()
        }

    def _read(self, topic: topics.Topic, kind: type[R]) -> list[R]:
        decoder = msgspec.json.Decoder(kind)
        records = self._site.log.all(topic.full)
        return [self._site.sealing.open(decoder.decode(one.value or b"")) for one in records]
