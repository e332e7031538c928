"""One line when the broker stops answering, and one when it answers again, for as long as a process
runs. aiokafka's own lines about it, several a second, are dropped (logs.py)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from app.base.settings import Settings
from app.kafka.clients import connection

log = structlog.get_logger(__name__)
#: Seconds between two questions to the broker, and those that it has for an answer.
_PAUSE, _PATIENCE = 2.0, 5.0


class BrokerOutage:
    """Logs the beginning and the end of each outage of the broker, once each."""

    def __init__(self, settings: Settings) -> None:
        self._broker = f"the broker at {settings.kafka_bootstrap_servers}"
        self._connection = connection(settings)
        self._lasts = False

    def note(self, *, answers: bool) -> None:
        """Note whether the broker has answered just now."""
        if answers and self._lasts:
            log.info(f"{self._broker} answers again")
        if not answers and not self._lasts:
            log.warning(f"{self._broker} does not answer; trying again")
        self._lasts = not answers

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Ask the broker every few seconds for its metadata, and log what changes."""
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _watch(self) -> None:
        client = AIOKafkaClient(**self._connection)
        try:
            while not await _bootstrapped(client):
                self.note(answers=False)
                await asyncio.sleep(_PAUSE)
            while True:
                self.note(answers=await _answers(client))
                await asyncio.sleep(_PAUSE)
        finally:
            await client.close()


async def _bootstrapped(client: AIOKafkaClient) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE):
            await client.bootstrap()
    except (KafkaError, OSError, TimeoutError):
        return False
    return True


async def _answers(client: AIOKafkaClient) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE):
            return bool(await client.force_metadata_update())
    except (KafkaError, TimeoutError):
        return False
