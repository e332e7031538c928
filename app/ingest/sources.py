"""What the poller reads, each source by itself: whatever one vendor says, the others are read on.

A failed source waits as a circuit does: as long as the vendor names (five minutes at the most),
or twice as long each time. People are told when a vendor could not be read for five minutes,
once, and when it is read again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from app.ingest.source_status import Passes
from connectors.core.errors import Unavailable, VendorError
from leads import topics
from leads.keys import derive
from leads.records import Alert, encode
from streams.effects.circuit import Circuit
from streams.effects.vendors import APART, unreadable
from streams.ports import Clock, Fatal

log = structlog.get_logger(__name__)

#: Seconds for which a vendor must have failed before people are told: what passes by itself is no
#: news.
SAY_AFTER = 300.0
#: The longest time that a vendor is believed, in seconds: a limit that is lifted early is noticed
#: after so long.
_LONGEST = 300.0


async def follow_all(sources: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run until cancelled, or until one of them raises.

    Then the others are ended, and that error is raised as it is.
    """
    try:
        async with asyncio.TaskGroup() as group:
            for source in sources:
                group.create_task(source)
    except ExceptionGroup as ended:
        if len(ended.exceptions) == 1:
            raise ended.exceptions[0] from None
        raise


class Reading:
    """The sources of one vendor: one outage, one alert, however many of them it hits.

    `title` begins the sentence.
    """

    def __init__(self, title: str, producer: AIOKafkaProducer, channel: str, clock: Clock) -> None:
        self._title, self._producer, self._channel, self._clock = title, producer, channel, clock
        self._failing: dict[str, float] = {}  # since when, by source
        self._told: dict[str, float] = {}  # the same of those that people know of

    async def note_failure(self, source: str, error: VendorError) -> None:
        """Tell people, if it is time to. Durable when it returns."""
        now = self._clock.now()
        since = self._failing.setdefault(source, now)
        if source in self._told or now - since < SAY_AFTER:
            return
        said = (
            f"{self._title} has not been read for {now - since:.0f} s ({source}): {error}. It is"
            " tried again by itself"
        )
        await self._say(f"{said}, and all else is read on.", "failed", since)
        self._told |= self._failing  # whatever fails now is the same outage

    async def note_success(self, source: str) -> None:
        """Tell people, if they know of a failure and none is left."""
        self._failing.pop(source, None)
        since = self._told.pop(source, None)
        if since is not None and not self._told:
            await self._say(f"{self._title} is read again.", "read", since)

    async def _say(self, text: str, kind: str, since: float) -> None:
        ident = derive("unread", self._title, kind, since)
        alert = Alert(alert_id=ident, kind="ops", to=self._channel, text=text, at=self._clock.now())
        await self._producer.send_and_wait(
            topics.ALERTS.full, encode(alert), key=self._channel.encode()
        )


class PolledSource:
    """One thing that is read again and again.

    `read` raises what its vendor raises; in whatever form, it ends nothing here.
    """

    def __init__(
        self,
        name: str,
        read: Callable[[], Awaitable[None]],
        reading: Reading,
        passes: Passes,
        clock: Clock,
    ) -> None:
        self.name, self._read, self._reading, self._passes = name, read, reading, passes
        self.circuit = Circuit(clock.now)

    async def follow(self, rest: Callable[[], Awaitable[None]]) -> None:
        """Read until cancelled; `rest` returns when it is time for the next reading after a good
        one."""
        while True:
            if await self.attempt() is None:
                await rest()
            else:
                await asyncio.sleep(self.circuit.put_off())

    async def once(self) -> VendorError | None:
        """Read until it was read once, or was refused for another reason than that the vendor is
        away; the reason then."""
        while isinstance(error := await self.attempt(), Unavailable):
            await asyncio.sleep(self.circuit.put_off())
        return error

    async def attempt(self) -> VendorError | None:
        """Read once; what stood in the way, None for nothing.

        Raises what is ours: the broker's errors, a file's.
        """
        ticket = self.circuit.admit()
        try:
            with self._passes.over(self.name):
                await self._read_whole()
        except VendorError as error:
            return await self._note(ticket, error)
        self.circuit.succeed(ticket)
        await self._reading.note_success(self.name)
        return None

    async def _read_whole(self) -> None:
        """Read. What no connector means to raise is an answer that it could not read."""
        try:
            await self._read()
        except (VendorError, KafkaError, OSError, Fatal, MemoryError):
            raise
        except Exception as error:
            raise unreadable(self.name, error) from error

    async def _note(self, ticket: int, error: VendorError) -> VendorError:
        after = min(error.after, _LONGEST) if isinstance(error, Unavailable) else APART
        self.circuit.fail(ticket, after)
        log.warning(
            "poll put off", source=self.name, why=str(error), again_in=self.circuit.put_off()
        )
        await self._reading.note_failure(self.name, error)
        return error
