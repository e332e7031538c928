"""A week's 400 leads on this machine: how long until all are settled, and how often a CRM is asked
for them."""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from app.audit.verify import verify_placement
from app.local.demo_site import Site
from app.monitoring.lag import lag
from bench.site import capture

LEADS = 400
NEW = 2_000


def measure_week(rounds: int) -> dict[str, float]:
    """Medians over seeds 1 to `rounds`: first capture to all settled, and the whole demo from a
    warm start to its end."""
    runs = [_demo(seed) for seed in range(1, rounds + 1)]
    return {name: round(statistics.median(run[name] for run in runs), 1) for name in runs[0]}


def _demo(seed: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as data:
        options = ["--until-done", "--json", "--seed", str(seed), "--data", data]
        command = [sys.executable, "-m", "app.cli", "demo", *options]
        started = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        report = json.loads(done.stdout)
        return {"settled_s": report["seconds"], "whole_demo_s": time.monotonic() - started}


def measure_calls(crm: str) -> dict[str, float]:
    """Calls to a CRM per 100 leads, the poller's own not among them: they come by the clock, not by
    the lead.

    `week` is the demo's 400 (a tenth of them known to the CRM, some refused by it); `new` are
    2,000 that nobody knows.
    """
    return {"week": _calls(crm, LEADS, _poll, LEADS), "new": _calls(crm, 0, _capture, NEW)}


def _calls(crm: str, sandbox: int, fill: Callable[[Site], None], captured: int) -> float:
    with tempfile.TemporaryDirectory() as data:
        site = Site(Path(data), sandbox, 1, crm)
        try:
            site.ground()
            fill(site)
            before = state(site)
            site.spawn("worker", "worker", "--data", f"{data}/worker")
            asyncio.run(settled(site, captured))
            calls: int = state(site)["crm_calls"] - before["crm_calls"]
            return round(calls / captured * 100, 1)
        finally:
            site.stop()


def _poll(site: Site) -> None:
    site.run("poll", "--once", "--since", "0")


def _capture(site: Site) -> None:
    asyncio.run(capture(site.settings(), NEW))


def state(site: Site) -> dict[str, Any]:
    """What the sandbox has counted."""
    found: dict[str, Any] = httpx.get(f"{site.base}/_control/state", timeout=30).json()
    return found


async def settled(site: Site, captured: int) -> None:
    """Return when so many leads are through and nothing is in flight."""
    settings = site.settings()
    while True:
        site.check_children()
        account = await verify_placement(settings)
        if (
            len(account.places) >= captured
            and not account.count()["in_flight"]
            and not sum((await lag(settings)).values())
        ):
            return
        await asyncio.sleep(0.2)
