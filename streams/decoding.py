"""Step 1 of the harness: bytes in, records out; what can't be used is buried where a person sees it."""

from typing import Any

import msgspec
import structlog

from leads import names
from streams import events
from streams.jobs import Item, Stage
from streams.outbox import Outbox
from streams.ports import Clock, Fatal

log = structlog.get_logger(__name__)

#: So many undecodable or unusable records in a row mean that the code is broken, not the data.
DEAD_IN_A_ROW = 500
#: A public record over this many bytes is a dead letter (INTERLEAVINGS 13).
MAX_RECORD = 200_000


class Decoding:
    """Decodes what one stage reads."""

    def __init__(self, stage: Stage, outbox: Outbox, clock: Clock) -> None:
        self._stage, self._outbox, self._clock = stage, outbox, clock
        self._decoders = {t.full: (t, msgspec.json.Decoder(r)) for t, r in stage.inputs.items()}
        self._dead = 0

    async def decode(self, record: Any) -> Item | None:
        """The record, or None once it is acknowledged among the dead letters, original bytes and all.

        Raises Fatal for bytes on a topic that only Leadgate writes, and for too many dead letters in a row.
        """
        topic, decoder = self._decoders[record.topic]
        if topic.public and len(record.value or b"") > MAX_RECORD:
            await self._bury(topic, record, f"{len(record.value)} bytes, more than {MAX_RECORD}")
            return None
        try:
            decoded = decoder.decode(record.value or b"")
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            await self._bury(topic, record, f"{type(error).__name__}: {error}")
            return None
        self._dead = 0
        return Item(decoded, record)

    async def _bury(self, topic: names.Topic, record: Any, why: str) -> None:
        where = f"{record.topic}/{record.partition}@{record.offset}"
        if not topic.public:
            raise Fatal(f"{where}: {why}; no other program writes this topic, so the code or the log is broken")
        self._dead += 1
        if self._dead > DEAD_IN_A_ROW:
            raise Fatal(f"{self._dead} unusable records in a row, the last at {where}: {why}")
        log.warning("dead letter", where=where, why=why)
        await self._outbox.send(events.dead_letter(self._stage.name, record, why, self._clock.now()))
