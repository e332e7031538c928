"""What a vendor showed and nobody can use: set aside with its reason where a person sees it, so
that the rest is read on."""

import json
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from msgspec.structs import replace

from app.ingest.recent_ids import RecentIds
from leads import topics
from leads.records import encode
from leads.webhooks import rejected
from streams.ports import Clock

log = structlog.get_logger(__name__)


class Aside:
    """Sends odd objects of a source to `captured` as rejects, which intake makes dead letters; the
    same one once a process."""

    def __init__(self, producer: AIOKafkaProducer, clock: Clock) -> None:
        self._producer, self._clock = producer, clock
        self._known = RecentIds()
        self.count = 0

    async def put(self, source: str, why: str, raw: Any) -> None:
        """Durable when it returns. `why` is a sentence for a person."""
        record = replace(rejected(source, why, _bytes(raw), self._clock.now()), imported="poll")
        if not self._known.add(f"{source} {record.source_id} {why}"):
            return
        self.count += 1
        log.error("set aside: see the dead letters", source=source, why=why)
        key = f"{source}:{record.source_id}".encode()
        await self._producer.send_and_wait(topics.CAPTURED.full, encode(record), key=key)


def _bytes(raw: Any) -> bytes:
    """An object as ASCII, half characters escaped; one that is too deep for that by its first
    level."""
    try:
        return json.dumps(raw, default=repr).encode()
    except (ValueError, RecursionError):
        names_of = sorted(map(str, raw)) if isinstance(raw, dict) else []
        return f"{type(raw).__name__} of {names_of}, too deep to be shown".encode(
            "ascii", "backslashreplace"
        )
