"""The demo: a generated week of leads passes the gates on this machine, with explanations, and each
lead's end is compared with the one that it must have."""

import asyncio
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.live import Live
from rich.table import Table

from app.audit.placement import PlacementLedger
from app.audit.reader import events_of
from app.audit.verify import AuditTail, verify_placement
from app.kafka.clients import consuming
from app.local.demo_console import start_console
from app.local.demo_report import Summary, judge, summarise
from app.local.demo_site import POLL_SECONDS, DemoError, Site
from app.local.demo_story import MEANINGS, STEPS, describe_way, explain_places, suggest_next
from app.local.running_demo import RunningDemo, claim_directory
from app.monitoring.lag import lag
from app.rules.store import load_rules
from connectors.core.private_files import write_private
from leads.records import Place
from leads.rules import Rules
from leads.text import visible_lines

_SETTLE_LIMIT = 240.0
_EXPECTED_LIMIT = 60.0


def run_demo(
    *, leads: int, seed: int, data: Path, crm: str, until_done: bool, quiet: bool
) -> Summary:
    """Start, watch, sum up; then stop, or go on until Ctrl-C.

    Raises UsageError if another demo runs on `data`, DemoError if a process fails or the leads
    don't settle, and KeyboardInterrupt on Ctrl-C before that. All children have ended then.
    """
    console = Console(stderr=True, quiet=quiet, highlight=False, markup=False)
    with claim_directory(data) as running:
        demo = _Demo(Site(data, leads, seed, crm), console, running)
        try:
            summary = demo.run()
            if not until_done:
                demo.explain(summary, start_console(demo.site))
                _wait_for_interrupt()
        finally:
            demo.site.stop()
    return summary


def _wait_for_interrupt() -> None:
    try:
        signal.pause()
    except KeyboardInterrupt:
        return


@dataclass(slots=True)
class _Demo:
    """One run, step by step."""

    site: Site
    console: Console
    running: RunningDemo
    account: PlacementLedger | None = None
    _steps: list[str] = field(default_factory=lambda: list(STEPS))

    def run(self) -> Summary:
        self.console.print(f"Everything is stored in {self.site.data}.", soft_wrap=True)
        self._next_step()
        self.site.start_servers()
        self._next_step()
        self.site.provision()
        self.site.start_workers()
        self.running.publish(self.site.variables())
        self._next_step()
        self.site.sync()
        self._next_step()
        return asyncio.run(self._watch())

    def _next_step(self) -> None:
        done = len(STEPS) - len(self._steps) + 1
        self.console.print(f"{done} of {len(STEPS)}: {self._steps.pop(0)}", soft_wrap=True)

    async def _watch(self) -> Summary:
        settings = self.site.settings()
        started = time.monotonic()
        async with (
            consuming(settings) as consumer,
            httpx.AsyncClient(base_url=self.site.base, timeout=30) as control,
        ):
            follower = AuditTail(consumer)
            with Live(console=self.console, refresh_per_second=4, transient=True) as live:
                await self._until_settled(follower, live)
                seconds = time.monotonic() - started
                self._next_step()
                if not (await control.get("/_control/state")).json()["played"]:
                    await self._play(control)
                    await asyncio.sleep(_afterwards(load_rules(settings.rules)))
                self._next_step()
                truth = (await control.get("/_control/truth")).json()
                await _until_expected(follower, truth)
                await self._until_settled(follower, live)
            self.account = await verify_placement(settings)
            state = (await control.get("/_control/state")).json()
        return summarise(
            self.account, truth, seconds=seconds, calls=state["crm_calls"], data=self.site.data
        )

    async def _play(self, control: httpx.AsyncClient) -> None:
        """Let the sandbox's week go on, and import the file that brings leads a second time."""
        await control.post("/_control/play")
        file = self.site.data / "duplicate-import.csv"
        write_private(file, (await control.get("/_control/import.csv")).text)
        await asyncio.to_thread(self.site.run, "import", str(file))

    async def _until_settled(self, follower: AuditTail, live: Live) -> None:
        """Wait until every lead is captured and nothing is under way. Raises DemoError when that
        takes too long."""
        deadline = time.monotonic() + _SETTLE_LIMIT
        settings = self.site.settings()
        while True:
            self.site.check_children()
            account = await follower.account()
            live.update(_table(account))
            behind = await lag(settings)
            captured = len(account.places)
            in_flight = account.count()["in_flight"]
            if captured >= self.site.leads and not in_flight and not sum(behind.values()):
                return
            if time.monotonic() > deadline:
                raise DemoError(
                    f"not settled after {_SETTLE_LIMIT:.0f} s: {captured} captured, {in_flight} in"
                    f" flight, {_in(account, Place.IN_FLIGHT)[:3]}; behind: {behind}"
                )
            await asyncio.sleep(0.2)

    def explain(self, summary: Summary, link: str) -> None:
        """Print what came out, what it means, one lead's way, and what to try; `link` opens the
        console."""
        assert self.account is not None
        texts = [summary.text, explain_places(summary.report["places"])]
        arrived = _in(self.account, Place.ENGAGED) or list(self.account.places)
        if arrived:
            events = asyncio.run(events_of(self.site.settings(), arrived[0]))
            texts.append(describe_way(events))
            texts.append(suggest_next(arrived[0], self.site.rules_file(), self.site.base))
        texts.append(f"The console, for whoever opens this link first: {link}")
        texts.append("It keeps running; Ctrl-C ends it.")
        self.console.print(visible_lines("\n\n".join(texts)), soft_wrap=True)


def _in(account: PlacementLedger, place: Place) -> list[str]:
    """The leads in a place, in the order of their ids."""
    return sorted([lead for lead, where in account.places.items() if where == place])


def _afterwards(rules: Rules) -> float:
    """Seconds until what was played has had its consequences: polled twice, looked at again twice,
    the last clock run out."""
    return max(rules.sla.seconds, 2 * rules.recheck_seconds) + 2 * POLL_SECONDS


async def _until_expected(follower: AuditTail, truth: dict[str, Any]) -> None:
    """Wait until each lead is where it must end, but not for ever: a busy machine polls late."""
    deadline = time.monotonic() + _EXPECTED_LIMIT
    while judge(await follower.account(), truth)["wrong"] and time.monotonic() < deadline:
        await asyncio.sleep(0.5)


def _table(account: PlacementLedger) -> Table:
    table = Table(title=f"{len(account.places)} leads captured")
    table.add_column("place")
    table.add_column("leads", justify="right")
    table.add_column("meaning")
    counts = account.count()
    for place, meaning in MEANINGS.items():
        if counts[place]:
            table.add_row(place, str(counts[place]), meaning)
    return table
