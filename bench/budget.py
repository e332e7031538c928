"""How much of HubSpot's documented limit a backlog uses, and whether it ever meets a 429."""

import asyncio
import re
import tempfile
import time
from pathlib import Path

from app.local.demo_site import Site
from bench.site import capture
from bench.week import settled, state

LEADS = 5_000
_WINDOW = 10.0
#: Searches are counted on a limit of their own; properties and lists are looked up once, before
#: there is work.
_NOT_COUNTED = re.compile(r"/search$|/properties/")


def measure_budget() -> dict[str, float]:
    """5,000 new leads against a sandbox that allows 190 calls in any 10 s (a private app's limit,
    docs/design/vendors.md HubSpot 2).

    `fullest` is the share of the limit in the fullest ten seconds; `average` that over the whole
    time from the first call for a lead to the last, which exceeds it where a window begins empty
    and falls below it where the machine is slower than the limit.
    """
    with tempfile.TemporaryDirectory() as data:
        site = Site(Path(data), 0, 1, "hubspot")
        try:
            site.ground()
            asyncio.run(capture(site.settings(), LEADS))
            refused = state(site)["too_many"]
            site.spawn("worker", "worker", "--data", f"{data}/worker")
            samples = asyncio.run(_watch(site))
            (first, _), (last, calls) = samples[0], samples[-1]
            fullest = max(_within(samples, at) for at, _ in samples)
            return {
                "calls": calls,
                "seconds": round(last - first, 1),
                "fullest": round(fullest / site.hubspot_limit, 3),
                "average": round(calls / (site.hubspot_limit * (last - first) / _WINDOW), 3),
                "too_many": state(site)["too_many"] - refused,
            }
        finally:
            site.stop()


async def _watch(site: Site) -> list[tuple[float, int]]:
    """When there were how many calls, at each change, until all leads have settled."""
    done = asyncio.ensure_future(settled(site, LEADS))
    before, samples = _counted(site), list[tuple[float, int]]()
    while not done.done():
        now, made = time.monotonic(), _counted(site) - before
        if made > (samples[-1][1] if samples else 0):
            samples.append((now, made))
        await asyncio.sleep(0.1)
    return samples


def _within(samples: list[tuple[float, int]], end: float) -> int:
    """Calls between two samples that lie no more than ten seconds apart, so rather too few than too
    many."""
    inside = [n for at, n in samples if end - _WINDOW <= at <= end]
    return inside[-1] - inside[0]


def _counted(site: Site) -> int:
    """Calls so far that count on the limit of ten seconds."""
    calls: dict[str, int] = state(site)["calls"]
    return sum(
        n for name, n in calls.items() if "/hubspot/" in name and not _NOT_COUNTED.search(name)
    )
