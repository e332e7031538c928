"""The poller: Apollo's contacts into `captured` (contacts.py), and what is heard of them later into
`signals` (signals.py).

Each source is read by itself (sources.py), and its part of the cursor, which is in Kafka, moves
with it. There must be one poller; a second one only repeats its work.
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
from app.ingest.contacts import Contacts
from app.ingest.set_aside import Aside
from app.ingest.signals import SignalPoller
from app.ingest.source_status import Passes
from app.ingest.sources import PolledSource, Reading, follow_all
from app.kafka.clients import consuming, last_record
from app.review.sheets import ReviewSheetProjector
from leads import topics
from leads.keys import Keys
from leads.records import Record, encode
from leads.rules import Rules
from streams.ports import Clock

_SEARCH_LAG = 5.0
# what the sources are called, in the log and by metrics
CONTACTS, MESSAGES = "apollo_contacts", "apollo_messages"
CHANGES, DELETED, RECORDS, SHEET = "crm_changes", "crm_deleted", "crm_records", "sheet"
log = structlog.get_logger(__name__)


class Cursor(Record, frozen=True, kw_only=True):
    """Where the passes stand: topic `cursors`.

    `passes` counts what was completed, `aside` what nobody could use.
    """

    apollo: float = 0.0
    crm: float = 0.0
    deleted: float = 0.0
    passes: int = 0
    skipped_from_crm: int = 0
    captured: int = 0
    aside: int = 0


class Poller:
    """One poller. `crash` is called at named points, for the crash tests."""

    def __init__(
        self,
        settings: Settings,
        rules: Rules,
        vendors: VendorClients,
        producer: AIOKafkaProducer,
        clock: Clock,
        keys: Keys,
        crash: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._settings, self._producer, self._clock, self._crash = settings, producer, clock, crash
        often = dict.fromkeys((CONTACTS, MESSAGES, CHANGES, DELETED), settings.poll_seconds)
        self.passes = Passes(clock, {**often, RECORDS: EVERY})
        self._aside = Aside(producer, clock)
        received = partial(self.passes.metrics.received, "apollo")
        self._contacts = Contacts(
            settings, rules, vendors.apollo, producer, clock, self._aside, crash, received
        )
        self._listening = SignalPoller(settings, vendors, producer, clock, keys, self._aside)
        self._current = IncrementalSync(settings, vendors.crm, producer, clock, keys)
        self._apollo, self._crm, self._sheet = (
            Reading(title, producer, rules.ops_channel, clock)
            for title in ("Apollo", "The CRM", "The sheet of what waits")
        )
        self.cursor = Cursor()

    async def load_cursor(self, since: float | None) -> None:
        """Take up the kept cursor; without one begin `since`, or now."""
        start = self._clock.now() if since is None else since
        async with consuming(self._settings) as consumer:
            kept = await last_record(consumer, b"poller", Cursor) or Cursor(apollo=start, crm=start)
        self.cursor = msgspec.structs.replace(kept, deleted=kept.deleted or kept.crm)

    async def run(self, waiting: ReviewSheetProjector, *, once: bool = False) -> None:
        """Poll at the stated interval until cancelled; an outage is waited for.

        With `once`, one pass over everything; raises what refused one of the sources.
        """
        async with consuming(self._settings) as consumer, consuming(self._settings) as own:
            often = [
                self._source(CONTACTS, self._poll_contacts, self._apollo),
                self._source(MESSAGES, self._listening.poll_messages, self._apollo),
                self._source(DELETED, self._poll_deleted, self._crm),
                self._source(SHEET, partial(waiting.refresh, consumer), self._sheet),
            ]
            changes = self._source(CHANGES, self._poll_changes, self._crm)
            records = self._source(RECORDS, self._current.sync_once, self._crm)
            if once:
                await records.attempt()  # what it would tell is met by each lead, too
                await _read_once([*often, changes])
                return
            bell = ChangeListener(own)
            await bell.start()
            await follow_all(
                [
                    changes.follow(partial(self._heed, bell)),
                    records.follow(partial(asyncio.sleep, EVERY)),
                    *(
                        source.follow(partial(asyncio.sleep, self._settings.poll_seconds))
                        for source in often
                    ),
                ]
            )

    def _source(
        self, name: str, read: Callable[[], Awaitable[None]], reading: Reading
    ) -> PolledSource:
        return PolledSource(name, read, reading, self.passes, self._clock)

    async def _heed(self, bell: ChangeListener) -> None:
        """Return at the next turn, or when the CRM says that it has changed: a while later, since
        its search lags behind its word, and once for all that comes meanwhile."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settings.poll_seconds
        if await bell.wait_for_change(self._settings.poll_seconds):
            await asyncio.sleep(min(_SEARCH_LAG, max(0.0, until - loop.time())))

    async def _poll_contacts(self) -> None:
        done = await self._contacts.read(self.cursor.apollo)
        self._crash("between page and cursor")
        before = self.cursor
        await self._keep(
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
        await self._keep(crm=await self._listening.poll_changes(self.cursor.crm))

    async def _poll_deleted(self) -> None:
        await self._keep(deleted=await self._listening.poll_deleted(self.cursor.deleted))

    async def _keep(self, **moved: float) -> None:
        """Write the cursor, the parts of other sources as they are now."""
        aside, self._aside.count = self._aside.count, 0
        moved |= {"passes": self.cursor.passes + 1, "aside": self.cursor.aside + aside}
        self.cursor = msgspec.structs.replace(self.cursor, **moved)
        await self._producer.send_and_wait(topics.CURSORS.full, encode(self.cursor), key=b"poller")


async def _read_once(sources: list[PolledSource]) -> None:
    """Read them all. Raises what refused one of them, once the others are read."""
    refused = [
        error
        for error in await asyncio.gather(*(source.once() for source in sources))
        if error is not None
    ]
    if refused:
        raise refused[0]
