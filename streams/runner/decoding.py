"""Step 1 of the stage runner: bytes in, records out; what can't be used is a dead letter."""

import re
from typing import Any

import msgspec
import structlog

from leads import topics
from leads.sealing import SealError, Sealing
from streams.ports import Fatal
from streams.runner.dead_letters import dead_letter
from streams.runner.model import DecodedRecord, Stage
from streams.runner.outbox import Outbox

log = structlog.get_logger(__name__)

#: A public record over this many bytes is a dead letter (docs/design/interleavings.md 13).
MAX_RECORD = 200_000
#: So is one nested deeper: the decoder and the encoder give up at depths that depend on who calls
#: them.
MAX_DEPTH = 64
_TEXTS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_OPENING, _CLOSING = frozenset(b"[{"), frozenset(b"]}")


class Decoding:
    """Decodes what one stage reads."""

    def __init__(self, stage: Stage, outbox: Outbox, sealing: Sealing) -> None:
        self._stage, self._outbox, self._sealing = stage, outbox, sealing
        self._decoders = {t.full: (t, msgspec.json.Decoder(r)) for t, r in stage.inputs.items()}

    async def decode(self, record: Any) -> DecodedRecord | None:
        """The record, sealed as it came, or None once it is acknowledged among the dead letters,
        original bytes and all.

        Raises Fatal for bytes on a topic that only Leadgate writes. Whatever anybody writes to a
        public one stops nothing.
        """
        topic, decoder = self._decoders[record.topic]
        if topic.public and (why := refusal(record.value or b"")):
            await self._dead_letter(topic, record, why)
            return None
        try:
            return DecodedRecord(decoder.decode(record.value or b""), record)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            await self._dead_letter(topic, record, f"{type(error).__name__}: {error}")
            return None

    async def open(self, items: list[DecodedRecord]) -> list[DecodedRecord]:
        """The records with their personal data; what another key has sealed is left out, once it is
        acknowledged among the dead letters.

        Their leads have keys when it returns.
        """
        await self._sealing.ensure(item.decoded for item in items)
        found = []
        for item in items:
            try:
                found.append(DecodedRecord(self._sealing.open(item.decoded), item.raw))
            except SealError as error:
                await self._dead_letter(topics.BY_NAME[item.raw.topic], item.raw, str(error))
        return found

    async def _dead_letter(self, topic: topics.Topic, record: Any, why: str) -> None:
        where = f"{record.topic}/{record.partition}@{record.offset}"
        if not topic.public:
            raise Fatal(
                f"{where}: {why}; no other program writes this topic, so the code or the log is"
                " broken"
            )
        log.warning("dead letter", where=where, why=why)
        await self._outbox.send(await dead_letter(self._stage.name, record, why, self._sealing))


def refusal(value: bytes) -> str:
    """Why a public record is refused before it is decoded, '' if it isn't."""
    if len(value) > MAX_RECORD:
        return f"{len(value)} bytes, more than {MAX_RECORD}"
    if value.count(b"[") + value.count(b"{") > MAX_DEPTH and (deep := _depth(value)) > MAX_DEPTH:
        return f"nested {deep} deep, more than {MAX_DEPTH}"
    return ""


def _depth(value: bytes) -> int:
    """How deep the JSON is nested. Brackets inside texts are no nesting."""
    deepest = depth = 0
    for byte in _TEXTS.sub(b"", value):
        if byte in _OPENING:
            depth += 1
            deepest = max(deepest, depth)
        elif byte in _CLOSING:
            depth -= 1
    return deepest
