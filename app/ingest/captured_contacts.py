"""Apollo's contacts as records of `captured`; an unusable one is set aside, and the others are
captured."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer

from app.ingest.recent_ids import RecentIds
from app.ingest.set_aside import Aside
from app.kafka.sending import send_all
from app.privacy.captured_messages import captured_messages
from connectors.apollo.client import ApolloClient
from leads.polled_contact import PolledContact, came_from_crm, is_wanted, read_contact, to_record
from leads.records import Captured, encode
from leads.rules import Rules
from leads.sealing import Sealing
from streams.runner.decoding import refusal


@dataclass(slots=True)
class Pass:
    """The result of a pass: the newest change, how many contacts were captured, and how many were
    skipped because they came from the CRM."""

    newest: float
    captured: int = 0
    from_crm: int = 0

    def count(self, other: "Pass") -> None:
        """Add the numbers of another one."""
        self.captured += other.captured
        self.from_crm += other.from_crm


class ContactCapture:
    """Captures what the rules want of Apollo's contacts, each change of a contact once per process.

    `received` is called with each number of contacts captured.
    """

    def __init__(
        self,
        rules: Rules,
        apollo: ApolloClient,
        producer: AIOKafkaProducer,
        aside: Aside,
        received: Callable[[int], None],
        sealing: Sealing,
    ) -> None:
        self._rules, self._apollo, self._producer = rules, apollo, producer
        self._aside, self._received, self._sealing = aside, received, sealing
        self._known = RecentIds()

    async def capture_page(self, page: list[Any], until: float, read_at: float, done: Pass) -> bool:
        """Capture the contacts of a page that changed after `until`; returns whether there is one
        that did not. Durable when it returns."""
        fresh, older = [], False
        for raw in page:
            contact = await self._decode(raw)
            if contact is None:
                continue
            if contact.changed_at <= until:
                older = True
                continue
            fresh.append(contact)
            # a time in the future is Apollo's error: a cursor there would skip all until then
            if contact.changed_at <= read_at:
                done.newest = max(done.newest, contact.changed_at)
        await self._capture(fresh, read_at, done)
        return older

    async def _decode(self, raw: Any) -> PolledContact | None:
        """The contact; sets it aside and returns None if it is unusable."""
        try:
            return read_contact(raw)
        except ValueError as error:
            await self._aside.put("apollo", str(error), raw)
            return None

    async def _capture(self, contacts: list[PolledContact], read_at: float, done: Pass) -> None:
        records = []
        for contact in contacts:
            raw, fields, _ = contact
            if not self._known.add(f"{fields.id} {fields.updated_at}"):
                continue
            if came_from_crm(raw):
                done.from_crm += 1
                continue
            lists = await self._apollo.label_names(fields.label_ids or [])
            if not is_wanted(fields, lists, self._rules.capture):
                continue
            custom = await self._apollo.name_fields(fields.custom())
            record = to_record(contact, lists, custom, read_at)
            if await self._is_taken(record):
                records.append(record)
        sent = []
        for record, message in zip(
            records, await captured_messages(records, self._sealing), strict=True
        ):
            if why := refusal(message.value):
                await self._set_aside(record, why)
            else:
                sent.append(message)
        await send_all(self._producer, sent)
        done.captured += len(sent)
        self._received(len(sent))

    async def _is_taken(self, record: Captured) -> bool:
        """Whether the record can be encoded, and intake takes it: how deep it is nested shows only
        before it is sealed. Another one is set aside."""
        try:
            why = refusal(encode(record))
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            why = f"it can't be written: {error}"
        if why:
            await self._set_aside(record, why)
        return not why

    async def _set_aside(self, record: Captured, why: str) -> None:
        await self._aside.put("apollo", f"contact {record.source_id!a}: {why}", record.raw)
