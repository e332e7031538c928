"""A generated week over the real connectors: the sandbox in the same loop, the poller's own
sources, and the generator's truth.

Usage: `python -m tests.simulation.week --seeds 20 --leads 200`.
"""

import argparse
import asyncio
import csv
import io
import random
import sys
from contextlib import suppress
from typing import Any, NamedTuple
from unittest.mock import patch

import httpx

from app.base.settings import Settings
from app.base.vendors import VendorClients as AppVendors
from app.crm_sync.records import CrmRecordProducer, refresh
from app.ingest.contacts import Contacts
from app.ingest.csv_file import Row
from app.ingest.importer import to_captured
from app.ingest.set_aside import Aside
from app.ingest.signals import SignalPoller
from app.rules.requirements import requirements_of
from connectors.apollo.client import ApolloClient
from connectors.core.errors import VendorError
from connectors.core.http import SlidingWindowLimiter
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.crm import HubSpotCrm
from connectors.slack.client import SlackClient
from leads import topics
from leads.records import CrmRecord, encode
from leads.sealing import Sealing
from sandbox.server import make_sandbox
from streams.testing.log import MemoryProducer
from streams.testing.loop import EPOCH, VirtualLoop, run
from streams.testing.process import Fate, Process
from tests.simulation.happening import Happening
from tests.simulation.oracle import lead_id, read_log
from tests.simulation.people import world_of
from tests.simulation.personal_data import naming, telling_of_captured
from tests.simulation.plan import Plan
from tests.simulation.simulate import Run, be_quiet, rules
from tests.simulation.site import ALL, Site
from tests.simulation.week_erasure import erase_one

_BASE = "http://sandbox"
_KILLS = (20, 180, 700)
_FAULTS_END = 60.0  # seconds after which the sandbox is sound again
_PATHS = (
    "^/hubspot/",
    "^/hubspot/",
    "^/apollo/",
    "^/slack/",
    "contacts/batch",
    "/search",
    "associations",
)
_KINDS: tuple[dict[str, Any], ...] = (
    {"status": 503},
    {"status": 429, "retry_after": "5"},
    {"kind": "lost"},
    {"kind": "timeout", "seconds": 12.0},
    {"kind": "slow", "seconds": 8.0},
    {"kind": "html"},
    {"kind": "list"},
)  # not missing_key: an answer to a company's look-up without a company says that there is none


class WeekSite(Site):
    """A site whose vendors are the sandbox, by the clients that a worker uses."""

    def _make_vendors(self) -> None:
        app = make_sandbox(None, self.leads, self.plan.seed, search_lag=0.0)
        self.app, transport = app, httpx.ASGITransport(app)
        calls, search = SlidingWindowLimiter(100, 10.0), SlidingWindowLimiter(5, 1.0)
        http = HubSpotHttp(
            f"{_BASE}/hubspot", "pat-sandbox-0001", calls, search, self.clock.now, transport
        )
        self.clients = AppVendors(
            crm=HubSpotCrm(http, self.clock.now),
            apollo=ApolloClient(
                f"{_BASE}/apollo/api/v1/", "sandbox-apollo-key-0001", 100_000, transport
            ),
            slack=SlackClient(
                f"{_BASE}/slack/api/",
                "xoxb-sandbox",
                SlidingWindowLimiter(50_000, 10.0),
                transport,
                interval=0.01,
            ),
            budgets=[],
        )
        self.control = httpx.AsyncClient(base_url=_BASE, transport=transport)

    def __init__(self, plan: Plan, loop: VirtualLoop, leads: int) -> None:
        self.leads = leads
        super().__init__(plan, rules(), loop)

    def doubles(self) -> dict[str, Any]:
        """The real clients."""
        return {"crm": self.clients.crm, "apollo": self.clients.apollo, "slack": self.clients.slack}

    async def see(self, what: str) -> list[dict[str, Any]]:
        """What lies in the sandbox's CRM."""
        found: list[dict[str, Any]] = (await self.control.get(f"/_control/crm/{what}")).json()
        return found


class Outcome(NamedTuple):
    """Groups of leads that are elsewhere than the generator says, places in the log that tell who
    somebody is, and workers that ended by themselves."""

    wrong: list[str]
    fatal: list[str]


def simulate_week(seed: int, leads: int) -> Outcome:
    """One week, its later events, and a few kills; at its end one of its people is erased."""
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)
    try:
        with patch("time.time", lambda: EPOCH + loop.time()), patch("time.monotonic", loop.time):
            return run(loop, _week(seed, leads, loop))
    finally:
        asyncio.set_event_loop(None)


