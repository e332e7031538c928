"""What the CRM holds, into `crm.records`: by sync-crm all of it, by the poller what has changed
since."""

from collections.abc import Awaitable, Collection, Mapping

from aiokafka import AIOKafkaProducer

from connectors.core.crm import Account, CompanyAsked, Contact, Crm
from leads import topics
from leads.keys import Keys
from leads.match import domain_stem
from leads.records import CrmRecord, encode
from streams.runner.outbox import partition_of


class CrmRecordProducer:
    """Writes records under keys that a later write of the same replaces.

    Durable once `flush` returns.
    """

    def __init__(self, producer: AIOKafkaProducer, keys: Keys) -> None:
        self._producer, self._keys = producer, keys
        self._sent: list[Awaitable[object]] = []

    async def put_contact(self, contact: Contact) -> list[str]:
        """One record for each of the contact's addresses; their keys."""
        person = contact.key or self._keys.address(contact.email)
        addresses = [
            *dict.fromkeys(
                a for e in (contact.email, *contact.emails) if (a := self._keys.address(e))
            )
        ]
        for address in addresses:
            record = CrmRecord(kind="contact", key=address, crm_id=contact.id, person_key=person)
            await self._put(address, record, suffix=contact.id)
        return addresses

    async def put_company(self, record: CrmRecord) -> None:
        """The company of a domain."""
        await self._put(domain_stem(record.key), record, suffix=record.key)

    async def _put(self, place: str, record: CrmRecord, suffix: str) -> None:
        """Send to the partition of `place`; the topic's key also holds what tells two records of
        one place apart."""
        key = f"{record.kind}:{place}:{suffix}".encode()
        home = partition_of(place.encode())
        self._sent.append(
            await self._producer.send(
                topics.CRM_RECORDS.full, encode(record), key=key, partition=home
            )
        )

    async def flush(self) -> None:
        """Have the broker's word for what was sent."""
        for future in self._sent:
            await future
        self._sent.clear()


async def refresh(crm: Crm, records: CrmRecordProducer, keys: Keys, since: float) -> None:
    """Write the people and companies that have changed in the CRM since then.

    Durable when it returns; raises what the CRM raises.
    """
    async for people in crm.contacts_since(since):
        for contact in people:
            await records.put_contact(contact)
        await records.flush()
    async for companies in crm.companies_since(since):
        await _refresh_companies(
            crm, records, [*dict.fromkeys(d for c in companies if (d := keys.domain(c.domain)))]
        )
        await records.flush()


def company_record(domain: str, company: Account, called: Mapping[str, str]) -> CrmRecord:
    """What is kept of a company; `called` has the name of the one above it."""
    above = called.get(company.parent_id, "")
    return CrmRecord(kind="company", key=domain, crm_id=company.id, name=company.name, parent=above)


async def names_above(crm: Crm, companies: Collection[Account]) -> dict[str, str]:
    """The names of the companies to which these belong, by id; the CRM is asked for those that are
    not among them."""
    called = {company.id: company.name for company in companies}
    above = [
        *dict.fromkeys(c.parent_id for c in companies if c.parent_id and c.parent_id not in called)
    ]
    for start in range(0, len(above), crm.batch):
        rows = await crm.accounts(
            [CompanyAsked(id=ident) for ident in above[start : start + crm.batch]]
        )
        called |= {row.id: row.name for row in rows if isinstance(row, Account)}
    return called


async def _refresh_companies(crm: Crm, records: CrmRecordProducer, domains: list[str]) -> None:
    """Of several companies of a domain the oldest counts, so it is asked for, not taken from the
    change."""
    for start in range(0, len(domains), crm.batch):
        some = domains[start : start + crm.batch]
        rows = await crm.accounts([CompanyAsked(domain=domain) for domain in some])
        known = {
            domain: row for domain, row in zip(some, rows, strict=True) if isinstance(row, Account)
        }
        called = await names_above(crm, known.values())
        for domain, company in known.items():
            await records.put_company(company_record(domain, company, called))
