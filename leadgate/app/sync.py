"""The CRM's snapshot into `crm.records`: whom it already holds, before the first live effect (INTERLEAVINGS 14)."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaProducer

from leadgate.connectors.contract import CompanyKnown, Contact, Crm
from leadgate.leads import names
from leadgate.leads.keys import Keys
from leadgate.leads.match import brand
from leadgate.leads.records import CrmRecord, encode
from leadgate.streams.outbox import partition_of

_SHOWN = 20


@dataclass(slots=True)
class Snapshot:
    """What was read, and what a person may want to mend before the first import."""

    contacts: int = 0
    addresses: int = 0
    companies: int = 0
    twice: list[list[str]] = field(default_factory=list)  # ids of contacts that share an address
    domains: dict[str, list[str]] = field(default_factory=dict)  # of several companies; the first is the one that is used
    unowned: int = 0  # contacts whose owner has left

    def report(self) -> dict[str, Any]:
        """For programs."""
        counts = {"contacts": self.contacts, "addresses": self.addresses, "companies": self.companies}
        return {**counts, "duplicates": self.twice, "shared_domains": self.domains, "of_inactive_owners": self.unowned}

    def text(self) -> str:
        """For a person: the counts, and the first of each finding."""
        lines = [f"{self.contacts} contacts, {self.addresses} addresses, {self.companies} companies"]
        lines += [f"the same person twice: contacts {', '.join(ids)}" for ids in self.twice[:_SHOWN]]
        lines += [
            f"{d}: companies {', '.join(ids)}; the oldest, {ids[0]}, is used" for d, ids in [*self.domains.items()][:_SHOWN]
        ]
        left = max(0, len(self.twice) - _SHOWN) + max(0, len(self.domains) - _SHOWN)
        lines += [f"and {left} more of these; --json shows all"] if left else []
        lines += [f"{self.unowned} contacts belong to users who have left: they are routed anew"] if self.unowned else []
        return "\n".join(lines)


class Syncing:
    """One reading of the CRM. Repeatable: it writes the same records under the same keys."""

    def __init__(
        self, crm: Crm, producer: AIOKafkaProducer, keys: Keys, progress: Callable[[int], None] = lambda _: None
    ) -> None:
        self._crm, self._producer, self._keys, self._progress = crm, producer, keys, progress
        self._snapshot = Snapshot()
        self._holders: dict[str, list[str]] = {}
        self._owners: Counter[str] = Counter()
        self._sites: dict[str, list[tuple[str, str]]] = {}
        self._sent: list[Awaitable[object]] = []

    async def run(self) -> Snapshot:
        """Contacts with all their addresses, companies by brand, then an end marker in every partition."""
        async for page in self._crm.contacts():
            for contact in page:
                await self._put_contact(contact)
            self._snapshot.contacts += len(page)
            await self._flush()
        async for companies in self._crm.companies():
            for company in companies:
                self._note_company(company)
            self._progress(self._snapshot.contacts + self._snapshot.companies)
        await self._put_companies()
        for partition in range(names.PARTITIONS):
            record = CrmRecord(kind="complete", key="")
            await self._producer.send_and_wait(names.CRM_RECORDS.full, encode(record), key=b"complete", partition=partition)
        return await self._found()

    async def _put_contact(self, contact: Contact) -> None:
        person = contact.key or self._keys.address(contact.email)
        self._owners[contact.owner_id] += 1
        for address in dict.fromkeys(a for e in (contact.email, *contact.emails) if (a := self._keys.address(e))):
            record = CrmRecord(kind="contact", key=address, crm_id=contact.id, person_key=person)
            await self._put(address, record)
            self._holders.setdefault(address, []).append(contact.id)
            self._snapshot.addresses += 1

    def _note_company(self, company: CompanyKnown) -> None:
        if domain := self._keys.domain(company.domain):
            self._sites.setdefault(domain, []).append((company.id, company.name))
            self._snapshot.companies += 1

    async def _put_companies(self) -> None:
        """One a domain: the oldest, by the ids, which grow in every CRM we know."""
        for domain, sites in self._sites.items():
            sites.sort(key=lambda site: (len(site[0]), site[0]))
            ident, name = sites[0]
            await self._put(brand(domain), CrmRecord(kind="company", key=domain, crm_id=ident, name=name), suffix=domain)
        await self._flush()

    async def _put(self, place: str, record: CrmRecord, suffix: str = "") -> None:
        """Send to the partition of `place`; the topic's key also holds what tells two records of one place apart."""
        key = f"{record.kind}:{place}:{suffix}".encode()
        home = partition_of(place.encode())
        self._sent.append(await self._producer.send(names.CRM_RECORDS.full, encode(record), key=key, partition=home))

    async def _flush(self) -> None:
        """Have the broker's word for what was sent, page by page."""
        for future in self._sent:
            await future
        self._sent.clear()
        self._progress(self._snapshot.contacts + self._snapshot.companies)

    async def _found(self) -> Snapshot:
        active = {owner.id for owner in await self._crm.owners() if owner.active}
        self._snapshot.unowned = sum(n for owner, n in self._owners.items() if owner and owner not in active)
        self._snapshot.domains = {d: [ident for ident, _ in sites] for d, sites in self._sites.items() if len(sites) > 1}
        shared = {tuple(dict.fromkeys(ids)) for ids in self._holders.values() if len(set(ids)) > 1}
        self._snapshot.twice = sorted(map(list, shared))
        return self._snapshot
