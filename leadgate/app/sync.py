"""The CRM's snapshot into `crm.records`: whom it already holds, before the first live effect (INTERLEAVINGS 14)."""

from collections import Counter
from collections.abc import Callable

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from leadgate.app.crmrecords import CrmRecords
from leadgate.app.kafka import ends, last_record, read_to
from leadgate.app.snapshot import Found, Snapshot
from leadgate.connectors.contract import CompanyKnown, Crm
from leadgate.leads import names
from leadgate.leads.keys import Keys
from leadgate.leads.records import CrmRecord, Record, encode

_KEY = b"sync-crm"
_GOOD_FOR = 12 * 3600.0  # a day is what the shortest-lived page token is good for


class Bookmark(Record, frozen=True, kw_only=True):
    """How far a reading came: topic `cursors`. `since`: where its records begin, in each partition of `crm.records`.

    `after` is where the contacts go on; '' with `contacts` read means that only the companies are left.
    """

    started: float
    since: tuple[int, ...]
    after: str = ""
    contacts: int = 0
    owners: dict[str, int] = {}
    done: bool = False


async def begun(consumer: AIOKafkaConsumer) -> float:
    """When the last whole reading began, 0 if there was none: what has changed since is the poller's to tell."""
    kept = await last_record(consumer, _KEY, Bookmark)
    return kept.started if kept is not None and kept.done else 0.0


class Syncing:
    """A reading of the CRM. One that was cut off goes on where it was; a whole one begins anew, and writes the same keys."""

    def __init__(
        self,
        crm: Crm,
        producer: AIOKafkaProducer,
        consumer: AIOKafkaConsumer,
        keys: Keys,
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._crm, self._producer, self._consumer, self._keys, self._tell = crm, producer, consumer, keys, progress
        self._found, self._records = Found(), CrmRecords(producer, keys)

    async def run(self, now: float, *, anew: bool = False) -> Snapshot:
        """Contacts with all their addresses, companies by brand, then an end marker in every partition.

        Each page of contacts is durable before the next is asked for. Raises what the CRM raises; what was read is kept.
        """
        at = None if anew else await self._left_off(now)
        if at is None:
            until = await ends(self._consumer, [names.CRM_RECORDS.full])
            at = Bookmark(started=now, since=tuple(until[tp] for tp in sorted(until)))
        if at.after or not at.contacts:
            at = await self._read_contacts(at)
        companies = await self._read_companies(at.contacts)
        for partition in range(names.PARTITIONS):
            record = CrmRecord(kind="complete", key="")
            await self._producer.send_and_wait(names.CRM_RECORDS.full, encode(record), key=b"complete", partition=partition)
        await self._keep(msgspec.structs.replace(at, done=True))
        active = {owner.id for owner in await self._crm.owners() if owner.active}
        return self._found.snapshot(at.contacts, companies, at.owners, active)

    async def _left_off(self, now: float) -> Bookmark | None:
        """Where a reading of the last hours was cut off, None if there is none. What it had found is read back."""
        kept = await last_record(self._consumer, _KEY, Bookmark)
        if kept is None or kept.done or kept.started < now - _GOOD_FOR:
            return None
        since = {TopicPartition(names.CRM_RECORDS.full, p): offset for p, offset in enumerate(kept.since)}
        async for record in read_to(self._consumer, await ends(self._consumer, [names.CRM_RECORDS.full]), since):
            one = msgspec.json.decode(record.value, type=CrmRecord)
            if one.kind == "contact":
                self._found.note_address(one.key, one.crm_id)
        return kept

    async def _read_contacts(self, at: Bookmark) -> Bookmark:
        owners = Counter(at.owners)
        async for page in self._crm.contacts(at.after):
            for contact in page.contacts:
                owners[contact.owner_id] += 1
                for address in await self._records.put_contact(contact):
                    self._found.note_address(address, contact.id)
            await self._records.flush()
            at = msgspec.structs.replace(at, after=page.after, contacts=at.contacts + len(page.contacts), owners=dict(owners))
            await self._keep(at)
            self._tell(at.contacts)
        return msgspec.structs.replace(at, after="")

    async def _read_companies(self, before: int) -> int:
        """One record a domain: the oldest company's, by the ids, which grow in every CRM we know."""
        called: dict[str, str] = {}
        known: dict[str, CompanyKnown] = {}
        async for companies in self._crm.companies():
            for company in companies:
                called[company.id] = company.name
                if domain := self._keys.domain(company.domain):
                    self._found.note_site(domain, company.id)
                    known[company.id] = company
            self._tell(before + len(called))
        for domain, ident in self._found.sites():
            await self._records.put_company(domain, known[ident], called.get(known[ident].parent_id, ""))
        await self._records.flush()
        return len(known)

    async def _keep(self, at: Bookmark) -> None:
        await self._producer.send_and_wait(names.CURSORS.full, encode(at), key=_KEY)
