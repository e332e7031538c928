"""Unusable objects of a vendor: set aside with the reason where a person sees it, so that the other
objects can be read."""

import json
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from msgspec.structs import replace

from app.ingest.recent_ids import RecentIds
from app.kafka.sending import send_all
from app.privacy.captured_messages import captured_messages
from leads.sealing import Sealing
from leads.webhooks import rejected
from streams.ports import Clock

log = structlog.get_logger(__name__)


class Aside:
    """Sends unusable objects of a source to `captured` as rejects, which intake turns into dead
    letters; each object once per process."""

    def __init__(self, producer: AIOKafkaProducer, clock: Clock, sealing: Sealing) -> None:
        self._producer, self._clock, self._sealing = producer, clock, sealing
        self._known = RecentIds()
        self.count = 0

    async def put(self, source: str, why: str, raw: Any) -> None:
        """Send an object. Durable when it returns. `why` is a sentence for a person."""
        record = replace(rejected(source, why, _bytes(raw), self._clock.now()), imported="poll")
        if not self._known.add(f"{source} {record.source_id} {why}"):
            return
        self.count += 1
        log.error("set aside: see the dead letters", source=source, why=why)
        await send_all(self._producer, await captured_messages([record], self._sealing))


def _bytes(raw: Any) -> bytes:
    """An object as ASCII JSON, lone surrogates escaped; only the names of its first level if it is
    nested too deep."""
    try:
        return json.dumps(raw, default=repr).encode()
    except (ValueError, RecursionError):
        names = sorted(map(str, raw)) if isinstance(raw, dict) else []
        return f"{type(raw).__name__} of {names}, too deep to be shown".encode(
            "ascii", "backslashreplace"
        )
