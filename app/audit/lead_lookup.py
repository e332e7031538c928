"""From what a person types to leads: an id, the beginning of one, or an e-mail address."""

from collections.abc import AsyncIterator

import msgspec

from app.audit.reader import read_events
from app.base.errors import UsageError
from app.base.settings import Settings
from app.kafka.clients import read_topic
from leads import topics
from leads.keys import fold_email
from leads.lead_ids import SHORTEST_PREFIX, AmbiguousIdError, is_whole, match_id


class _EventLead(msgspec.Struct):
    """Of an event whose lead it is: the rest is not decoded."""

    lead: str


async def find_leads(settings: Settings, text: str) -> list[str]:
    """The ids of the leads that a text stands for; of an address all its leads, the one with the
    latest event first.

    Two spellings of one address are the same, as they are to the gates. A whole id is returned
    unchecked. Raises UsageError for an unknown or an ambiguous text.
    """
    text = text.strip()
    if is_whole(text):
        return [text.casefold()]
    if "@" not in text:
        return [await _by_id(settings, text)]
    wanted = fold_email(text)
    latest: dict[str, float] = {}
    async for event in read_events(settings):
        if event.person and wanted in map(fold_email, (event.person.email, *event.person.emails)):
            latest[event.lead] = max(event.at, latest.get(event.lead, 0.0))
    if not wanted or not latest:
        raise UsageError(f"no lead has the address {text}; leadgate review list shows addresses")
    return sorted(latest, key=latest.__getitem__, reverse=True)


async def _by_id(settings: Settings, text: str) -> str:
    try:
        found = match_id(text, {lead async for lead in _leads(settings)})
    except AmbiguousIdError as error:
        raise UsageError(str(error)) from None
    if not found:
        raise UsageError(
            f"no event of lead {text}; leadgate review list and audit tail show ids. Give an id,"
            f" its first {SHORTEST_PREFIX} or more characters, or an e-mail address"
        )
    return found


async def _leads(settings: Settings) -> AsyncIterator[str]:
    decoder = msgspec.json.Decoder(_EventLead)
    async for record in read_topic(settings, topics.AUDIT.full):
        if record.value:
            yield decoder.decode(record.value).lead
