"""The audit as commands read it: streams of events, and each lead's last place."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from app.base.settings import Settings
from app.kafka.clients import Offsets, consuming, ends, read_to
from app.privacy.lead_keys import open_sealing
from app.privacy.reading import opened
from leads import topics
from leads.records import Audit, Place
from streams.runner.outbox import partition_of

_SKEW = 3600.0  # clocks of the machines that write differ by less


class _EventLead(msgspec.Struct):
    """Decodes the lead's id alone, to skip other leads' events cheaply."""

    lead: str


def read_events(
    settings: Settings, leads: Collection[str] = (), since: float = 0.0
) -> AsyncIterator[Audit]:
    """Events up to now, each lead's in the order in which they were written; an event may come
    twice, with the same id.

    Only those of `leads` if any are named, and only those that were written from the time `since`
    on, or up to an hour earlier: clocks differ.
    """
    return opened(_sealed_events(settings, frozenset(leads), since), open_sealing(settings))


async def _sealed_events(
    settings: Settings, wanted: frozenset[str], since: float
) -> AsyncIterator[Audit]:
    decoder, lead_decoder = msgspec.json.Decoder(Audit), msgspec.json.Decoder(_EventLead)
    async with consuming(settings) as consumer:
        cut = await ends(consumer, [topics.AUDIT.full])
        if wanted:
            cut = _partitions_with(wanted, cut)
        begin: Offsets = {}
        earliest = since - _SKEW if since else 0.0
        if since:
            begin = await offsets_at(consumer, cut, earliest)
        async for record in read_to(consumer, cut, begin):
            if record.timestamp < earliest * 1000:
                continue  # written with an earlier time than one before it
            if record.value and (not wanted or lead_decoder.decode(record.value).lead in wanted):
                yield decoder.decode(record.value)


async def offsets_at(consumer: AIOKafkaConsumer, end: Offsets, at: float) -> Offsets:
    """The first offset of each partition from a time on; its end where all records are older."""
    offsets = dict(end)
    found = await consumer.offsets_for_times(dict.fromkeys(end, int(at * 1000)))
    for tp, first in found.items():
        if first is not None:
            offsets[tp] = first.offset
    return offsets


def _partitions_with(leads: Collection[str], offsets: Offsets) -> Offsets:
    """The offsets of those partitions of the audit that hold these leads' events."""
    homes: Offsets = {}
    for lead in leads:
        tp = TopicPartition(topics.AUDIT.full, partition_of(lead.encode()))
        if tp in offsets:
            homes[tp] = offsets[tp]
    return homes


@dataclass(slots=True)
class LatestPlaces:
    """For each lead the event with its last place, among those that were noted."""

    latest: dict[str, Audit] = field(default_factory=dict)

    def note(self, event: Audit) -> None:
        """The highest step counts; within a step, a place of rest comes before `in_flight`."""
        if not event.place:
            return
        known = self.latest.get(event.lead)
        if known is None or _rank(event) >= _rank(known):
            self.latest[event.lead] = event


def fields_of(part: Any) -> dict[str, Any]:
    """An event's inputs or outcome, or a part of them; {} where it is no object."""
    if isinstance(part, dict):
        return part
    return {}


def names_import(event: Audit, imported: str) -> bool:
    """Whether the event's record or its outcome names the import."""
    record = fields_of(fields_of(event.inputs).get("record"))
    outcome = fields_of(event.outcome)
    return imported in {record.get("imported"), outcome.get("imported")}


def _rank(event: Audit) -> tuple[int, bool]:
    return event.step, event.place != Place.IN_FLIGHT


async def events_of(settings: Settings, lead: str) -> list[Audit]:
    """Every event of one lead, in the order of its steps."""
    return (await stories_of(settings, [lead]))[lead]


async def stories_of(settings: Settings, leads: Collection[str]) -> dict[str, list[Audit]]:
    """Every event of each lead, in the order of its steps, from one reading of the audit."""
    if not leads:
        return {}  # read_events would give those of all
    latest: dict[str, dict[str, Audit]] = {lead: {} for lead in leads}
    async for event in read_events(settings, leads):
        latest[event.lead][event.id] = event
    return {lead: sorted(events.values(), key=_place_in_story) for lead, events in latest.items()}


def _place_in_story(event: Audit) -> tuple[float, int, bool]:
    return event.at, event.step, event.kind != "captured"
