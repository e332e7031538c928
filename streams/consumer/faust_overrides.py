"""A Faust app on the strict consumer, that starts without waiting for tables that come late."""

from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

from faust.app.base import App as FaustApp
from faust.tables import TableManager
from faust.tables.recovery import Recovery
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.consumer.strict_consumer import SourceTopics, StrictConsumer
from streams.ports import Fatal
from tables.changelog import ChangelogSpan, find_mismatch


class StrictTransport(driver.Transport):
    """Faust's aiokafka transport with the strict consumer in it."""

    Consumer: ClassVar[type[StrictConsumer]] = StrictConsumer

    def __init__(self, *args: Any, source: SourceTopics, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._source = source

    def create_consumer(self, callback: Any, **kwargs: Any) -> Any:
        """Called by Faust once a worker."""
        return super().create_consumer(callback, source=self._source, **kwargs)


class StrictRecovery(Recovery):
    """Faust's recovery, that ends the worker when state and changelog can't belong together.

    Faust's own check knows one case of it, an offset past the end, and says nothing that helps.
    """

    async def read_spans(self, consumer: Any, partitions: set[TP]) -> list[ChangelogSpan]:
        """What the changelog's partitions hold, and what is stored of them.

        Raises DamagedStateError.
        """
        starts = await consumer.earliest_offsets(*partitions)
        ends = await consumer.highwaters(*partitions)
        tables: Any = self.tables
        return [
            tables._changelogs[tp.topic].span(tp.partition, starts[tp] or 0, ends[tp] or 0)
            for tp in partitions
        ]

    async def _build_offsets(
        self, consumer: Any, tps: set[TP], destination: "Counter[TP]", title: str
    ) -> None:
        if tps and (mismatch := find_mismatch(await self.read_spans(consumer, tps))):
            raise Fatal(mismatch)
        await super()._build_offsets(consumer, tps, destination, title)


class ImmediateTableManager(TableManager):
    """Faust's tables, registered at once, and restored by `StrictRecovery`.

    Faust 0.15.3 sleeps for a second first, so that agents may add tables while they start. Ours
    are there when the app is made, and that second is a quarter of what it takes from a worker's
    death to its successor's first record.
    """

    async def on_start(self) -> None:
        await self._update_channels()
        await self.recovery.start()

    @property
    def recovery(self) -> Recovery:
        """The recovery service, made when it is first asked for."""
        if self._recovery is None:
            self._recovery = StrictRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery


class StrictApp(FaustApp):
    """A Faust app on the strict transport.

    `end` ends the process without a commit; it is called on any thread, and does not return.
    """

    def __init__(
        self,
        *args: Any,
        source: SourceTopics,
        end: Callable[[BaseException], None],
        **kwargs: Any,
    ) -> None:
        self.source, self.end = source, end
        super().__init__(*args, **kwargs)

    def _new_transport(self) -> Any:
        return StrictTransport(self.conf.broker_consumer, self, loop=self.loop, source=self.source)
