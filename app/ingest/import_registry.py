"""When an import began: no event of it is older, so that `undo` need not read the audit from its
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
    """Durable before the first row is sent. A file that comes again is the import that it was."""
    if not await started_at(settings, ident):
        await producer.send_and_wait(
            topics.CURSORS.full, encode(ImportStart(at=now)), key=_key(ident)
        )


async def started_at(settings: Settings, ident: str) -> float:
    """When an import began; 0 for one that nobody has noted."""
    async with consuming(settings) as consumer:
        begun = await last_record(consumer, _key(ident), ImportStart)
    return begun.at if begun else 0.0


def _key(ident: str) -> bytes:
    return f"import:{ident}".encode()
