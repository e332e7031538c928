"""Reads the CRM's people and companies into `crm.records`, before the first live effect
(docs/design/interleavings.md 14)."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from msgspec.structs import replace

from app.crm_sync.records import CrmRecordProducer, company_record, names_above
from app.crm_sync.report import ReportBuilder, SyncReport
from app.kafka.clients import Offsets, ends, last_record, read_to
from connectors.core.crm import Account, Crm
from leads import topics
from leads.keys import Keys
from leads.records import CrmRecord, Record, encode

Part: TypeAlias = Literal["contacts", "companies", "end"]
_KEY = b"sync-crm"
#: A resumed reading reports at most so many further companies per domain.
_MOST_OTHERS = 50
_RESUME_WITHIN = 12 * 3600.0  # seconds; the shortest-lived page token is valid for a day


class SyncCheckpoint(Record, frozen=True, kw_only=True):
    """How far a reading has come: topic `cursors`.

    `since`: the offset in each partition of `crm.records` at which its records begin.

    `after` is the page token of `part`: contacts, then companies. At `end` only the end markers
    are missing.
    """

    started: float
    since: tuple[int, ...]
    part: Part = "contacts"
    after: str = ""
    contacts: int = 0
    companies: int = 0  # those with a web address
    owners: dict[str, int] = {}
    done: bool = False


async def last_full_sync(consumer: AIOKafkaConsumer) -> float:
    """When the last complete reading began, 0 if there was none. The poller reads what has changed
    since."""
    checkpoint = await last_record(consumer, _KEY, SyncCheckpoint)
    if checkpoint is None or not checkpoint.done:
        return 0.0
    return checkpoint.started


class FullSync:
    """A reading of the CRM.

    An interrupted reading is resumed at its last page. After a complete one the next begins at the
    start, and writes the same keys.
    """

    def __init__(
        self,
        crm: Crm,
        producer: AIOKafkaProducer,
        consumer: AIOKafkaConsumer,
        keys: Keys,
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._crm, self._producer, self._consumer, self._keys = crm, producer, consumer, keys
        self._progress = progress
        self._found, self._records = ReportBuilder(), CrmRecordProducer(producer, keys)
        self._sites: dict[str, CrmRecord] = {}

    async def run(self, now: float, *, restart: bool = False) -> SyncReport:
        """Read contacts with all their addresses and companies by brand, then write an end marker
        into every partition.

        Each page is durable before the next is requested. Raises what the CRM raises; what was
        read until then stays in the topic.
        """
        at = None
        if not restart:
            at = await self._resume(now)
        if at is None:
            at = await self._begin(now)
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
        await self._store(replace(at, done=True))
        return self._found.snapshot(at.contacts, at.companies, at.owners, active)

    async def _begin(self, now: float) -> SyncCheckpoint:
        until = await ends(self._consumer, [topics.CRM_RECORDS.full])
        return SyncCheckpoint(started=now, since=tuple(until[tp] for tp in sorted(until)))

    async def _resume(self, now: float) -> SyncCheckpoint | None:
        """The checkpoint of an interrupted reading of the last hours, None if there is none.

        Reads back what that reading had found.
        """
        checkpoint = await last_record(self._consumer, _KEY, SyncCheckpoint)
        if checkpoint is None or checkpoint.done or checkpoint.started < now - _RESUME_WITHIN:
            return None
        since: Offsets = {}
        for partition, offset in enumerate(checkpoint.since):
            since[TopicPartition(topics.CRM_RECORDS.full, partition)] = offset
        until = await ends(self._consumer, [topics.CRM_RECORDS.full])
        async for record in read_to(self._consumer, until, since):
            self._note(msgspec.json.decode(record.value, type=CrmRecord))
        return checkpoint

    def _note(self, record: CrmRecord) -> None:
        if record.kind == "contact":
            self._found.note_address(record.key, record.crm_id)
        if record.kind == "company":
            self._sites[record.key] = record
            for ident in (record.crm_id, *record.others):
                self._found.note_site(record.key, ident)

    async def _read_contacts(self, at: SyncCheckpoint) -> SyncCheckpoint:
        owners = Counter(at.owners)
        async for page in self._crm.contacts(at.after):
            for contact in page.rows:
                owners[contact.owner_id] += 1
                for address in await self._records.put_contact(contact):
                    self._found.note_address(address, contact.id)
            part: Part = "contacts" if page.after else "companies"
            count = at.contacts + len(page.rows)
            at = await self._store(
                replace(at, part=part, after=page.after, contacts=count, owners=dict(owners))
            )
        return replace(at, part="companies", after="")

    async def _read_companies(self, at: SyncCheckpoint) -> SyncCheckpoint:
        async for page in self._crm.companies(at.after):
            domains: dict[str, str] = {}  # by company id
            companies: dict[str, Account] = {}
            for company in page.rows:
                if domain := self._keys.domain(company.domain):
                    domains[company.id] = domain
                    companies[company.id] = company
            await self._put_companies(domains, companies)
            part: Part = "companies" if page.after else "end"
            at = await self._store(
                replace(at, part=part, after=page.after, companies=at.companies + len(companies))
            )
        return at

    async def _put_companies(
        self, domains: Mapping[str, str], companies: Mapping[str, Account]
    ) -> None:
        """Write one record per domain: that of the oldest company, by the ids, which grow in every
        supported CRM. Both mappings are by company id."""
        names = await names_above(self._crm, companies.values())
        for ident, domain in domains.items():
            self._found.note_site(domain, ident)
        for domain in dict.fromkeys(domains.values()):
            oldest, *others = self._found.site(domain)
            if oldest in companies:
                self._sites[domain] = company_record(domain, companies[oldest], names)
            self._sites[domain] = replace(self._sites[domain], others=tuple(others[:_MOST_OTHERS]))
            await self._records.put_company(self._sites[domain])

    async def _store(self, at: SyncCheckpoint) -> SyncCheckpoint:
        """Wait until the broker has the records, then store the checkpoint."""
        await self._records.flush()
        await self._producer.send_and_wait(topics.CURSORS.full, encode(at), key=_KEY)
        self._progress(at.contacts + at.companies)
        return at
