"""The sources that the poller reads, independently: if one vendor fails, the others are still read.

A failed source waits as a circuit does: as long as the vendor names (five minutes at most), or
twice as long each time. One alert goes out when a vendor could not be read for five minutes, and
one when it is read again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from app.base.errors import UsageError
from app.ingest.source_status import Passes
from connectors.core.errors import Unavailable, VendorError
from leads import topics
from leads.keys import derive
from leads.records import Alert, encode
from leads.times import format_duration
from streams.effects.circuit import Circuit
from streams.effects.vendors import APART, unreadable
from streams.ports import Clock, Fatal

log = structlog.get_logger(__name__)

#: Seconds for which a vendor must have failed before an alert: shorter outages need no action.
ALERT_AFTER = 300.0
#: The longest wait that a vendor may name, in seconds: a limit that is lifted early is noticed
#: after this time.
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
    """The sources of one vendor: an outage makes one alert, however many of them it affects.

    `title` is the first part of the alert's sentence.
    """

    def __init__(self, title: str, producer: AIOKafkaProducer, channel: str, clock: Clock) -> None:
        self._title, self._producer, self._channel, self._clock = title, producer, channel, clock
        self._failing: dict[str, float] = {}  # since when, by source
        self._alerted: dict[str, float] = {}  # those of them that an alert was sent about

    async def note_failure(self, source: str, error: VendorError) -> None:
        """Send an alert if the source has failed for long enough. Durable when it returns."""
        now = self._clock.now()
        since = self._failing.setdefault(source, now)
        if source in self._alerted or now - since < ALERT_AFTER:
            return
        text = (
            f"{self._title} has not been read for {format_duration(now - since)} ({source}):"
            f" {error}. Leadgate tries again, and goes on reading everything else."
        )
        await self._alert(text, "failed", since)
        self._alerted |= self._failing  # all sources that fail now are part of the same outage

    async def note_success(self, source: str) -> None:
        """Send an alert if there was one about a failure, and no such source fails any more."""
        self._failing.pop(source, None)
        since = self._alerted.pop(source, None)
        if since is not None and not self._alerted:
            await self._alert(f"{self._title} is read again.", "read", since)

    async def _alert(self, text: str, kind: str, since: float) -> None:
        ident = derive("unread", self._title, kind, since)
        alert = Alert(alert_id=ident, kind="ops", to=self._channel, text=text, at=self._clock.now())
        await self._producer.send_and_wait(
            topics.ALERTS.full, encode(alert), key=self._channel.encode()
        )


class PolledSource:
    """A source that is read repeatedly.

    `read` raises what its vendor raises; no such error, in whatever form, ends the polling.
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
        """Read until cancelled; after a successful reading `rest` returns when the next one is
        due."""
        while True:
            if await self.attempt() is None:
                await rest()
            else:
                await asyncio.sleep(self.circuit.put_off())

    async def once(self) -> VendorError | None:
        """Read once, waiting while the vendor does not answer; returns any other error of the
        vendor's, None for success."""
        while isinstance(error := await self.attempt(), Unavailable):
            await asyncio.sleep(self.circuit.put_off())
        return error

    async def attempt(self) -> VendorError | None:
        """Read once; returns the vendor's error, None for success.

        Raises errors of the broker and of files.
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
        """Read. An exception that no connector raises on purpose means an unreadable answer."""
        try:
            await self._read()
        except (VendorError, KafkaError, UsageError, OSError, Fatal, MemoryError):
            raise
        except Exception as error:
            raise unreadable(self.name, error) from error

    async def _note(self, ticket: int, error: VendorError) -> VendorError:
        after = APART
        if isinstance(error, Unavailable):
            after = min(error.after, _LONGEST)
        self.circuit.fail(ticket, after)
        log.warning(
            "poll put off", source=self.name, why=str(error), again_in=self.circuit.put_off()
        )
        await self._reading.note_failure(self.name, error)
        return error
