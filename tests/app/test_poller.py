"""The poller on a real broker: whatever one vendor says, the others are read on, opt-outs above
all."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from app.base.settings import Settings
from app.base.vendors import VendorClients
from app.ingest.contact_search_plan import Listing
from app.ingest.poller import Poller
from app.kafka.clients import consuming, ends, producing, read_to
from app.review.sheets import CsvSheet, ReviewSheetProjector
from app.setup.provision import provision_topics
from connectors.apollo.api import PAGE
from connectors.apollo.client import ApolloClient
from connectors.core.crm import Contact
from connectors.core.errors import NotInPlan, QuotaExhausted, Unauthorised, Unavailable
from connectors.memory.apollo import MemoryApollo
from connectors.memory.crm import MemoryCrm
from leads import topics
from leads.keys import Keys
from leads.records import Captured, Signal
from leads.rules import Rules
from leads.sealing import UNSEALED
from sandbox.apollo import KEY, stamp
from sandbox.server import make_sandbox
from tests.app.producing import anything
from tests.limits import HUNG

pytestmark = pytest.mark.kafka
Fault = Callable[[], Exception]


#: What Apollo shows of one search: more than any test has but the one that says so.
SHOWN = Listing(PAGE, 2)


class SystemClock:
    """The machine's."""

    def now(self) -> float:
        return time.time()


class Failing:
    """A vendor of which every call raises, while there is a fault."""

    def __init__(self, vendor: Any, fault: Fault | None = None) -> None:
        self.vendor, self.fault = vendor, fault

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self.vendor, name)
        if self.fault is None or not callable(inner):
            return inner

        def call(*_: Any, **__: Any) -> Any:
            assert self.fault is not None
            raise self.fault()

        return call


class Site:
    """One poller on doubles."""

    def __init__(self, kafka: str, rules: Rules, tmp_path: Path, name: str) -> None:
        self.settings = Settings.model_construct(
            kafka_bootstrap_servers=kafka, poll_seconds=0.05, overlap_seconds=300.0
        )
        everybody = rules.capture.model_copy(update={"lists": (), "stages": (), "owners": ()})
        self.rules = rules.model_copy(update={"capture": everybody})
        self.name, self.sheet = name, tmp_path / "waiting.csv"
        self.apollo, self.crm = Failing(MemoryApollo(time.time)), Failing(MemoryCrm(time.time))

    async def poll(self, *until: Callable[[], Any], apollo: ApolloClient | None = None) -> None:
        """Poll until all of these come true, one after another, by default on the double of
        Apollo."""
        async with producing(self.settings) as producer:
            vendors = VendorClients(
                anything(self.crm), apollo or anything(self.apollo), anything(None), []
            )
            poller = Poller(
                self.settings,
                self.rules,
                vendors,
                producer,
                SystemClock(),
                Keys("test"),
                UNSEALED,
                listing=SHOWN,
            )
            await poller.load_cursor(0.0)
            polling = asyncio.ensure_future(
                poller.run(ReviewSheetProjector([CsvSheet(self.sheet)], UNSEALED))
            )
            try:
                async with asyncio.timeout(HUNG):
                    for condition in until:
                        while not await condition():
                            assert not polling.done(), polling
                            await asyncio.sleep(0.05)
            finally:
                polling.cancel()
                await asyncio.gather(polling, return_exceptions=True)

    async def opted_out(self) -> bool:
        """Whether the CRM's opt-out became a signal."""
        heard = [
            msgspec.json.decode(value, type=Signal)
            for value in await self._read(topics.SIGNALS.full)
        ]
        return ("unsubscribe", self.name) in {(s.kind, s.person_key) for s in heard}

    async def captured(self) -> bool:
        """Whether Apollo's contact was."""
        return self.name in await self.captured_ids()

    async def captured_ids(self) -> set[str]:
        """Who was captured from Apollo."""
        values = await self._read(topics.CAPTURED.full)
        return {msgspec.json.decode(value, type=Captured).source_id for value in values}

    async def _read(self, topic: str) -> list[bytes]:
        async with consuming(self.settings) as consumer:
            return [r.value async for r in read_to(consumer, await ends(consumer, [topic]))]

    def opt_out(self) -> None:
        """Somebody asks in the CRM to be left alone."""
        contact = Contact(
            id=self.name,
            email=f"{self.name}@firm.com",
            key=self.name,
            opted_out=True,
            changed_at=time.time(),
        )
        self.crm.vendor.people[self.name] = contact

    def add(self) -> None:
        """Somebody is new in Apollo."""
        self.apollo.vendor.add_contact(self.name, f"{self.name}@firm.com")


