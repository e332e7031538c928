"""From what a person types to one person: all its leads, whole."""

from collections.abc import Collection
from contextlib import suppress

import msgspec

from app.audit import reader
from app.audit.lead_lookup import find_leads
from app.base.errors import UsageError
from app.base.settings import Settings
from app.kafka.clients import read_topic
from app.privacy.hash_key import open_keys
from app.privacy.lead_keys import open_sealing
from leads import topics
from leads.erasure_order import ErasureOrder
from leads.person_traces import PersonTraces, person_key_of
from leads.records import Alert, Audit
from leads.signatures import SignatureError


class _Record(msgspec.Struct):
    person_key: str = ""


class _Inputs(msgspec.Struct):
    record: _Record | None = None


class _Event(msgspec.Struct):
    """The lead of an event, and the key of the person that the lead was then."""

    lead: str
    inputs: _Inputs | None = None


async def find_person(settings: Settings, text: str) -> PersonTraces:
    """The person that a text stands for: an address, or the id of one of its leads, or the
    beginning of it.

    Raises UsageError for an unknown text, and for an address that several people have.
    """
    found = await find_leads(settings, text)
    read = await reader.stories_of(settings, found)
    stories = {lead: story for lead, story in read.items() if story}
    if not stories:
        raise UsageError(f"no event of lead {text}; leadgate review list and audit tail show ids")
    people = {lead: person_key_of(story) for lead, story in stories.items()}
    if len(set(people.values())) > 1:
        named = ", ".join(f"{lead} ({key[:8] or 'new'})" for lead, key in people.items())
        raise UsageError(
            f"several people have or had {text}; name one by one of its leads (and its person's"
            f" key): {named}"
        )
    key = people[found[0]]
    if key:
        others = await _leads_of(settings, key) - stories.keys()
        stories |= await reader.stories_of(settings, others)
    mine = {lead: story for lead, story in stories.items() if person_key_of(story) == key}
    return PersonTraces(key, mine)


async def read_alerts(settings: Settings, leads: Collection[str]) -> list[Alert]:
    """The alerts about these leads that the topic still holds, opened."""
    decoder, found = msgspec.json.Decoder(Alert), []
    async for record in read_topic(settings, topics.ALERTS.full):
        alert = decoder.decode(record.value)
        if alert.lead_id in leads:
            found.append(alert)
    return await open_sealing(settings).open_all(found)


async def read_orders(settings: Settings) -> list[ErasureOrder]:
    """The orders to erase a person, opened. In an order that has been carried out, `person` is
    blank. An order without this site's signature is left out; a worker makes it a dead letter."""
    decoder, found = msgspec.json.Decoder(ErasureOrder), []
    async for one in read_topic(settings, topics.ERASURES.full):
        with suppress(SignatureError, msgspec.DecodeError):
            settings.signatures.number_of(one.topic, one.key, one.value, one.headers)
            found.append(decoder.decode(one.value))
    return await open_sealing(settings).open_all(found)


async def read_certificate(settings: Settings, text: str) -> Audit | None:
    """The event by which the person of an address, or of a whole lead's id, was erased."""
    decoder, key, found = msgspec.json.Decoder(Audit), await key_of(settings, text), None
    async for record in read_topic(settings, topics.AUDIT.full):
        if found is None and record.value and b'"person_erased"' in record.value:
            event = decoder.decode(record.value)
            if event.kind == "person_erased" and key in _erased_by(event):
                found = event
    return found


async def key_of(settings: Settings, text: str) -> str:
    """An address's key, or a lead's id."""
    if "@" not in text:
        return text.strip().casefold()
    return (await open_keys(settings)).address(text)


def _erased_by(event: Audit) -> set[str]:
    return {*event.outcome["address_keys"], *event.outcome["leads"]}


async def _leads_of(settings: Settings, person_key: str) -> set[str]:
    """The leads that are, or were, a person's."""
    decoder = msgspec.json.Decoder(_Event)
    found = set()
    async for record in read_topic(settings, topics.AUDIT.full):
        if not record.value or person_key.encode() not in record.value:
            continue
        event = decoder.decode(record.value)
        if event.inputs and event.inputs.record and event.inputs.record.person_key == person_key:
            found.add(event.lead)
    return found
