"""A notice to the poller that the CRM has changed. It goes through the broker, so that the process
that learns of the change need not run on the poller's machine."""

import asyncio
from itertools import chain

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from leads import topics

_KEY = b"changed"


async def notify_change(producer: AIOKafkaProducer, source: str) -> None:
    """Send a notice. Durable when it returns."""
    await producer.send_and_wait(topics.CURSORS.full, source.encode(), key=_KEY)


class ChangeListener:
    """Receives the notices sent after `start`. No other code may use its `consumer`."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def start(self) -> None:
        """Listen from the topic's end."""
        partition = TopicPartition(topics.CURSORS.full, 0)
        self._consumer.assign([partition])
        await self._consumer.seek_to_end(partition)
        await self._consumer.position(partition)

    async def wait_for_change(self, seconds: float) -> bool:
        """Wait at most `seconds`; True as soon as a notice comes. The topic's other records are
        ignored."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while (left := until - loop.time()) > 0:
            batches = await self._consumer.getmany(timeout_ms=max(1, int(left * 1000)))
            for record in chain.from_iterable(batches.values()):
                if record.key == _KEY:
                    return True
        return False
