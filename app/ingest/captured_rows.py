"""What was captured before, to say which rows of a file change nothing."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import msgspec

from app.base.settings import Settings
from app.kafka.clients import read_topic
from app.privacy.captured_messages import record_key
from app.privacy.lead_keys import open_sealing
from app.privacy.reading import opened
from leads import topics
from leads.records import Captured

_SORTED = msgspec.json.Encoder(order="sorted")


def digest(raw: dict[str, Any]) -> bytes:
    """A short hash of a row's values, whatever their order."""
    return hashlib.blake2b(_SORTED.encode(raw), digest_size=12).digest()


async def latest_rows(settings: Settings) -> dict[bytes, bytes]:
    """The digest of each captured record's latest content, by its key, where that is a row of a
    file. Reads the whole topic, as far back as it is retained."""
    found: dict[bytes, bytes] = {}
    async for record in opened(_captured(settings), open_sealing(settings)):
        if record.format == "csv":
            found[record_key(record)] = digest(record.raw)
        else:
            found.pop(record_key(record), None)
    return found


async def _captured(settings: Settings) -> AsyncIterator[Captured]:
    decoder = msgspec.json.Decoder(Captured)
    async for record in read_topic(settings, topics.CAPTURED.full):
        # what can't be decoded was written by another program: a dead letter
        with suppress(msgspec.DecodeError):
            yield decoder.decode(record.value or b"")
