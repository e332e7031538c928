"""What is heard of leads later: Apollo's messages and the CRM's changes, into `signals`."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog
from aiokafka import AIOKafkaProducer

from app.base.settings import Settings
from app.base.vendors import VendorClients
from app.crm_sync.id_index import CrmIdIndex
from app.ingest.recent_ids import RecentIds
from app.ingest.set_aside import Aside
from app.kafka.clients import consuming
from connectors.apollo.api import PAGE
from connectors.core.crm import ActivityAsked, Contact
from connectors.core.errors import NotInPlan
from leads import topics
from leads.keys import Keys, derive
from leads.records import Signal, encode
from streams.ports import Clock
from streams.runner.outbox import partition_of

log = structlog.get_logger(__name__)

#: The flags that a message shows of itself. An opt-out has none: only the filter knows it
#: (docs/design/vendors.md Apollo 4).
_FLAGS = {"bounce": "bounce", "spam_blocked": "bounce", "replied": "reply"}
_FLAGGED = ("bounced", "spam_blocked", "replied")
_CRM_OVERLAP = 60.0
_BIN_OVERLAP = 300.0  # counted by our clock, which may differ from the CRM's
_FEW_PAGES, _A_PAGE = 10, 6.0  # of deleted contacts, and seconds for each page of a larger bin


class _Message(msgspec.Struct):
    """What is read of a message, whichever its state."""

    id: str
    to_email: str | None = None
    reply_class: str | None = None


class SignalPoller:
    """The poller's second half.

    Its sources are independent of each other, and may be read at the same time.
    """

    def __init__(
        self,
        settings: Settings,
        vendors: VendorClients,
        producer: AIOKafkaProducer,
        clock: Clock,
        keys: Keys,
        aside: Aside,
    ) -> None:
        self._settings, self._vendors, self._producer, self._clock, self._keys = (
            settings,
            vendors,
            producer,
            clock,
            keys,
        )
        self._aside = aside
        self._known = RecentIds()
        self._ids = CrmIdIndex(vendors.crm, producer)
        self._ids_loaded = not self._ids.needed
        self._loading = asyncio.Lock()
        self._bin_after = 0.0

    async def _load_ids(self) -> None:
        """What must be known before anything is added to it, and before a deletion can be read."""
        async with self._loading:
            if not self._ids_loaded:
                async with consuming(self._settings) as consumer:
                    await self._ids.load(consumer)
                self._ids_loaded = True

    async def poll_messages(self) -> None:
        """What became of the messages that Apollo has sent: a rolling window, since states change
        days later."""
        since = (
            datetime.fromtimestamp(self._clock.now() - self._settings.signals_days * 86_400, UTC)
            .date()
            .isoformat()
        )
        async for messages in self._message_pages(_FLAGGED, since):
            flagged = [(m, flag, kind) for m in messages for flag, kind in _FLAGS.items()]
            await self._tell([s for one in flagged if (s := await self._flagged(*one))])
        async for messages in self._message_pages(("unsubscribed",), since):
            await self._tell(
                [
                    s
                    for m in messages
                    if (s := await self._message_signal(m, "unsubscribed", "unsubscribe"))
                ]
            )

    async def _flagged(self, message: Any, flag: str, kind: str) -> Signal | None:
        """The signal of a message that shows the flag.

        An odd one is set aside by whichever flag is asked.
        """
        if isinstance(message, dict) and not message.get(flag):
            return None
        return await self._message_signal(message, flag, kind)

    async def _message_pages(
        self, stats: tuple[str, ...], since: str
    ) -> AsyncIterator[list[dict[str, Any]]]:
        page = 1
        while True:
            messages = await self._vendors.apollo.messages(stats, since, page)
            yield messages
            if len(messages) < PAGE:
                return
            page += 1

    async def _message_signal(self, raw: Any, flag: str, kind: str) -> Signal | None:
        """None for a message to nobody whom we could name, and once an odd one is set aside."""
        try:
            message = msgspec.convert(raw, _Message)
        except (msgspec.ValidationError, RecursionError) as error:
            await self._aside.put(
                "apollo", f"a message's state ({kind}) can't be used: {error}", raw
            )
            return None
        key = self._keys.address(message.to_email or "")
        if not key:
            return None
        ident = derive("signal", "apollo", message.id, flag)
        heard = self._clock.now()
        return Signal(
            signal_id=ident,
            kind=kind,
            heard_at=heard,
            source="apollo",
            address_key=key,
            person_key=key,
            value=message.reply_class or "",
        )

    async def poll_changes(self, since: float) -> float:
        """What changed in the CRM; the time of the newest change.

        What stops a lead is told first.
        """
        changed = await self._vendors.crm.changed_since(max(0.0, since - _CRM_OVERLAP))
        await self._tell(
            [signal for contact in changed for signal in self._contact_signals(contact)]
        )
        await self._load_ids()
        await self._ids.note(changed)
        try:
            await self._poll_activities(changed)
        except NotInPlan as error:
            log.warning(
                "owners' activities can't be read: clocks are stopped by the owner's click alone",
                why=str(error),
            )
        return max([since, *(c.changed_at for c in changed)])

    async def poll_deleted(self, since: float) -> float:
        """Who was deleted; from when on to ask the next time.

        A whole bin of many pages is read more seldom, so that it costs ten calls a minute.
        """
        begun = self._clock.now()
        if self._vendors.crm.tells_deleted and begun < self._bin_after:
            return since
        await self._load_ids()
        pages = 0
        async for page in self._vendors.crm.deleted(max(0.0, since - _BIN_OVERLAP), self._ids.keys):
            await self._tell([self._signal(c, "deleted", "", 0.0) for c in page])
            pages += 1
        self._bin_after = self._clock.now() + (pages * _A_PAGE if pages > _FEW_PAGES else 0.0)
        return begun

    async def _poll_activities(self, changed: list[Contact]) -> None:
        """Who acted, once for each time that the CRM says somebody did; after everything that stops
        a lead is told."""
        fresh = {
            f"activity {c.id} {c.contacted_at}": c for c in changed if c.contacted_at and c.owner_id
        }
        fresh = {name: contact for name, contact in fresh.items() if name not in self._known}
        asked = [
            ActivityAsked(contact_id=c.id, owner_id=c.owner_id, since=c.contacted_at - 60.0)
            for c in fresh.values()
        ]
        times = await self._vendors.crm.activities(asked) if asked else []
        done = zip(fresh.values(), times, strict=True)
        await self._tell(
            [self._signal(contact, "activity", contact.owner_id, at) for contact, at in done if at]
        )
        for name in fresh:
            self._known.add(name)

    def _contact_signals(self, contact: Contact) -> list[Signal]:
        found = []
        if contact.opted_out:
            found.append(self._signal(contact, "unsubscribe", "", 0.0))
        if contact.bounced:
            found.append(self._signal(contact, "bounce", "", 0.0))
        if contact.replied_at:
            found.append(self._signal(contact, "reply", "", contact.replied_at))
        if contact.owner_id:
            found.append(self._signal(contact, "owner", contact.owner_id, 0.0))
        return found

    def _signal(self, contact: Contact, kind: str, value: str, at: float) -> Signal:
        key = contact.key or self._keys.address(contact.email)
        ident = derive(
            "signal",
            "crm",
            contact.id,
            kind,
            value,
            at,
            self._keys.address(contact.email) if kind == "bounce" else "",
        )
        address = self._keys.address(contact.email) if kind == "bounce" else key
        return Signal(
            signal_id=ident,
            kind=kind,
            heard_at=at or self._clock.now(),
            source="crm",
            address_key=address,
            person_key=key,
            crm_id=contact.id,
            value=value,
        )

    async def _tell(self, signals: list[Signal]) -> None:
        sent = []
        for signal in signals:
            if not self._known.add(signal.signal_id):
                continue
            key = signal.address_key.encode()
            sent.append(
                await self._producer.send(
                    topics.SIGNALS.full, encode(signal), key=key, partition=partition_of(key)
                )
            )
        for future in sent:
            await future
