"""The CRM's snapshot into `crm.records`: the people and companies that it holds before the first
live effect (docs/design/interleavings.md 14)."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from msgspec.structs import replace

from app.crm_sync.records import CrmRecordProducer, company_record, names_above
from app.crm_sync.report import ReportBuilder, SyncReport
from app.kafka.clients import ends, last_record, read_to
from connectors.core.crm import Account, Crm
from leads import topics
from leads.keys import Keys
from leads.records import CrmRecord, Record, encode

Part: TypeAlias = Literal["contacts", "companies", "end"]
_KEY = b"sync-crm"
_OTHERS = 50  # a reading that was cut off reports no more companies of one domain than these
_GOOD_FOR = 12 * 3600.0  # a day is what the shortest-lived page token is good for


class SyncCheckpoint(Record, frozen=True, kw_only=True):
    """How far a reading came: topic `cursors`.

    `since`: where its records begin, in each partition of `crm.records`.

    `after` is where the contacts go on, or the companies, once `part` says so; at its end only
    the marks are left.
    """

    started: float
    since: tuple[int, ...]
    part: Part = "contacts"
    after: str = ""
    contacts: int = 0
    companies: int = 0  # those with a web address
    owners: dict[str, int] = {}
    done: bool = False


async def begun(consumer: AIOKafkaConsumer) -> float:
    """When the last whole reading began, 0 if there was none: what has changed since is the
    poller's to tell."""
    kept = await last_record(consumer, _KEY, SyncCheckpoint)
    return kept.started if kept is not None and kept.done else 0.0


class FullSync:
    """A reading of the CRM.

    One that was cut off goes on where it was; after a whole one the next begins at the start,
    and writes the same keys.
    """

    def __init__(
        self,
        crm: Crm,
        producer: AIOKafkaProducer,
        consumer: AIOKafkaConsumer,
        keys: Keys,
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._crm, self._producer, self._consumer, self._keys, self._tell = (
            crm,
            producer,
            consumer,
            keys,
            progress,
        )
        self._found, self._records = ReportBuilder(), CrmRecordProducer(producer, keys)
        self._sites: dict[str, CrmRecord] = {}

    async def run(self, now: float, *, restart: bool = False) -> SyncReport:
        """Contacts with all their addresses, companies by brand, then an end marker in every
        partition.

        Each page is durable before the next is asked for. Raises what the CRM raises; what was
        read is kept.
        """
        at = None if restart else await self._left_off(now)
        if at is None:
            until = await ends(self._consumer, [topics.CRM_RECORDS.full])
            at = SyncCheckpoint(started=now, since=tuple(until[tp] for tp in sorted(until)))
        if at.part == "contacts":
            at = await self._read_contacts(at)
        if at.part == "companies":
            at = await self._read_companies(at)
        active = {owner.id for owner in await self._crm.owners() if owner.active}
        for partition in range(topics.PARTITIONS):
            record = CrmRecord(kind="complete", key="")
            await self._producer.send_and_wait(
                topics.CRM_RECORDS.full, encode(record), key=b"complete", partition=partition
            )
        await self._keep(replace(at, done=True))
        return self._found.snapshot(at.contacts, at.companies, at.owners, active)

    async def _left_off(self, now: float) -> SyncCheckpoint | None:
        """Where a reading of the last hours was cut off, None if there is none.

        What it had found is read back.
        """
        kept = await last_record(self._consumer, _KEY, SyncCheckpoint)
        if kept is None or kept.done or kept.started < now - _GOOD_FOR:
            return None
        since = {
            TopicPartition(topics.CRM_RECORDS.full, p): offset
            for p, offset in enumerate(kept.since)
        }
        async for record in read_to(
            self._consumer, await ends(self._consumer, [topics.CRM_RECORDS.full]), since
        ):
            one = msgspec.json.decode(record.value, type=CrmRecord)
            if one.kind == "contact":
                self._found.note_address(one.key, one.crm_id)
            if one.kind == "company":
                self._sites[one.key] = one
                for ident in (one.crm_id, *one.others):
                    self._found.note_site(one.key, ident)
        return kept

    async def _read_contacts(self, at: SyncCheckpoint) -> SyncCheckpoint:
        owners = Counter(at.owners)
        async for page in self._crm.contacts(at.after):
            for contact in page.rows:
                owners[contact.owner_id] += 1
                for address in await self._records.put_contact(contact):
                    self._found.note_address(address, contact.id)
            part: Part = "contacts" if page.after else "companies"
            count = at.contacts + len(page.rows)
            at = await self._keep(
                replace(at, part=part, after=page.after, contacts=count, owners=dict(owners))
            )
        return replace(at, part="companies", after="")

    async def _read_companies(self, at: SyncCheckpoint) -> SyncCheckpoint:
        async for page in self._crm.companies(at.after):
            sited = {
                c.id: (domain, c) for c in page.rows if (domain := self._keys.domain(c.domain))
            }
            await self._put_companies(sited)
            part: Part = "companies" if page.after else "end"
            at = await self._keep(
                replace(at, part=part, after=page.after, companies=at.companies + len(sited))
            )
        return at

    async def _put_companies(self, sited: Mapping[str, tuple[str, Account]]) -> None:
        """One record a domain: the oldest company's, by the ids, which grow in every CRM we
        know."""
        called = await names_above(self._crm, [company for _, company in sited.values()])
        for ident, (domain, _) in sited.items():
            self._found.note_site(domain, ident)
        for domain in dict.fromkeys(domain for domain, _ in sited.values()):
            oldest, *others = self._found.site(domain)
            one = (
                company_record(domain, sited[oldest][1], called)
                if oldest in sited
                else self._sites[domain]
            )
            self._sites[domain] = replace(one, others=tuple(others[:_OTHERS]))
            await self._records.put_company(self._sites[domain])

    async def _keep(self, at: SyncCheckpoint) -> SyncCheckpoint:
        """Have the broker's word for what was read, then for how far."""
        await self._records.flush()
        await self._producer.send_and_wait(topics.CURSORS.full, encode(at), key=_KEY)
        self._tell(at.contacts + at.companies)
        return at
