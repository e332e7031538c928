"""Several messages sent together, acknowledged together."""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from aiokafka import AIOKafkaProducer


class Message(NamedTuple):
    """An encoded record; without a partition, the producer chooses it by the key. `headers` hold
    the signature of one that gives an order."""

    topic: str
    key: bytes
    value: bytes
    partition: int | None = None
    headers: list[tuple[str, bytes]] | None = None


async def send_all(producer: AIOKafkaProducer, messages: Iterable[Message]) -> None:
    """Send the messages in order; return when the broker has acknowledged all of them.

    Raises KafkaError when one is not acknowledged.
    """
    sent = []
    for message in messages:
        sent.append(
            await producer.send(
                message.topic,
                message.value,
                key=message.key,
                partition=message.partition,
                headers=message.headers,
            )
        )
    await asyncio.gather(*sent)
