"""The audit read by a person's command: streams of events, and where each lead was last."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field

import msgspec
from aiokafka import TopicPartition

from app.base.settings import Settings
from app.kafka.clients import consuming, ends, offsets_at, read_to
from leads import topics
from leads.records import Audit, Place
from streams.runner.outbox import partition_of

_SKEW = 3600.0  # clocks of the machines that write differ by less


class _Whose(msgspec.Struct):
    """All that must be read of another lead's event."""

    lead: str


async def read_events(
    settings: Settings, leads: Collection[str] = (), since: float = 0.0
) -> AsyncIterator[Audit]:
    """Events up to now, one lead's in the order in which they were written; some may come twice
    (one id).

    Those of `leads` only, where any are named, and from the time `since` on, or a little
    earlier.
    """
    decoder, whose = msgspec.json.Decoder(Audit), msgspec.json.Decoder(_Whose)
    wanted = frozenset(leads)
    async with consuming(settings) as consumer:
        cut = await ends(consumer, [topics.AUDIT.full])
        if leads:
            homes = {
                TopicPartition(topics.AUDIT.full, partition_of(lead.encode())) for lead in leads
            }
            cut = {tp: end for tp, end in cut.items() if tp in homes}
        begin = await offsets_at(consumer, cut, since - _SKEW) if since else {}
        async for record in read_to(consumer, cut, begin):
            if record.value and (not wanted or whose.decode(record.value).lead in wanted):
                yield decoder.decode(record.value)


@dataclass(slots=True)
class LatestPlaces:
    """By lead, the event that says where it is, out of those that were noted."""

    latest: dict[str, Audit] = field(default_factory=dict)

    def note(self, event: Audit) -> None:
        """The highest step counts, and of one step the event by which a lead rests rather than that
        it moves."""
        if not event.place:
            return
        known = self.latest.get(event.lead)
        if known is None or _rank(event) >= _rank(known):
            self.latest[event.lead] = event


def _rank(event: Audit) -> tuple[int, bool]:
    return event.step, event.place != Place.IN_FLIGHT


async def events_of(settings: Settings, lead: str) -> list[Audit]:
    """Every event of one lead, in the order of its steps."""
    latest = {event.id: event async for event in read_events(settings, [lead])}
    return sorted(latest.values(), key=lambda e: (e.at, e.step, e.kind != "captured"))