FAULTS = {
    "spent": lambda: QuotaExhausted("Apollo's calls of the day are spent", 40_000.0),
    "down": lambda: Unavailable("503", 30.0),
    "refused": lambda: Unauthorised("401"),
    "closed": lambda: NotInPlan("403"),
    "nonsense": lambda: KeyError("contacts"),
    "no object": lambda: AttributeError("'list' object has no attribute 'get'"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_opt_out_in_the_crm_becomes_a_signal_whatever_apollo_says(
    kafka: str, rules: Rules, tmp_path: Path, fault: str
) -> None:
    async def test() -> None:
        site = Site(kafka, rules, tmp_path, f"crm {fault}")
        await provision_topics(site.settings)
        site.apollo.fault = FAULTS[fault]
        site.add()
        site.opt_out()
        await site.poll(site.opted_out)
        assert not await site.captured()

    asyncio.run(test())


@pytest.mark.parametrize("fault", FAULTS)
def test_leads_are_captured_whatever_the_crm_says(
    kafka: str, rules: Rules, tmp_path: Path, fault: str
) -> None:
    async def test() -> None:
        site = Site(kafka, rules, tmp_path, f"apollo {fault}")
        await provision_topics(site.settings)
        site.crm.fault = FAULTS[fault]
        site.opt_out()
        site.add()
        await site.poll(site.captured)
        assert not await site.opted_out()

    asyncio.run(test())


def test_a_vendor_that_is_well_again_is_read_from_where_it_was_left(
    kafka: str, rules: Rules, tmp_path: Path
) -> None:
    async def test() -> None:
        site = Site(kafka, rules, tmp_path, "again")
        await provision_topics(site.settings)
        site.apollo.fault = lambda: Unavailable("503", 0.0)
        site.add()
        site.opt_out()

        async def mended() -> bool:
            site.apollo.fault = None
            return True

        await site.poll(site.opted_out, mended, site.captured)

    asyncio.run(test())


def test_more_contacts_than_apollo_shows_are_all_captured(
    kafka: str, rules: Rules, tmp_path: Path
) -> None:
    """Four stages of 150 and 20 contacts without one, on the sandbox with two pages of each
    search."""

    async def test() -> None:
        site = Site(kafka, rules, tmp_path, "crowd")
        await provision_topics(site.settings)
        transport = httpx.ASGITransport(make_sandbox(None, 0, 1))
        apollo = ApolloClient("http://sandbox/apollo/api/v1/", KEY, 10**6, transport)
        everybody: set[str] = set()
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as http:
            path = "/_control/objects/control/apollo_last_page"
            await http.post(path, json={"number": SHOWN.last_page})
            for n in range(4):
                stage = {"id": f"stage{n}", "name": f"Stage {n}"}
                await http.post(f"/_control/objects/apollo.stages/stage{n}", json=stage)
            label = {"id": "web", "name": "Web", "modality": "contacts"}
            await http.post("/_control/objects/apollo.labels/web", json=label)
            for n in range(620):
                contact = _contact(n, f"stage{n % 4}" if n < 600 else None)
                everybody.add(contact["id"])
                path = f"/_control/objects/apollo.contacts/{contact['id']}"
                await http.post(path, json=contact)

        async def all_captured() -> bool:
            return everybody <= await site.captured_ids()

        await site.poll(all_captured, apollo=apollo)
        await apollo.close()

    asyncio.run(test())


def _contact(number: int, stage: str | None) -> dict[str, Any]:
    changed = stamp(time.time() - number / 10)  # within the overlap before any cursor
    return {
        "id": f"{0xC0000 + number:024x}",
        "name": f"P {number}",
        "email": f"p{number}@crowd.test",
        "contact_stage_id": stage,
        "label_ids": [] if stage else ["web"],
        "contact_campaign_statuses": [],
        "created_at": changed,
        "updated_at": changed,
    }
