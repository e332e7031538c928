"""Person keys by CRM id, for a CRM that reports only the id of a deleted contact.

docs/design/interleavings.md 7. Topic `crm.ids`, CRM id to person key, written by the poller. A
contact is noted when the CRM first shows it, which is at the poll after Leadgate has written it. If
it is deleted before that, the next gate finds out, since it reads the contact.
"""

from collections.abc import Iterable, Mapping

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from app.kafka.clients import ends, read_to
from app.kafka.sending import Message, send_all
from connectors.core.crm import Contact, Crm
from leads import topics


class CrmIdIndex:
    """The index in memory. For a CRM that reports who was deleted it is not `needed`, and stays
    empty."""

    def __init__(self, crm: Crm, producer: AIOKafkaProducer) -> None:
        self._crm, self._producer = crm, producer
        self.needed = not crm.tells_deleted
        self.keys: dict[str, str] = {}

    async def load(self, consumer: AIOKafkaConsumer) -> None:
        """Read the topic; if it is empty, read the keys from the CRM once and store them.

        Raises what the CRM raises.
        """
        async for record in read_to(consumer, await ends(consumer, [topics.CRM_IDS.full])):
            self.keys[record.key.decode()] = record.value.decode()
        if not self.keys:
            async for page in self._crm.known_keys():
                await self._store(page)

    async def note(self, contacts: Iterable[Contact]) -> None:
        """Store the keys of these contacts, if they are needed. Durable when it returns."""
        if self.needed:
            await self._store({contact.id: contact.key for contact in contacts if contact.key})

    async def _store(self, known: Mapping[str, str]) -> None:
        messages = []
        for ident, key in known.items():
            if self.keys.get(ident) != key:
                messages.append(Message(topics.CRM_IDS.full, ident.encode(), key.encode()))
        await send_all(self._producer, messages)
        self.keys.update(known)
