"""The snapshot stays current: what people and companies the CRM changes, the poller tells."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from app.base.settings import Settings
from app.crm_sync.full import FullSync
from app.crm_sync.incremental import IncrementalSync
from app.crm_sync.records import CrmRecordProducer, refresh
from app.kafka.clients import consuming, ends, producing, read_to
from app.setup.provision import provision_topics
from connectors.core.crm import Contact
from connectors.core.errors import Unauthorised
from connectors.memory.crm import MemoryCrm
from leads import topics
from leads.keys import Keys
from leads.records import CrmRecord

pytestmark = pytest.mark.kafka
KEYS = Keys("current")


async def records(settings: Settings) -> dict[str, CrmRecord]:
    """The newest record of each address and domain."""
    found: dict[str, CrmRecord] = {}
    async with consuming(settings) as consumer:
        async for r in read_to(consumer, await ends(consumer, [topics.CRM_RECORDS.full])):
            one = msgspec.json.decode(r.value, type=CrmRecord)
            found[one.key] = one
    return found


def person(number: int, **fields: Any) -> Contact:
    """A person that the CRM holds."""
    one = Contact(id=str(number), email=f"p{number}@current{number}.com", changed_at=float(number))
    return msgspec.structs.replace(one, **fields)


def test_what_the_crm_changes_is_recorded_with_all_addresses_and_parents(kafka: str) -> None:
    settings = Settings.model_construct(kafka_bootstrap_servers=kafka)
    crm = MemoryCrm(lambda: 1.0)
    crm.people = {
        "1": person(1),
        "2": person(2, emails=("second@current2.com",)),
        "3": person(3, key="ours"),
    }
    crm.add_company("Above", "above-current.com")
    crm.add_company("Below", "below-current.com", parent="above-current.com")

    async def check() -> None:
        await provision_topics(settings)
        async with producing(settings) as producer:
            await refresh(crm, CrmRecordProducer(producer, KEYS), KEYS, 1.5)
        known = await records(settings)
        assert KEYS.address("p1@current1.com") not in known, "it has not changed"
        second = known[KEYS.address("second@current2.com")]
        assert (second.crm_id, second.person_key) == ("2", KEYS.address("p2@current2.com"))
        assert known[KEYS.address("p3@current3.com")].person_key == "ours"
        assert [known[d].parent for d in ("above-current.com", "below-current.com")] == [
            "",
            "Above",
        ]

    asyncio.run(check())


class Stamped(MemoryCrm):
    """Remembers since when it was asked; refuses while `closed`."""

    def __init__(self) -> None:
        super().__init__(lambda: 1.0)
        self.asked: list[float] = []
        self.closed = False

    async def contacts_since(self, since: float) -> AsyncIterator[list[Contact]]:
        if self.closed:
            raise Unauthorised("no scope")
        self.asked.append(since)
        async for page in super().contacts_since(since):
            yield page


class Clock:
    """A clock that is set."""

    at = 0.0

    def now(self) -> float:
        return self.at


def test_a_look_goes_on_from_the_last_and_the_first_from_where_the_snapshot_began(
    kafka: str,
) -> None:
    settings = Settings.model_construct(kafka_bootstrap_servers=kafka)
    crm, clock = Stamped(), Clock()

    async def sync_once(at: float) -> None:
        clock.at = at
        async with producing(settings) as producer:
            await IncrementalSync(settings, crm, producer, clock, KEYS).sync_once()

    async def check() -> None:
        await provision_topics(settings)
        async with producing(settings) as producer, consuming(settings) as consumer:
            await FullSync(crm, producer, consumer, KEYS).run(1000.0, restart=True)
        await sync_once(2000.0)
        crm.closed = True
        with pytest.raises(Unauthorised):
            await sync_once(3000.0)
        crm.closed = False
        await sync_once(4000.0)
        await sync_once(5000.0)

    asyncio.run(check())
    assert crm.asked == [700.0, 1700.0, 3700.0]
