"""What the poller hears of deletions: whose they are although the CRM tells ids alone, and what a
full bin costs."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import httpx
import msgspec
import pytest

from app.base.settings import Settings
from app.base.vendors import VendorClients
from app.ingest.set_aside import Aside
from app.ingest.signals import SignalPoller
from app.kafka.clients import consuming, ends, producing, read_to
from app.setup.provision import provision_topics
from connectors.core.crm import Contact, Crm
from connectors.memory.crm import MemoryCrm
from leads import topics
from leads.keys import Keys
from leads.records import Signal
from leads.sealing import UNSEALED
from tests.contract.vendors import on_sandbox, write

pytestmark = pytest.mark.kafka


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.at = 1000.0

    def now(self) -> float:
        return self.at


async def poll(
    settings: Settings, crm: Crm, *times: float, clock: Clock | None = None, since: float = 0.0
) -> None:
    """A poller's second half from its start, at these times by its clock."""
    clock = clock or Clock()
    vendors = VendorClients(crm, cast("Any", None), cast("Any", None), [])
    async with producing(settings) as producer:
        listening = SignalPoller(
            settings, vendors, producer, clock, Keys("test"), Aside(producer, clock, UNSEALED)
        )
        for at in times or (clock.at,):
            clock.at = at
            await listening.poll_changes(since)
            await listening.poll_deleted(since)


async def told(settings: Settings, kind: str) -> list[Signal]:
    """Signals of a kind, oldest first."""
    async with consuming(settings) as consumer:
        until = await ends(consumer, [topics.SIGNALS.full])
        found = [msgspec.json.decode(r.value, type=Signal) async for r in read_to(consumer, until)]
    return [signal for signal in found if signal.kind == kind]


@pytest.fixture
def settings(kafka: str) -> Settings:
    """A site on the tests' broker."""
    return Settings.model_construct(kafka_bootstrap_servers=kafka)


async def remove(control: httpx.AsyncClient, *numbers: int) -> None:
    """Somebody deletes people in the CRM."""
    for n in numbers:
        await control.post(
            f"/objects/apollo.contacts/a{n}", json={"id": f"a{n}", "email": f"p{n}@acme{n}.com"}
        )
    await control.post("/play", json=[{"kind": "deleted", "contact": f"a{n}"} for n in numbers])


def test_a_deletion_reported_by_id_alone_becomes_a_signal_of_a_poller_started_since(
    settings: Settings,
) -> None:
    """So are those that do not fit on one page; and a first poller learns from the CRM who is
    whose."""

    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        await provision_topics(settings)
        people = [write(n, key=f"zoho-{n}") for n in range(251)]
        await crm.upsert(people[:1])
        await poll(settings, crm, since=2e9)  # nothing has changed since
        await remove(control, 0)
        await poll(settings, crm)
        heard = await told(settings, "deleted")
        assert [
            (s.person_key, bool(s.crm_id)) for s in heard if s.person_key.startswith("zoho-")
        ] == [("zoho-0", True)]
        await crm.upsert(people[1:])
        await poll(settings, crm)
        await remove(control, *range(1, 251))
        await poll(settings, crm)
        heard = await told(settings, "deleted")
        assert {s.person_key for s in heard if s.person_key.startswith("zoho-")} == {
            w.key for w in people
        }

    on_sandbox("zoho", test)


class Bin(MemoryCrm):
    """A CRM that lists its whole recycle bin, of so many pages."""

    def __init__(self, pages: int) -> None:
        super().__init__(lambda: 1.0)
        self.pages, self.read_at = pages, 0

    async def deleted(self, since: float, keys: Mapping[str, str]) -> AsyncIterator[list[Contact]]:
        del since
        self.read_at += 1
        assert not keys, "who tells keys needs none"
        for n in range(self.pages):
            yield [Contact(id=f"bin{n}", key=f"bin{n}")]


@pytest.mark.parametrize(("pages", "reads"), [(10, 4), (100, 2)])
def test_a_full_bin_is_looked_into_more_seldom(settings: Settings, pages: int, reads: int) -> None:
    crm = Bin(pages)

    async def test() -> None:
        await provision_topics(settings)
        await poll(settings, crm, 0.0, 60.0, 599.0, 600.0)

    asyncio.run(test())
    assert crm.read_at == reads
