"""What a log tells of people without a key: nothing that names or reaches one (promise P8)."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from leads import topics
from leads.records import Captured
from leads.sealing import Sealing
from streams.testing.log import LogRecord, MemoryLog
from tests.simulation.people import SimLead

#: Fields of a contact as Apollo has it that name a person or reach one.
_REACHING = ("email", "linkedin_url", "phone", "sanitized_phone")
NAMING = ("first_name", "last_name", "name", *_REACHING)
_SHORTEST = 4  # characters: shorter names are found in other words


def telling_of(people: Iterable[SimLead]) -> re.Pattern[str]:
    """Matches what names or reaches one of these people, each of the names by itself."""
    values: set[str] = set()
    for lead in people:
        values.update(lead.person.addresses)
        values.update(_values_of(lead.raw, NAMING))
    return _any_of(values)


def telling_of_captured(log: MemoryLog, sealing: Sealing) -> re.Pattern[str]:
    """Matches what names or reaches somebody who was captured. A first or last name alone may be a
    word like others, so that only both together count."""
    values: set[str] = set()
    for record in log.all(topics.CAPTURED.full):
        raw = sealing.open(msgspec.json.decode(record.value or b"", type=Captured)).raw
        values.update(_values_of(raw, (*_REACHING, "Email", "Person Linkedin Url")))
        values.add(f"{raw.get('first_name')} {raw.get('last_name')}")
    return _any_of(values)


def _values_of(raw: dict[str, Any], names: Iterable[str]) -> Iterator[str]:
    yield from (str(raw.get(name) or "") for name in names)
    for number in raw.get("phone_numbers") or ():
        yield from (str(number.get(name) or "") for name in ("raw_number", "sanitized_number"))


def _any_of(values: Iterable[str]) -> re.Pattern[str]:
    told = {value.casefold() for value in values if len(value) >= _SHORTEST}
    words = "|".join(map(re.escape, sorted(told, key=len, reverse=True)))
    return re.compile(rf"(?<![a-z0-9])(?:{words})(?![a-z0-9])")


def naming(log: MemoryLog, told: re.Pattern[str]) -> Iterator[str]:
    """Each kind of place in the log that tells who somebody is, once: topic, kind of record, field,
    with what it tells."""
    seen = set()
    for topic in (*topics.BY_NAME, topics.CHANGELOG):
        for record in log.all(topic):
            for field, text in _texts(record):
                if not (found := told.search(text.casefold())):
                    continue  # most texts: the event's kind is not read for them
                place = f"{topic} {_kind_of(record)} {field}"
                if place not in seen:
                    seen.add(place)
                    yield f"P8 {place} tells {found.group()!r}"


def _kind_of(record: LogRecord) -> str:
    """An event's stage and kind, or a row's table."""
    if record.topic == topics.AUDIT.full:
        event = json.loads(record.value or b"{}")
        return f"{event['stage']} {event['kind']}"
    return (record.key or b"").decode().partition("\0")[0] if b"\0" in (record.key or b"") else ""


def _texts(record: LogRecord) -> Iterator[tuple[str, str]]:
    yield "key", (record.key or b"").decode()
    if record.value:
        yield from _texts_of("", json.loads(record.value))


def _texts_of(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every text in a value with its path; a text that is JSON is looked into."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield f"{path} key", name
            if name != "sealed":
                yield from _texts_of(f"{path}.{name}", one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts_of(path, one)
    elif isinstance(value, str) and value.startswith("{"):
        yield from _texts_of(path, json.loads(value))
    elif isinstance(value, str):
        yield path, value