async def _week(seed: int, leads: int, loop: VirtualLoop) -> Outcome:
    plan = Plan(seed=seed, world=world_of(), events=(), chance=seed)
    site = WeekSite(plan, loop, leads)
    async with site.app.router.lifespan_context(site.app):
        producer: Any = MemoryProducer(
            site.log, Process("poller", lambda *_: Fate.LIVE, lambda _: None)
        )
        polling = _Polling(site, producer)
        await site.clients.crm.provision(requirements_of(site.rules))
        await refresh(site.clients.crm, CrmRecordProducer(producer, site.keys), site.keys, 0.0)
        for partition in ALL:
            site.send(
                topics.CRM_RECORDS,
                "complete",
                encode(CrmRecord(kind="complete", key="")),
                partition,
            )
        site.begin()
        site.spawn(polling.run())
        site.spawn(_disturb(site, random.Random(seed)))
        for number, steps in enumerate(_KILLS):
            await asyncio.sleep(1.0)
            site.kill("ab"[number % 2], steps)
        await asyncio.sleep(_FAULTS_END + 90.0)
        await site.control.post("/_control/play")
        await polling.import_again()
        await asyncio.sleep(400.0)
        truth = (await site.control.get("/_control/truth")).json()
        wrong = _wrong(Run(plan, site, Happening(site)), truth)
        draw = random.Random(f"{seed} erased")
        wrong += await erase_one(site, draw, site.see, polling.import_again)
        site.stop()
    wrong += naming(site.log, telling_of_captured(site.log, site.sealing))
    return Outcome(wrong, site.fatal)


async def _disturb(site: WeekSite, draw: random.Random) -> None:
    """A few faults of the vendors, over HTTP."""
    for at in sorted(draw.uniform(0.0, _FAULTS_END - 10.0) for _ in range(draw.randint(3, 6))):
        await asyncio.sleep(max(0.0, at - site.loop.time()))
        fault = {
            "path": draw.choice(_PATHS),
            "times": draw.choice((1, 3, 30)),
            **draw.choice(_KINDS),
        }
        await site.control.post("/_control/faults", json=fault)
    await asyncio.sleep(_FAULTS_END - site.loop.time())
    await site.control.delete("/_control/faults")


class _Polling:
    """The poller's sources, every two seconds."""

    def __init__(self, site: WeekSite, producer: Any) -> None:
        self._site, self._producer = site, producer
        settings, sealing = Settings.model_construct(), Sealing(site.lead_keys)
        aside = Aside(producer, site.clock, sealing)
        clients: Any = site.clients
        self._contacts = Contacts(
            settings,
            site.rules,
            clients.apollo,
            producer,
            site.clock,
            aside,
            sealing,
            lambda _: None,
            lambda _: None,
        )
        self._listening = SignalPoller(settings, clients, producer, site.clock, site.keys, aside)

    async def run(self) -> None:
        """Read until the site stops."""
        contacts = changes = 0.0
        while not self._site.closing:
            with suppress(VendorError):
                contacts = (await self._contacts.read(contacts)).newest
                await self._listening.poll_messages()
                changes = await self._listening.poll_changes(changes)
            await asyncio.sleep(5.0)

    async def import_again(self) -> None:
        """A person imports a file of contacts that Apollo has shown already."""
        text = (await self._site.control.get("/_control/import.csv")).text
        for row in csv.DictReader(io.StringIO(text)):
            cells = {name: value for name, value in row.items() if value}
            now = self._site.clock.now()
            record = to_captured(Row(given=cells, read=cells), "again", now, "fresh")
            self._site.capture(record)


def _wrong(seen: Run, truth: dict[str, Any]) -> list[str]:
    places = {lead: event["place"] for lead, event in read_log(seen).places.items()}
    wrong = []
    for group in truth["groups"]:
        found = sorted(places.get(lead_id(ident), "nowhere") for ident in group["ids"])
        if found != group["places"]:
            wrong.append(
                f"{group['case']}: {', '.join(found)} instead of {', '.join(group['places'])}"
            )
    return wrong


def main() -> int:
    """Entry point; see the module's text."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--leads", type=int, default=200)
    wanted = parser.parse_args()
    be_quiet()
    failed = 0
    for seed in range(wanted.first, wanted.first + wanted.seeds):
        outcome = simulate_week(seed, wanted.leads)
        if outcome.wrong or outcome.fatal:
            failed += 1
            sys.stdout.write(f"seed {seed}: {'; '.join([*outcome.wrong, *outcome.fatal][:6])}\n")
    sys.stdout.write(f"{wanted.seeds - failed} passed, {failed} failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
