"""The snapshot of the CRM: what it finds, and that one that was cut off goes on."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any, TypeVar

import msgspec
import pytest

from app.base.settings import Settings
from app.crm_sync.full import FullSync
from app.crm_sync.report import SyncReport
from app.kafka.clients import consuming, ends, producing, read_to
from app.setup.provision import provision_topics
from connectors.core.crm import Account, Contact, Owner, Page
from connectors.core.errors import Unavailable
from connectors.memory.crm import MemoryCrm
from leads import topics
from leads.keys import Keys
from leads.records import CrmRecord

pytestmark = pytest.mark.kafka
KEYS = Keys("test")
T = TypeVar("T")
REP, GONE = "rep@acme.test", "gone@acme.test"


class BreakingCrm(MemoryCrm):
    """Ends a reading before page number `breaks`, of companies `breaks_off`, or before the owners;
    says where readings began."""

    def __init__(self) -> None:
        super().__init__(time.time, {REP: True, GONE: False})
        self.batch = 10
        self.breaks: int | None = None
        self.breaks_off: int | None = None
        self.breaks_last = False
        self.asked: list[str] = []
        self.asked_on: list[str] = []

    async def contacts(self, after: str = "") -> AsyncIterator[Page[Contact]]:
        self.asked.append(after)
        async for page in broken(super().contacts(after), self.breaks):
            yield page

    async def owners(self) -> list[Owner]:
        if self.breaks_last:
            raise Unavailable("the CRM is down", 1.0)
        return await super().owners()

    async def companies(self, after: str = "") -> AsyncIterator[Page[Account]]:
        self.asked_on.append(after)
        async for page in broken(super().companies(after), self.breaks_off):
            yield page


async def broken(pages: AsyncIterator[T], before: int | None) -> AsyncIterator[T]:
    """The pages, until the CRM goes down."""
    number = 0
    async for page in pages:
        if number == before:
            raise Unavailable("the CRM is down", 1.0)
        number += 1
        yield page


@pytest.fixture
def crm() -> BreakingCrm:
    """Forty-five people; the first and the last share an address, every ninth belongs to somebody
    who has left."""
    one = BreakingCrm()
    for n in range(45):
        owner = GONE if n % 9 == 0 else REP
        one.people[str(n)] = Contact(id=str(n), email=f"p{n}@firm{n}.com", owner_id=owner)
    one.people["44"] = Contact(
        id="44", email="p44@firm44.com", emails=("p0@firm0.com",), owner_id=REP
    )
    one.add_company("Firm", "firm1.com")
    one.add_company("Firm Labs", "firmlabs.com", parent="firm1.com")
    return one


async def sync(
    settings: Settings, crm: BreakingCrm, now: float, *, restart: bool = False, dies_at: int = 0
) -> SyncReport:
    """One reading, which ends once so many rows are reported."""

    def told(count: int) -> None:
        if count == dies_at:
            raise Unavailable("killed", 1.0)

    async with producing(settings) as producer, consuming(settings) as consumer:
        return await FullSync(crm, producer, consumer, KEYS, told).run(now, restart=restart)


async def records(settings: Settings) -> list[Any]:
    """Every record of the topic, without the end markers."""
    async with consuming(settings) as consumer:
        until = await ends(consumer, [topics.CRM_RECORDS.full])
        return [r async for r in read_to(consumer, until) if r.key != b"complete"]


def test_a_reading_that_was_cut_off_goes_on_and_finds_the_same(
    kafka: str, crm: BreakingCrm
) -> None:
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
    for now, kwargs in ((3000.0, {}), (3001.0, {"restart": True}), (3000.0 + 13 * 3600, {})):
        with pytest.raises(Unavailable):
            await sync(settings, crm, now, **kwargs)
    assert crm.asked[-3:] == ["", "", ""], "begins again, and what is older than half a day"
    parents = [r for r in await records(settings) if b"Firm Labs" in r.value]
    assert parents
    assert all(b'"parent":"Firm"' in r.value for r in parents)


def test_a_reading_that_was_cut_off_among_the_companies_finds_the_same_of_them(kafka: str) -> None:
    """Several of one domain on several pages, the oldest on the last of them; a parent that comes
    after its child."""
    settings = Settings.model_construct(kafka_bootstrap_servers=kafka)
    crm = BreakingCrm()
    crm.people["1"] = Contact(id="1", email="p1@firm1.com", owner_id=REP)
    shared = {3: "150", 14: "300", 28: "101"}
    known = [
        Account(id=str(900 + n), name=f"Firm {n}", domain=f"co{n}.com", parent_id="935")
        for n in range(36)
    ]
    for n, ident in shared.items():
        known[n] = Account(id=ident, name=f"Shared {ident}", domain="shared.com")
    crm._companies = {company.id: company for company in known}

    async def check() -> None:
        await provision_topics(settings)
        whole = await sync(settings, crm, 1000.0, restart=True)
        assert (whole.companies, whole.domains) == (36, {"shared.com": ["101", "150", "300"]})
        for cut in range(3):
            crm.breaks_off = 1
            with pytest.raises(Unavailable):
                await sync(settings, crm, 2000.0 + cut)
        crm.breaks_off, crm.breaks_last = None, True
        for _ in range(2):
            with pytest.raises(Unavailable):
                await sync(settings, crm, 2005.0)
        crm.breaks_last = False
        assert await sync(settings, crm, 2010.0) == whole
        assert crm.asked_on == ["", "", "10", "20", "30"], (
            "at the end nothing is read twice, or counted twice"
        )
        assert crm.asked == ["", ""], "the people were read once"
        for at in (1, 37):  # right after the last page of people, and of companies
            with pytest.raises(Unavailable):
                await sync(settings, crm, 3000.0, dies_at=at)
        assert await sync(settings, crm, 3010.0) == whole
        assert (crm.asked[2:], crm.asked_on[5:]) == ([""], [""])

        newest = {
            r.key: msgspec.json.decode(r.value, type=CrmRecord) for r in await records(settings)
        }
        told = {one.key: one for one in newest.values() if one.kind == "company"}
        assert (told["shared.com"].crm_id, told["shared.com"].name) == ("101", "Shared 101")
        assert told["co0.com"].parent == "Firm 35"

    asyncio.run(check())
