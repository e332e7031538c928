"""Later facts about leads: Apollo's messages and the CRM's changes, into `signals`."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import chain
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
from app.kafka.sending import Message, send_all
from connectors.apollo.api import PAGE
from connectors.core.crm import ActivityAsked, Contact
from connectors.core.errors import NotInPlan
from leads import topics
from leads.keys import Keys, derive
from leads.records import Signal, encode
from streams.ports import Clock
from streams.runner.outbox import partition_of

log = structlog.get_logger(__name__)

#: The flags of a message, and the kind of signal that each one makes. An opt-out has no flag: it
#: shows only in the filter of the search (docs/design/vendors.md Apollo 4).
_FLAGS = {"bounce": "bounce", "spam_blocked": "bounce", "replied": "reply"}
_FLAGGED = ("bounced", "spam_blocked", "replied")
_CRM_OVERLAP = 60.0
_BIN_OVERLAP = 300.0  # by this machine's clock, which may differ from the CRM's
_FEW_PAGES, _A_PAGE = 10, 6.0  # of deleted contacts, and seconds for each page of a larger bin


class _Message(msgspec.Struct):
    """The fields that are read of a message."""

    id: str
    to_email: str | None = None
    reply_class: str | None = None


class SignalPoller:
    """Reads the sources of signals.

    The sources are independent of each other, and may be read concurrently.
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
        """Load the index once, before anything is added to it and before deletions are read."""
        async with self._loading:
            if not self._ids_loaded:
                async with consuming(self._settings) as consumer:
                    await self._ids.load(consumer)
                self._ids_loaded = True

    async def poll_messages(self) -> None:
        """Read the state of the messages that Apollo has sent, over a rolling window: a message's
        state can change days later."""
        since = (
            datetime.fromtimestamp(self._clock.now() - self._settings.signals_days * 86_400, UTC)
            .date()
            .isoformat()
        )
        async for messages in self._message_pages(_FLAGGED, since):
            signals = []
            for message in messages:
                signals += await self._flag_signals(message)
            await self._send(signals)
        async for messages in self._message_pages(("unsubscribed",), since):
            signals = []
            for message in messages:
                signals += await self._message_signals(message, "unsubscribed", "unsubscribe")
            await self._send(signals)

    async def _flag_signals(self, message: Any) -> list[Signal]:
        """A signal for each flag that the message has; an unusable message is set aside."""
        signals = []
        for flag, kind in _FLAGS.items():
            if not isinstance(message, dict) or message.get(flag):
                signals += await self._message_signals(message, flag, kind)
        return signals

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

    async def _message_signals(self, raw: Any, flag: str, kind: str) -> list[Signal]:
        """The signal of a message; empty for a message without a valid address. An unusable message
        is set aside."""
        try:
            message = msgspec.convert(raw, _Message)
        except (msgspec.ValidationError, RecursionError) as error:
            await self._aside.put(
                "apollo", f"a message's state ({kind}) can't be used: {error}", raw
            )
            return []
        key = self._keys.address(message.to_email or "")
        if not key:
            return []
        signal = Signal(
            signal_id=derive("signal", "apollo", message.id, flag),
            kind=kind,
            at=self._clock.now(),
            source="apollo",
            address_key=key,
            person_key=key,
            value=message.reply_class or "",
        )
        return [signal]

    async def poll_changes(self, since: float) -> float:
        """Send the signals of what has changed in the CRM; returns the time of the newest change.

        Signals that stop a lead are sent first.
        """
        changed = await self._vendors.crm.changed_since(max(0.0, since - _CRM_OVERLAP))
        await self._send(list(chain.from_iterable(map(self._contact_signals, changed))))
        await self._load_ids()
        await self._ids.note(changed)
        try:
            await self._poll_activities(changed)
        except NotInPlan as error:
            log.warning(
                "owners' activities can't be read: only the owner's click stops a clock",
                why=str(error),
            )
        return max([since, *(contact.changed_at for contact in changed)])

    async def poll_deleted(self, since: float) -> float:
        """Send a signal for each deleted contact; returns the time from which on to ask next.

        A large bin of deleted contacts is read less often, so that it costs ten calls a minute.
        """
        begun = self._clock.now()
        if self._vendors.crm.tells_deleted and begun < self._bin_after:
            return since
        await self._load_ids()
        pages = 0
        async for page in self._vendors.crm.deleted(max(0.0, since - _BIN_OVERLAP), self._ids.keys):
            await self._send([self._signal(contact, "deleted", "", 0.0) for contact in page])
            pages += 1
        self._bin_after = self._clock.now()
        if pages > _FEW_PAGES:
            self._bin_after += pages * _A_PAGE
        return begun

    async def _poll_activities(self, changed: list[Contact]) -> None:
        """Send the owners' activities, each one once. The signals that stop a lead are sent
        before."""
        fresh: dict[str, Contact] = {}
        for contact in changed:
            name = f"activity {contact.id} {contact.contacted_at}"
            if contact.contacted_at and contact.owner_id and name not in self._known:
                fresh[name] = contact
        if not fresh:
            return
        times = await self._vendors.crm.activities(list(map(_activity_asked, fresh.values())))
        signals = []
        for contact, at in zip(fresh.values(), times, strict=True):
            if at:
                signals.append(self._signal(contact, "activity", contact.owner_id, at))
        await self._send(signals)
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
        address, bounced = key, ""
        if kind == "bounce":  # concerns one address, not the person
            address = bounced = self._keys.address(contact.email)
        return Signal(
            signal_id=derive("signal", "crm", contact.id, kind, value, at, bounced),
            kind=kind,
            at=at or self._clock.now(),
            source="crm",
            address_key=address,
            person_key=key,
            crm_id=contact.id,
            value=value,
        )

    async def _send(self, signals: list[Signal]) -> None:
        """Send the signals that this process has not sent yet. Durable when it returns."""
        await send_all(self._producer, self._new_messages(signals))

    def _new_messages(self, signals: list[Signal]) -> Iterator[Message]:
        for signal in signals:
            if self._known.add(signal.signal_id):
                key = signal.address_key.encode()
                yield Message(topics.SIGNALS.full, key, encode(signal), partition_of(key))


def _activity_asked(contact: Contact) -> ActivityAsked:
    since = contact.contacted_at - 60.0
    return ActivityAsked(contact_id=contact.id, owner_id=contact.owner_id, since=since)
