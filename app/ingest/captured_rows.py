"""What was captured before, to say which rows of a file change nothing."""

import hashlib
from typing import Any

import msgspec

from app.base.settings import Settings
from app.kafka.clients import read_topic
from leads import topics
from leads.records import Captured

_SORTED = msgspec.json.Encoder(order="sorted")


class _Content(msgspec.Struct):
    """Of a captured record: the rest is not decoded."""

    raw: dict[str, Any]
    format: str = "contact"


def record_key(record: Captured) -> bytes:
    """The key of a captured record in its topic."""
    return f"{record.source}:{record.source_id}".encode()


def digest(raw: dict[str, Any]) -> bytes:
    """A short hash of a row's values, whatever their order."""
    return hashlib.blake2b(_SORTED.encode(raw), digest_size=12).digest()


async def latest_rows(settings: Settings) -> dict[bytes, bytes]:
    """The digest of each captured record's latest content, by its key, where that is a row of a
    file. Reads the whole topic, as far back as it is retained."""
    decoder = msgspec.json.Decoder(_Content)
    found: dict[bytes, bytes] = {}
    async for record in read_topic(settings, topics.CAPTURED.full):
        try:
            content = decoder.decode(record.value or b"")
        except msgspec.DecodeError:
            continue  # written by another program: a dead letter
        if content.format == "csv":
            found[record.key] = digest(content.raw)
        else:
            found.pop(record.key, None)
    return found
