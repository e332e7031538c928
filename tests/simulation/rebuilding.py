"""A simulated site that loses its state and the changelog, is rebuilt, and goes on."""

import asyncio

from leads import topics
from streams.testing.loop import VirtualLoop, run
from tests.simulation.happening import Happening
from tests.simulation.plan import FAULTS_END, Plan
from tests.simulation.rebuilt import Rebuilt, rebuild
from tests.simulation.simulate import REST, Run, rules
from tests.simulation.site import WORKERS, Site


def simulate_loss(plan: Plan, at: float) -> tuple[Run, Rebuilt]:
    """Run a plan whose site loses everything but the log's other topics at a time in seconds."""
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)
    try:
        return run(loop, _run(plan, loop, at))
    finally:
        asyncio.set_event_loop(None)


async def _run(plan: Plan, loop: VirtualLoop, lost_at: float) -> tuple[Run, Rebuilt]:
    site = Site(plan, rules(), loop)
    happening = Happening(site)
    site.begin()
    rebuilt: Rebuilt | None = None
    for number, event in enumerate(plan.events):
        if rebuilt is None and event.at > lost_at:
            await asyncio.sleep(max(0.0, lost_at - loop.time()))
            rebuilt = lose_and_rebuild(site)
        await asyncio.sleep(max(0.0, event.at - loop.time()))
        happening.happen(number, event)
    await asyncio.sleep(max(0.0, max(lost_at, FAULTS_END) - loop.time()))
    site.troubles.clear()
    if rebuilt is None:
        rebuilt = lose_and_rebuild(site)
    await asyncio.sleep(FAULTS_END + 200.0 - loop.time())
    happening.release()
    await asyncio.sleep(REST + 60.0 - loop.time())
    site.stop()
    return Run(plan, site, happening), rebuilt


def lose_and_rebuild(site: Site) -> Rebuilt:
    """End the workers, lose every row, write them again, and start the workers."""
    site.stop()
    site.closing = False
    rebuilt = rebuild(site, site.rules)
    for name in WORKERS:
        site.disks[name].lose()
    site.log.lose(topics.CHANGELOG)
    for partition in range(topics.PARTITIONS):
        if rows := list(rebuilt.rows.all(partition)):
            site.log.append(topics.CHANGELOG, partition, list(rows))
    site.begin()
    return rebuilt
