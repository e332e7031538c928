"""Word to the poller that the CRM has changed, through the broker, so that whoever hears of it
needs no poller beside it."""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from leads import topics

_KEY = b"changed"


async def notify_change(producer: AIOKafkaProducer, source: str) -> None:
    """Return when the broker has it."""
    await producer.send_and_wait(topics.CURSORS.full, source.encode(), key=_KEY)


class ChangeListener:
    """Hears what is rung from now on. `consumer` is its own."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def start(self) -> None:
        """Listen from the topic's end."""
        place = TopicPartition(topics.CURSORS.full, 0)
        self._consumer.assign([place])
        await self._consumer.seek_to_end(place)
        await self._consumer.position(place)

    async def wait_for_change(self, seconds: float) -> bool:
        """Wait so long; True as soon as it rings. What else lies in the topic is no ringing."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while (left := until - loop.time()) > 0:
            batches = await self._consumer.getmany(timeout_ms=max(1, int(left * 1000)))
            if any(record.key == _KEY for batch in batches.values() for record in batch):
                return True
        return False
