"""When an import began. None of its events is older, so `undo` need not read the audit from its
start."""

from aiokafka import AIOKafkaProducer

from app.base.settings import Settings
from app.kafka.clients import consuming, last_record
from leads import topics
from leads.records import Record, encode


class ImportStart(Record, frozen=True, kw_only=True):
    """The first run of an import: topic `cursors`, key `import:ID`."""

    at: float


async def record_start(
    settings: Settings, producer: AIOKafkaProducer, ident: str, now: float
) -> None:
    """Store when an import began, unless it is stored already: the same file is the same import.
    Durable when it returns."""
    if not await started_at(settings, ident):
        await producer.send_and_wait(
            topics.CURSORS.full, encode(ImportStart(at=now)), key=_key(ident)
        )


async def started_at(settings: Settings, ident: str) -> float:
    """When an import began; 0 for an unknown one."""
    async with consuming(settings) as consumer:
        start = await last_record(consumer, _key(ident), ImportStart)
    if start is None:
        return 0.0
    return start.at


def _key(ident: str) -> bytes:
    return f"import:{ident}".encode()
