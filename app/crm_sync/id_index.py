"""Our keys by the CRM's ids, kept by the poller for a CRM that tells no more of a deleted contact
than its id.

docs/design/interleavings.md 7. Topic `crm.ids`, CRM id to person key. A contact is noted when the
CRM first shows it, which is at the poll after we wrote it; who is deleted before that is met by the
next gate, which reads the contact.
"""

from collections.abc import Iterable, Mapping

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from app.kafka.clients import ends, read_to
from connectors.core.crm import Contact, Crm
from leads import topics


class CrmIdIndex:
    """Empty, and stays so, for a CRM that tells who was deleted: they are not `needed` then."""

    def __init__(self, crm: Crm, producer: AIOKafkaProducer) -> None:
        self._crm, self._producer = crm, producer
        self.needed = not crm.tells_deleted
        self.keys: dict[str, str] = {}

    async def load(self, consumer: AIOKafkaConsumer) -> None:
        """Take up what is kept; where nothing is, read it from the CRM once.

        Raises what the CRM raises.
        """
        async for record in read_to(consumer, await ends(consumer, [topics.CRM_IDS.full])):
            self.keys[record.key.decode()] = record.value.decode()
        if not self.keys:
            async for page in self._crm.known_keys():
                await self._keep(page)

    async def note(self, contacts: Iterable[Contact]) -> None:
        """Durable when it returns."""
        if self.needed:
            await self._keep({c.id: c.key for c in contacts if c.key})

    async def _keep(self, known: Mapping[str, str]) -> None:
        fresh = {ident: key for ident, key in known.items() if self.keys.get(ident) != key}
        sent = [
            await self._producer.send(topics.CRM_IDS.full, k.encode(), key=i.encode())
            for i, k in fresh.items()
        ]
        for future in sent:
            await future
        self.keys.update(fresh)
