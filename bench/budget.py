"""How much of HubSpot's documented limit a backlog uses, and whether it ever meets a 429."""

import asyncio
import tempfile
import time
from pathlib import Path

from rich.console import Console

from bench.site import capture
from bench.week import settled, state
from leadgate.app.demo import Site

LEADS = 5_000
_WINDOW = 10.0


def measure_budget() -> dict[str, float]:
    """5,000 new leads against a sandbox that allows 190 calls in any 10 s (a private app's limit, facts/hubspot.md 2).

    `used` is the share of the allowed calls that were made between the first and the last of them.
    """
    with tempfile.TemporaryDirectory() as data:
        site = Site(Path(data), 0, 1, Console(quiet=True), "hubspot")
        try:
            site.ground()
            asyncio.run(capture(site.settings(), LEADS))
            before = state(site)
            site.spawn("worker", "worker", "--data", f"{data}/worker")
            calls, seconds = asyncio.run(_watch(site, before["crm_calls"]))
            return {
                "calls": calls,
                "seconds": round(seconds, 1),
                "used": round(calls / (site.hubspot_limit * seconds / _WINDOW), 3),
                "too_many": state(site)["too_many"] - before["too_many"],
            }
        finally:
            site.stop()


async def _watch(site: Site, before: int) -> tuple[int, float]:
    """The calls made until all leads have settled, and the time that passed from the first to the last."""
    done = asyncio.ensure_future(settled(site, LEADS))
    count, first, last = 0, 0.0, 0.0
    while not done.done():
        now, made = time.monotonic(), state(site)["crm_calls"] - before
        if made > count:
            first, last, count = first or now, now, made
        await asyncio.sleep(0.1)
    return count, last - first
