"""The snapshot of the CRM: what it finds, and that one that was cut off goes on."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from leadgate.app.kafka import consuming, ends, producing, read_to
from leadgate.app.provision import provision_topics
from leadgate.app.settings import Settings
from leadgate.app.snapshot import Snapshot
from leadgate.app.sync import Syncing
from leadgate.connectors.contract import Contact, Page
from leadgate.connectors.errors import Unavailable
from leadgate.connectors.memory.crm import MemoryCrm
from leadgate.leads import names
from leadgate.leads.keys import Keys

pytestmark = pytest.mark.kafka
KEYS = Keys("test")
REP, GONE = "rep@acme.test", "gone@acme.test"


class BreakingCrm(MemoryCrm):
    """Ends a reading before page number `breaks`; `asked` says where readings began."""

    def __init__(self) -> None:
        super().__init__(time.time, {REP: True, GONE: False})
        self.batch = 10
        self.breaks: int | None = None
        self.asked: list[str] = []

    async def contacts(self, after: str = "") -> AsyncIterator[Page]:
        self.asked.append(after)
        pages = 0
        async for page in super().contacts(after):
            if pages == self.breaks:
                raise Unavailable("the CRM is down", 1.0)
            pages += 1
            yield page


@pytest.fixture
def crm() -> BreakingCrm:
    """Forty-five people; the first and the last share an address, every ninth belongs to somebody who has left."""
    one = BreakingCrm()
    for n in range(45):
        owner = GONE if n % 9 == 0 else REP
        one.people[str(n)] = Contact(id=str(n), email=f"p{n}@firm{n}.com", owner_id=owner)
    one.people["44"] = Contact(id="44", email="p44@firm44.com", emails=("p0@firm0.com",), owner_id=REP)
    one.add_company("Firm", "firm1.com")
    one.add_company("Firm Labs", "firmlabs.com", parent="firm1.com")
    return one


async def sync(settings: Settings, crm: BreakingCrm, now: float, *, anew: bool = False) -> Snapshot:
    """One reading."""
    async with producing(settings) as producer, consuming(settings) as consumer:
        return await Syncing(crm, producer, consumer, KEYS).run(now, anew=anew)


async def records(settings: Settings) -> list[Any]:
    """Every record of the topic, without the end markers."""
    async with consuming(settings) as consumer:
        until = await ends(consumer, [names.CRM_RECORDS.full])
        return [r async for r in read_to(consumer, until) if r.key != b"complete"]


def test_a_reading_that_was_cut_off_goes_on_and_finds_the_same(kafka: str, crm: BreakingCrm) -> None:
    asyncio.run(check(kafka, crm))


async def check(kafka: str, crm: BreakingCrm) -> None:
    settings = Settings.model_construct(kafka_bootstrap_servers=kafka)
    await provision_topics(settings)
    others = len(await records(settings))
    whole = await sync(settings, crm, 1000.0)
    assert (whole.contacts, whole.addresses, whole.companies, whole.unowned) == (45, 46, 2, 5)
    assert whole.twice == [["0", "44"]]
    before = len(await records(settings))
    crm.breaks = 2
    with pytest.raises(Unavailable):
        await sync(settings, crm, 2000.0)
    assert len(await records(settings)) == before + 20
    with pytest.raises(Unavailable):
        await sync(settings, crm, 2010.0)
    crm.breaks = None
    assert await sync(settings, crm, 2020.0) == whole
    assert crm.asked == ["", "", "20", "40"]
    assert len(await records(settings)) - before == before - others
    assert await sync(settings, crm, 2030.0) == whole, "a whole reading is followed by a new one"
    crm.breaks = 1
    for now, kwargs in ((3000.0, {}), (3001.0, {"anew": True}), (3000.0 + 13 * 3600, {})):
        with pytest.raises(Unavailable):
            await sync(settings, crm, now, **kwargs)
    assert crm.asked[-3:] == ["", "", ""], "told to begin anew, and what is older than half a day"
    parents = [r for r in await records(settings) if b"Firm Labs" in r.value]
    assert parents
    assert all(b'"parent":"Firm"' in r.value for r in parents)
