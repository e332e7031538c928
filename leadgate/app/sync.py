"""The CRM's snapshot into `crm.records`: whom it already holds, before the first live effect (INTERLEAVINGS 14)."""

from collections.abc import Awaitable

from aiokafka import AIOKafkaProducer

from leadgate.connectors.contract import Crm
from leadgate.leads import names
from leadgate.leads.keys import Keys
from leadgate.leads.match import brand
from leadgate.leads.records import CrmRecord, encode
from leadgate.streams.outbox import partition_of


async def sync_crm(crm: Crm, producer: AIOKafkaProducer, keys: Keys) -> dict[str, int]:
    """Contacts with all their addresses, companies by brand, then an end marker in every partition. Repeatable."""
    counts = {"contacts": 0, "addresses": 0, "companies": 0}
    sent = []
    async for page in crm.contacts():
        for contact in page:
            person = contact.key or keys.address(contact.email)
            for address in dict.fromkeys(a for e in (contact.email, *contact.emails) if (a := keys.address(e))):
                record = CrmRecord(kind="contact", key=address, crm_id=contact.id, person_key=person)
                sent.append(await _put(producer, address, record))
                counts["addresses"] += 1
        counts["contacts"] += len(page)
    async for companies in crm.companies():
        for company in companies:
            if domain := keys.domain(company.domain):
                record = CrmRecord(kind="company", key=domain, crm_id=company.id, name=company.name)
                sent.append(await _put(producer, brand(domain), record, suffix=domain))
                counts["companies"] += 1
    for future in sent:
        await future
    for partition in range(names.PARTITIONS):
        record = CrmRecord(kind="complete", key="")
        await producer.send_and_wait(names.CRM_RECORDS.full, encode(record), key=b"complete", partition=partition)
    return counts


async def _put(producer: AIOKafkaProducer, place: str, record: CrmRecord, suffix: str = "") -> Awaitable[object]:
    """Send to the partition of `place`; the topic's key also holds what tells two records of one place apart."""
    key = f"{record.kind}:{place}:{suffix}".encode()
    sent: Awaitable[object] = await producer.send(
        names.CRM_RECORDS.full, encode(record), key=key, partition=partition_of(place.encode())
    )
    return sent
