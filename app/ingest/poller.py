"""The poller: Apollo's contacts into `captured` (contacts.py), later facts about them into
`signals` (signals.py).

Each source is read independently (sources.py), with its own part of the cursor, which is stored in
Kafka. One poller is enough; a second one only repeats its work.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import msgspec
import structlog
from aiokafka import AIOKafkaProducer

from app.base.settings import Settings
from app.base.vendors import VendorClients
from app.crm_sync.change_notice import ChangeListener
from app.crm_sync.incremental import EVERY, IncrementalSync
from app.ingest.contact_search_plan import LISTING, Listing
from app.ingest.contacts import Contacts
from app.ingest.set_aside import Aside
from app.ingest.signals import SignalPoller
from app.ingest.source_status import Passes
from app.ingest.sources import PolledSource, Reading, follow_all
from app.kafka.clients import consuming, last_record
from app.review.sheets import ReviewSheetProjector
from connectors.apollo.pace import POLLED
from leads import topics
from leads.keys import Keys
from leads.records import Record, encode
from leads.rules import Rules
from leads.sealing import Sealing
from streams.ports import Clock

_SEARCH_LAG = 5.0
# the sources' names in the log and in metrics
CONTACTS, MESSAGES = "apollo_contacts", "apollo_messages"
CHANGES, DELETED, RECORDS, SHEET = "crm_changes", "crm_deleted", "crm_records", "sheet"
log = structlog.get_logger(__name__)


class Cursor(Record, frozen=True, kw_only=True):
    """How far each source was read: topic `cursors`.

    `passes` counts the completed passes, `aside` the unusable objects.
    """

    apollo: float = 0.0
    crm: float = 0.0
    deleted: float = 0.0
    passes: int = 0
    skipped_from_crm: int = 0
    captured: int = 0
    aside: int = 0


class Poller:
    """One poller. `crash` is called at named points, for the crash tests; `listing` is what Apollo
    shows of one search."""

    def __init__(
        self,
        settings: Settings,
        rules: Rules,
        vendors: VendorClients,
        producer: AIOKafkaProducer,
        clock: Clock,
        keys: Keys,
        sealing: Sealing,
        crash: Callable[[str], None] = lambda _: None,
        listing: Listing = LISTING,
    ) -> None:
        self._settings, self._producer, self._clock, self._crash = settings, producer, clock, crash
        often = dict.fromkeys((CONTACTS, MESSAGES, CHANGES, DELETED), settings.poll_seconds)
        self.passes = Passes(clock, {**often, RECORDS: EVERY})
        self._aside = Aside(producer, clock, sealing)
        received = partial(self.passes.metrics.received, "apollo")
        self._vendor = vendors.apollo
        self._contacts = Contacts(
            settings,
            rules,
            vendors.apollo,
            producer,
            clock,
            self._aside,
            sealing,
            crash,
            received,
            listing,
        )
        self._signals = SignalPoller(settings, vendors, producer, clock, keys, self._aside)
        self._sync = IncrementalSync(settings, vendors.crm, producer, clock, keys)
        reading = partial(Reading, producer=producer, channel=rules.ops_channel, clock=clock)
        self._apollo = reading("Apollo")
        self._crm = reading("The CRM")
        self._sheet = reading("The review sheet")
        self.cursor = Cursor()

    async def load_cursor(self, since: float | None) -> None:
        """Load the stored cursor; if there is none, begin at `since`, or now."""
        start = self._clock.now() if since is None else since
        async with consuming(self._settings) as consumer:
            cursor = await last_record(consumer, b"poller", Cursor) or Cursor(
                apollo=start, crm=start
            )
        self.cursor = msgspec.structs.replace(cursor, deleted=cursor.deleted or cursor.crm)

    async def run(self, waiting: ReviewSheetProjector, *, once: bool = False) -> None:
        """Poll at the configured interval until cancelled; waits while a vendor does not answer.

        With `once`, one pass over everything; raises what refused one of the sources.
        """
        async with consuming(self._settings) as consumer, consuming(self._settings) as own:
            contacts = self._source(CONTACTS, self._poll_contacts, self._apollo)
            messages = self._source(MESSAGES, self._signals.poll_messages, self._apollo)
            often = [
                self._source(DELETED, self._poll_deleted, self._crm),
                self._source(SHEET, partial(waiting.refresh, consumer), self._sheet),
            ]
            changes = self._source(CHANGES, self._poll_changes, self._crm)
            records = self._source(RECORDS, self._sync.sync_once, self._crm)
            if once:
                await records.attempt()  # may fail: each lead reads the CRM, too
                await _read_once([contacts, messages, *often, changes])
                return
            listener = ChangeListener(own)
            await listener.start()
            following = [
                changes.follow(partial(self._wait_for_change, listener)),
                records.follow(partial(asyncio.sleep, EVERY)),
                contacts.follow(partial(self._rest, CONTACTS, POLLED[0])),
                messages.follow(partial(self._rest, MESSAGES, POLLED[1])),
            ]
            for source in often:
                following.append(source.follow(partial(asyncio.sleep, self._settings.poll_seconds)))
            await follow_all(following)

    def _source(
        self, name: str, read: Callable[[], Awaitable[None]], reading: Reading
    ) -> PolledSource:
        return PolledSource(name, read, reading, self.passes, self._clock)

    async def _wait_for_change(self, listener: ChangeListener) -> None:
        """Return after the poll interval, or a few seconds after a notice that the CRM has changed:
        the CRM's search lags behind, and further notices of these seconds need no poll of their
        own."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settings.poll_seconds
        if await listener.wait_for_change(self._settings.poll_seconds):
            await asyncio.sleep(min(_SEARCH_LAG, max(0.0, until - loop.time())))

    async def _rest(self, source: str, endpoint: str) -> None:
        """Return after the poll interval, or later where Apollo's plan allows an endpoint fewer
        calls a day."""
        seconds = max(self._settings.poll_seconds, self._vendor.pace(endpoint).after_pass())
        self.passes.expect(source, seconds)
        await asyncio.sleep(seconds)

    async def _poll_contacts(self) -> None:
        done = await self._contacts.read(self.cursor.apollo)
        self._crash("between page and cursor")
        before = self.cursor
        await self._move(
            apollo=done.newest,
            captured=before.captured + done.captured,
            skipped_from_crm=before.skipped_from_crm + done.from_crm,
        )
        now = self.cursor
        log.info(
            "polled",
            passes=now.passes,
            captured=now.captured,
            skipped=now.skipped_from_crm,
            aside=now.aside,
        )

    async def _poll_changes(self) -> None:
        await self._move(crm=await self._signals.poll_changes(self.cursor.crm))

    async def _poll_deleted(self) -> None:
        await self._move(deleted=await self._signals.poll_deleted(self.cursor.deleted))

    async def _move(self, **moved: float) -> None:
        """Store the cursor with these parts changed. Durable when it returns."""
        aside, self._aside.count = self._aside.count, 0
        moved |= {"passes": self.cursor.passes + 1, "aside": self.cursor.aside + aside}
        self.cursor = msgspec.structs.replace(self.cursor, **moved)
        await self._producer.send_and_wait(topics.CURSORS.full, encode(self.cursor), key=b"poller")


async def _read_once(sources: list[PolledSource]) -> None:
    """Read all sources. Raises the first one's error once all are read."""
    for error in await asyncio.gather(*(source.once() for source in sources)):
        if error is not None:
            raise error
