"""Apollo's contacts as records of `captured`; an unusable one is set aside, and the others are
captured."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import msgspec
from aiokafka import AIOKafkaProducer

from app.ingest.recent_ids import RecentIds
from app.ingest.set_aside import Aside
from connectors.apollo.client import ApolloClient
from leads import topics
from leads.records import Captured, encode
from leads.rules import Rules
from streams.runner.decoding import MAX_RECORD


class _Account(msgspec.Struct):
    typed_custom_fields: dict[str, Any] | None = None


class _Contact(msgspec.Struct):
    """The fields of a contact that the poller reads; intake checks the rest."""

    id: Annotated[str, msgspec.Meta(min_length=1)]
    updated_at: str
    label_ids: list[str] | None = None
    account: _Account | None = None
    typed_custom_fields: dict[str, Any] | None = None
    source: str | None = None
    contact_stage_id: str | None = None
    owner_id: str | None = None


class _ReadContact(NamedTuple):
    raw: dict[str, Any]
    contact: _Contact
    changed_at: float


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
    ) -> None:
        self._rules, self._apollo, self._producer = rules, apollo, producer
        self._aside, self._received = aside, received
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

    async def _decode(self, raw: Any) -> _ReadContact | None:
        """A contact with the fields that the poller reads; sets it aside and returns None if it is
        unusable."""
        try:
            contact = msgspec.convert(raw, _Contact)
            return _ReadContact(raw, contact, _time(contact.updated_at))
        except (msgspec.ValidationError, ValueError, OverflowError, RecursionError) as error:
            await self._aside.put("apollo", f"the contact can't be used: {error}", raw)
            return None

    async def _capture(self, contacts: list[_ReadContact], read_at: float, done: Pass) -> None:
        sent = []
        for raw, contact, _ in contacts:
            if not self._known.add(f"{contact.id} {contact.updated_at}"):
                continue
            if _from_crm(raw):
                done.from_crm += 1
                continue
            lists = await self._apollo.label_names(contact.label_ids or [])
            if not self._wanted(contact, lists):
                continue
            custom = await self._apollo.name_fields(_custom_of(contact))
            value = await self._encoded(raw, contact, lists, custom, read_at)
            if value is not None:
                sent.append(
                    await self._producer.send(
                        topics.CAPTURED.full, value, key=f"apollo:{contact.id}".encode()
                    )
                )
        for future in sent:
            await future
        done.captured += len(sent)
        self._received(len(sent))

    async def _encoded(
        self,
        raw: dict[str, Any],
        contact: _Contact,
        lists: tuple[str, ...],
        custom: dict[str, Any],
        read_at: float,
    ) -> bytes | None:
        """The record's bytes; sets it aside and returns None if it can't be encoded, or is larger
        than intake accepts."""
        record = Captured(
            source="apollo",
            source_id=contact.id,
            captured_at=read_at,
            raw=raw,
            custom=custom,
            lists=lists,
            sequences_read_at=read_at,
            imported="poll",
        )
        try:
            value = encode(record)
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            await self._aside.put(
                "apollo", f"contact {contact.id!a} can't be written: {error}", raw
            )
            return None
        if len(value) > MAX_RECORD:
            await self._aside.put(
                "apollo",
                f"contact {contact.id!a} has {len(value)} bytes, more than {MAX_RECORD}",
                raw,
            )
            return None
        return value

    def _wanted(self, contact: _Contact, lists: tuple[str, ...]) -> bool:
        rule = self._rules.capture
        return (
            (not rule.lists or bool(set(rule.lists) & set(lists)))
            and (not rule.stages or contact.contact_stage_id in rule.stages)
            and (not rule.owners or contact.owner_id in rule.owners)
        )


def _custom_of(contact: _Contact) -> dict[str, Any]:
    """Custom fields by their ids: the contact's, and its account's."""
    fields: dict[str, Any] = {}
    if contact.account is not None:
        fields |= contact.account.typed_custom_fields or {}
    return fields | (contact.typed_custom_fields or {})


def _from_crm(contact: dict[str, Any]) -> bool:
    """Whether Apollo got the contact from the CRM: to capture it would write it back there."""
    return contact.get("source") in {"crm", "salesforce", "hubspot"} and bool(
        contact.get("hubspot_vid") or contact.get("crm_id") or contact.get("salesforce_id")
    )


def _time(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
