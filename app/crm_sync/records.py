"""Writes the CRM's people and companies into `crm.records`: all of them for sync-crm, those that
have changed since for the poller."""

from collections.abc import Awaitable, Collection, Iterable, Mapping

from aiokafka import AIOKafkaProducer

from connectors.core.crm import Account, CompanyAsked, Contact, Crm
from leads import topics
from leads.keys import Keys
from leads.matching.brands import domain_stem
from leads.records import CrmRecord, encode
from streams.runner.outbox import partition_of


class CrmRecordProducer:
    """Writes records under keys by which a later record replaces an earlier one.

    Durable once `flush` returns.
    """

    def __init__(self, producer: AIOKafkaProducer, keys: Keys) -> None:
        self._producer, self._keys = producer, keys
        self._sent: list[Awaitable[object]] = []

    async def put_contact(self, contact: Contact) -> list[str]:
        """Write one record for each of the contact's addresses; returns the addresses' keys."""
        person = contact.key or self._keys.address(contact.email)
        addresses = _distinct(map(self._keys.address, (contact.email, *contact.emails)))
        for address in addresses:
            record = CrmRecord(kind="contact", key=address, crm_id=contact.id, person_key=person)
            await self._put(address, record, suffix=contact.id)
        return addresses

    async def put_company(self, record: CrmRecord) -> None:
        """Write the company of a domain."""
        await self._put(domain_stem(record.key), record, suffix=record.key)

    async def _put(self, place: str, record: CrmRecord, suffix: str) -> None:
        """Send to the partition of `place`; `suffix` distinguishes the keys of several records of
        one place."""
        key = f"{record.kind}:{place}:{suffix}".encode()
        home = partition_of(place.encode())
        self._sent.append(
            await self._producer.send(
                topics.CRM_RECORDS.full, encode(record), key=key, partition=home
            )
        )

    async def flush(self) -> None:
        """Wait until the broker has acknowledged what was sent."""
        for future in self._sent:
            await future
        self._sent.clear()


async def refresh(crm: Crm, records: CrmRecordProducer, keys: Keys, since: float) -> None:
    """Write the people and companies that have changed in the CRM since a time.

    Durable when it returns; raises what the CRM raises.
    """
    async for people in crm.contacts_since(since):
        for contact in people:
            await records.put_contact(contact)
        await records.flush()
    async for companies in crm.companies_since(since):
        domains = _distinct(keys.domain(company.domain) for company in companies)
        await _refresh_companies(crm, records, domains)
        await records.flush()


def company_record(domain: str, company: Account, names: Mapping[str, str]) -> CrmRecord:
    """The record of a company; `names` has its parent company's name by id, if it has a parent."""
    parent = names.get(company.parent_id, "")
    return CrmRecord(
        kind="company", key=domain, crm_id=company.id, name=company.name, parent=parent
    )


async def names_above(crm: Crm, companies: Collection[Account]) -> dict[str, str]:
    """The names of these companies and of their parent companies, by id. Reads those parents from
    the CRM that are not among the companies."""
    names = {company.id: company.name for company in companies}
    parents = _distinct(company.parent_id for company in companies)
    unknown = [ident for ident in parents if ident not in names]
    for start in range(0, len(unknown), crm.batch):
        asked = [CompanyAsked(id=ident) for ident in unknown[start : start + crm.batch]]
        for row in await crm.accounts(asked):
            if isinstance(row, Account):
                names[row.id] = row.name
    return names


async def _refresh_companies(crm: Crm, records: CrmRecordProducer, domains: list[str]) -> None:
    """Write the oldest company of each domain. It is read from the CRM: the one that has changed
    may be another."""
    for start in range(0, len(domains), crm.batch):
        some = domains[start : start + crm.batch]
        rows = await crm.accounts([CompanyAsked(domain=domain) for domain in some])
        known: dict[str, Account] = {}
        for domain, row in zip(some, rows, strict=True):
            if isinstance(row, Account):
                known[domain] = row
        names = await names_above(crm, known.values())
        for domain, company in known.items():
            await records.put_company(company_record(domain, company, names))


def _distinct(texts: Iterable[str]) -> list[str]:
    """The texts without repetitions and without '', in the order of their first occurrence."""
    return list(dict.fromkeys(filter(None, texts)))
