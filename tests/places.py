"""Where a site's leads are, for tests that ask again and again until something has come about."""

import asyncio
from contextlib import AsyncExitStack

from aiokafka.errors import KafkaError

from app.audit.verify import AuditTail
from app.base.settings import Settings
from app.kafka.clients import consuming


class PlaceFollower:
    """Reads the audit once: each question costs only the events since the last one.

    Its loop runs only while it is asked. `verify_placement` judges the whole log; nothing here
    does.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._runner = asyncio.Runner()
        self._open = AsyncExitStack()
        self._tail: AuditTail | None = None

    def places(self) -> dict[str, str]:
        """The place of every lead that has an event.

        A broker that was restarted since the last question is connected to once more. Raises
        KafkaError when it is away.
        """
        try:
            return self._runner.run(self._read())
        except KafkaError:
            self._runner.run(self._leave())
        return self._runner.run(self._read())

    async def _read(self) -> dict[str, str]:
        if self._tail is None:
            self._tail = AuditTail(await self._open.enter_async_context(consuming(self._settings)))
        return dict((await self._tail.account()).places)

    async def _leave(self) -> None:
        self._tail = None
        await self._open.aclose()

    def close(self) -> None:
        """Leave the broker. It can be asked no more."""
        self._runner.run(self._leave())
        self._runner.close()
