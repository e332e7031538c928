"""One seed from beginning to end, and what is to be judged of it."""

import asyncio
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import structlog

from leads.rule_file import parse_rules
from leads.rules import Rules
from streams.testing.loop import VirtualLoop, run
from streams.testing.vendors import Acted
from tests.simulation.happening import Happening
from tests.simulation.plan import FAULTS_END, Plan
from tests.simulation.site import Site

# by then every lead has come to rest: the longest wait is a circuit's minute
REST = FAULTS_END + 400.0
_SETTLED = 200.0  # seconds after the last fault, when what was decided in shadow is released
_RULES = Path(__file__).parents[2] / "app" / "rules" / "demo-rules.yaml"
READS = frozenset(
    "owner owner_by_email read_owners accounts activities fields company_fields sequences"
    " email_of enrich".split()
)


@dataclass
class Run:
    """A simulated site at rest, and what was seen on the way."""

    plan: Plan
    site: Site
    happening: Happening
    crashed: str = ""
    rewritten: list[Acted] = field(default_factory=list)  # what a replay has written at vendors


@lru_cache(maxsize=1)
def rules() -> Rules:
    """The demo's rules with times that a simulation can wait for."""
    shipped = parse_rules(_RULES.read_text())
    sla = shipped.sla.model_copy(update={"seconds": 60.0, "untaken_seconds": 40.0})
    return shipped.model_copy(update={"sla": sla, "recheck_seconds": 60.0})


def simulate(plan: Plan) -> Run:
    """Run a plan; the same plan, the same run."""
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)
    try:
        return run(loop, _run(plan, loop))
    finally:
        asyncio.set_event_loop(None)


async def _run(plan: Plan, loop: VirtualLoop) -> Run:
    site = Site(plan, rules(), loop)
    happening = Happening(site)
    seen = Run(plan, site, happening)
    site.begin()
    for number, event in enumerate(plan.events):
        await asyncio.sleep(max(0.0, event.at - loop.time()))
        happening.happen(number, event)
    await asyncio.sleep(max(0.0, FAULTS_END - loop.time()))
    site.troubles.clear()
    await asyncio.sleep(FAULTS_END + _SETTLED - loop.time())
    happening.release()
    await asyncio.sleep(REST - loop.time())
    if plan.replayed:
        await _replay(site, seen)
    site.stop()
    return seen


async def _replay(site: Site, seen: Run) -> None:
    """With all workers stopped, set the group back on some partitions, and look what the vendors
    get."""
    site.stop()
    site.closing = False
    for place, offset in sorted(site.log.committed.items()):
        if site.draw.random() < 0.5:
            begin = site.log.begin(*place)
            site.log.committed[place] = begin + site.draw.randrange(offset - begin + 1)
    if site.deletions:
        site.retain(0.0, dies=False)  # what is to be processed again stays
    before = len(site.journal)
    site.begin()
    await asyncio.sleep(150.0)
    seen.rewritten = [acted for acted in site.journal[before:] if acted.method not in READS]


def be_quiet() -> None:
    """Log nothing: thousands of runs speak of every fault that is meant."""
    structlog.configure(processors=[_drop])


def _drop(*_: object) -> str:
    raise structlog.DropEvent
