"""Captured records on their way to Kafka."""

from collections.abc import Sequence

from app.kafka.sending import Message
from leads import topics
from leads.records import Captured
from leads.sealing import Sealing


def record_key(record: Captured) -> bytes:
    """The key of a captured record in its topic."""
    return f"{record.source}:{record.source_id}".encode()


async def captured_messages(records: Sequence[Captured], sealing: Sealing) -> list[Message]:
    """The records as messages, sealed: the keys of their leads are durable when it returns.

    Raises what encoding raises.
    """
    await sealing.ensure(records)
    messages = []
    for record in records:
        value = sealing.encode(record)
        messages.append(Message(topics.CAPTURED.full, record_key(record), value))
    return messages
