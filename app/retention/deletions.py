"""How far Leadgate has deleted topics on purpose, by topic `cursors` (leads/retention.py)."""

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from app.kafka.clients import ends, read_to
from leads import topics
from leads.retention import DELETION_KEYS, Deletion

Deletions = dict[TopicPartition, Deletion]
_DECODER = msgspec.json.Decoder(Deletion)


async def read_deletions(consumer: AIOKafkaConsumer) -> Deletions:
    """How far each partition was deleted on purpose. Reads the whole topic, which is compacted."""
    found: Deletions = {}
    async for record in read_to(consumer, await ends(consumer, [topics.CURSORS.full])):
        if record.value and (record.key or b"").startswith(DELETION_KEYS.encode()):
            one = _DECODER.decode(record.value)
            found[TopicPartition(one.topic, one.partition)] = one
    return found
