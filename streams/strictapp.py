"""A Faust app on the strict consumer, that starts without waiting for tables that come late."""

from typing import Any, ClassVar

from faust.app.base import App as FaustApp
from faust.tables import TableManager
from faust.transport.drivers import aiokafka as driver

from streams.consumer import StrictConsumer


class StrictTransport(driver.Transport):
    """Faust's aiokafka transport with the strict consumer in it."""

    Consumer: ClassVar[type[StrictConsumer]] = StrictConsumer


class PromptTables(TableManager):
    """Faust's tables, registered at once.

    Faust 0.15.3 sleeps for a second first, so that agents may add tables while they start. Ours are there when the app
    is made, and that second is a quarter of what it takes from a worker's death to its successor's first record.
    """

    async def on_start(self) -> None:
        await self._update_channels()
        await self.recovery.start()


class StrictApp(FaustApp):
    """A Faust app on the strict transport."""

    def _new_transport(self) -> Any:
        return StrictTransport(self.conf.broker_consumer, self, loop=self.loop)
