"""Audit events that commands write."""

from aiokafka import AIOKafkaProducer

from leads import topics
from leads.records import Audit
from leads.sealing import Sealing
from streams.runner.outbox import partition_of


async def send_event(producer: AIOKafkaProducer, sealing: Sealing, event: Audit) -> None:
    """Write an event, sealed, to the partition of its lead's story. Durable when it returns. A lead
    from before there were keys is given one."""
    await sealing.ensure([event])
    await producer.send_and_wait(
        topics.AUDIT.full,
        sealing.encode(event),
        key=event.id.encode(),
        partition=partition_of(event.lead.encode()),
    )
