"""A producer in memory: what is sent is there at once."""

import asyncio
from typing import Any

import msgspec

from leads import topics
from leads.records import Alert, Captured, Signal
from leads.signatures import Headers


class MemoryProducer:
    """What the poller asks of aiokafka's producer. `sent` are values by topic, `headers` those of
    every record."""

    def __init__(self) -> None:
        self.sent: dict[str, list[bytes]] = {}
        self.headers: list[Headers] = []

    async def send(
        self,
        topic: str,
        value: bytes,
        key: bytes,
        partition: int | None = None,
        headers: Headers | None = None,
    ) -> "asyncio.Future[None]":
        """The record, acknowledged."""
        await self.send_and_wait(topic, value, key, partition, headers)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    async def send_and_wait(
        self,
        topic: str,
        value: bytes,
        key: bytes,
        partition: int | None = None,
        headers: Headers | None = None,
    ) -> None:
        """The record."""
        del key, partition
        self.headers.append(headers or ())
        self.sent.setdefault(topic, []).append(value)

    def captured(self, shape: str) -> list[Captured]:
        """Captured records of a shape."""
        found = [
            msgspec.json.decode(v, type=Captured) for v in self.sent.get(topics.CAPTURED.full, [])
        ]
        return [record for record in found if record.format == shape]

    def signals(self) -> list[Signal]:
        """The signals that were sent."""
        return [msgspec.json.decode(v, type=Signal) for v in self.sent.get(topics.SIGNALS.full, [])]

    def alerts(self) -> list[str]:
        """The alerts that were sent."""
        return [
            msgspec.json.decode(v, type=Alert).text for v in self.sent.get(topics.ALERTS.full, [])
        ]


class Clock:
    """A clock that is set."""

    def __init__(self, at: float = 1_800_000_000.0) -> None:
        self.at = at

    def now(self) -> float:
        return self.at


def anything(value: Any) -> Any:
    """A double where a class is asked for."""
    return value
