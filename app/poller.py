"""The poller: Apollo's contacts into `captured`; what else it hears of them, see listening.py.

Contacts are read newest first by `contact_updated_at`; a pass ends at the last pass's newest less the overlap, and only
then does the cursor move (INTERLEAVINGS 24): a crash repeats the pass, and repeats are known by their version at
intake. The cursor is in Kafka. There must be one poller; a second one only repeats its work.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from app.bell import Bell
from app.current import CRM_RECORDS, EVERY, Current
from app.kafka import consuming, last_record
from app.listening import Known, Listening
from app.outside import Vendors
from app.passes import Passes
from app.settings import Settings
from app.sheets import Waiting
from connectors.apollo.api import LAST_PAGE, PAGE
from connectors.errors import Unavailable
from leads import names
from leads.keys import Keys
from leads.records import Captured, Record, encode
from leads.rules import Rules
from streams.ports import Clock, Fatal

_SEARCH_LAG = 5.0
CONTACTS, MESSAGES, CRM = "apollo_contacts", "apollo_messages", "crm_changes"  # what their passes are called
log = structlog.get_logger(__name__)


class Cursor(Record, frozen=True, kw_only=True):
    """Where the passes stand: topic `cursors`. `passes` counts what was completed."""

    apollo: float = 0.0
    crm: float = 0.0
    passes: int = 0
    skipped_from_crm: int = 0
    captured: int = 0


class Poller:
    """One poller. `crash` is called at named points, for the crash tests."""

    def __init__(
        self,
        settings: Settings,
        rules: Rules,
        vendors: Vendors,
        producer: AIOKafkaProducer,
        clock: Clock,
        keys: Keys,
        crash: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._settings, self._rules, self._vendors, self._producer = settings, rules, vendors, producer
        self._clock, self._crash = clock, crash
        self._known = Known()
        often = dict.fromkeys((CONTACTS, MESSAGES, CRM), settings.poll_seconds)
        self.passes = Passes(clock, {**often, CRM_RECORDS: EVERY})
        self._listening = Listening(settings, vendors, producer, clock, keys)
        self._current = Current(settings, vendors.crm, producer, clock, keys, self.passes)
        self.cursor = Cursor()

    async def load_cursor(self, since: float | None) -> None:
        """Take up the kept cursor; without one begin `since`, or now."""
        start = self._clock.now() if since is None else since
        self.cursor = Cursor(apollo=start, crm=start)
        async with consuming(self._settings) as consumer:
            self.cursor = await last_record(consumer, b"poller", Cursor) or self.cursor

    async def _load_listening(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            try:
                return await self._listening.load(consumer)
            except Unavailable as error:
                log.warning("the CRM's ids can't be read yet", why=str(error), again_in=error.after)
                await asyncio.sleep(min(error.after, 300.0))

    async def run(self, waiting: Waiting, *, once: bool = False) -> None:
        """Poll at the stated interval until cancelled; an outage is waited for. With `once`, one pass."""
        async with consuming(self._settings) as consumer, consuming(self._settings) as own:
            bell = Bell(own)
            await bell.start()
            await self._load_listening(consumer)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._current.run(once=once))
                await self._run(waiting, consumer, bell, once=once)

    async def _run(self, waiting: Waiting, consumer: AIOKafkaConsumer, bell: Bell, *, once: bool) -> None:
        while True:
            try:
                await self.poll()
                await waiting.refresh(consumer)
                if not once:
                    await self._heed(bell)
            except Unavailable as error:
                log.warning("poll put off", why=str(error), again_in=error.after)
                await asyncio.sleep(min(error.after, 300.0))
                continue
            if once:
                return

    async def _heed(self, bell: Bell) -> None:
        """Until the next turn, look at the CRM alone whenever it says that it has changed: a while later, since its search
        lags behind its word, and once for all that comes meanwhile."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settings.poll_seconds
        while (left := until - loop.time()) > 0:
            if await bell.rings(left):
                await asyncio.sleep(min(_SEARCH_LAG, max(0.0, until - loop.time())))
                await self._keep(await self._poll_crm())

    async def poll(self) -> None:
        """One pass over contacts, messages and the CRM; then the cursor is written."""
        with self.passes.over(CONTACTS):
            self.cursor = await self._poll_contacts(self.cursor)
        with self.passes.over(MESSAGES):
            await self._listening.poll_messages()
        crm = await self._poll_crm()
        self._crash("between page and cursor")
        await self._keep(crm)
        log.info("polled", passes=self.cursor.passes, captured=self.cursor.captured, skipped=self.cursor.skipped_from_crm)

    async def _poll_crm(self) -> float:
        with self.passes.over(CRM):
            return await self._listening.poll_crm(self.cursor.crm)

    async def _keep(self, crm: float) -> None:
        """Write the cursor, the CRM's part as it is now."""
        self.cursor = msgspec.structs.replace(self.cursor, crm=crm, passes=self.cursor.passes + 1)
        await self._producer.send_and_wait(names.CURSORS.full, encode(self.cursor), key=b"poller")

    # Contacts

    async def _poll_contacts(self, cursor: Cursor) -> Cursor:
        until = cursor.apollo - self._settings.overlap_seconds
        newest, taken, skipped, page = cursor.apollo, 0, 0, 1
        while True:
            read_at = self._clock.now()
            contacts, pages = await self._vendors.apollo.contacts_page(page)
            fresh = [c for c in contacts if _time(c["updated_at"]) > until]
            if page == 1 and contacts:
                newest = max(newest, _time(contacts[0]["updated_at"]))
            took, left = await self._capture(fresh, read_at)
            taken, skipped = taken + took, skipped + left
            self._crash("after page")
            if len(fresh) < len(contacts) or page >= pages or len(contacts) < PAGE:
                break
            if page >= LAST_PAGE:
                raise Fatal(
                    f"over {LAST_PAGE * PAGE} contacts changed since the last poll; capture by list or stage in the rules instead"
                )
            page += 1
        return msgspec.structs.replace(
            cursor, apollo=newest, captured=cursor.captured + taken, skipped_from_crm=cursor.skipped_from_crm + skipped
        )

    async def _capture(self, contacts: list[dict[str, Any]], read_at: float) -> tuple[int, int]:
        sent, skipped = [], 0
        for contact in contacts:
            version = f"{contact['id']} {contact['updated_at']}"
            if not self._known.add(version):
                continue
            if _from_crm(contact):
                skipped += 1
                continue
            lists = await self._vendors.apollo.label_names(contact.get("label_ids") or [])
            if not self._wanted(contact, lists):
                continue
            record = Captured(
                source="apollo",
                source_id=contact["id"],
                captured_at=read_at,
                raw=contact,
                custom=await self._vendors.apollo.name_fields(_custom_of(contact)),
                lists=lists,
                sequences_read_at=read_at,
                imported="poll",
            )
            key = f"apollo:{contact['id']}".encode()
            sent.append(await self._producer.send(names.CAPTURED.full, encode(record), key=key))
        for future in sent:
            await future
        self.passes.metrics.received("apollo", len(sent))
        return len(sent), skipped

    def _wanted(self, contact: dict[str, Any], lists: tuple[str, ...]) -> bool:
        rule = self._rules.capture
        return (
            (not rule.lists or bool(set(rule.lists) & set(lists)))
            and (not rule.stages or contact.get("contact_stage_id") in rule.stages)
            and (not rule.owners or contact.get("owner_id") in rule.owners)
        )


def _custom_of(contact: dict[str, Any]) -> dict[str, Any]:
    """Custom fields by their ids: the contact's, and its account's."""
    return {**((contact.get("account") or {}).get("typed_custom_fields") or {}), **(contact.get("typed_custom_fields") or {})}


def _from_crm(contact: dict[str, Any]) -> bool:
    """Apollo got it from the CRM: capturing it would send it round in a circle."""
    return contact.get("source") in {"crm", "salesforce", "hubspot"} and bool(
        contact.get("hubspot_vid") or contact.get("crm_id") or contact.get("salesforce_id")
    )


def _time(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
