"""The snapshot stays current: what people and companies the CRM changes, the poller tells."""

import asyncio
from typing import Any

import msgspec
import pytest

from leadgate.app.crmrecords import CrmRecords, refresh
from leadgate.app.kafka import consuming, ends, producing, read_to
from leadgate.app.provision import provision_topics
from leadgate.app.settings import Settings
from leadgate.app.sync import Syncing, begun
from leadgate.connectors.contract import Contact
from leadgate.connectors.memory.crm import MemoryCrm
from leadgate.leads import names
from leadgate.leads.keys import Keys
from leadgate.leads.records import CrmRecord

pytestmark = pytest.mark.kafka
KEYS = Keys("current")


async def records(settings: Settings) -> dict[str, CrmRecord]:
    """The newest record of each address and domain."""
    found: dict[str, CrmRecord] = {}
    async with consuming(settings) as consumer:
        async for r in read_to(consumer, await ends(consumer, [names.CRM_RECORDS.full])):
            one = msgspec.json.decode(r.value, type=CrmRecord)
            found[one.key] = one
    return found


def person(number: int, **fields: Any) -> Contact:
    """Somebody whom the CRM holds."""
    one = Contact(id=str(number), email=f"p{number}@current{number}.com", changed_at=float(number))
    return msgspec.structs.replace(one, **fields)


def test_what_the_crm_changes_is_told_with_all_addresses_and_parents(kafka: str) -> None:
    settings = Settings.model_construct(kafka_bootstrap_servers=kafka)
    crm = MemoryCrm(lambda: 1.0)
    crm.people = {"1": person(1), "2": person(2, emails=("second@current2.com",)), "3": person(3, key="ours")}
    crm.add_company("Above", "above-current.com")
    crm.add_company("Below", "below-current.com", parent="above-current.com")

    async def check() -> None:
        await provision_topics(settings)
        async with producing(settings) as producer:
            await refresh(crm, CrmRecords(producer, KEYS), KEYS, 1.5)
        known = await records(settings)
        assert KEYS.address("p1@current1.com") not in known, "it has not changed"
        second = known[KEYS.address("second@current2.com")]
        assert (second.crm_id, second.person_key) == ("2", KEYS.address("p2@current2.com"))
        assert known[KEYS.address("p3@current3.com")].person_key == "ours"
        assert [known[d].parent for d in ("above-current.com", "below-current.com")] == ["", "Above"]

    asyncio.run(check())


def test_the_poller_goes_on_from_where_the_last_whole_snapshot_began(kafka: str) -> None:
    settings = Settings.model_construct(kafka_bootstrap_servers=kafka)

    async def check() -> None:
        await provision_topics(settings)
        async with producing(settings) as producer, consuming(settings) as consumer:
            await Syncing(MemoryCrm(lambda: 1.0), producer, consumer, KEYS).run(77.0, anew=True)
            assert await begun(consumer) == 77.0

    asyncio.run(check())
