"""The demo: broker, sandbox, worker and poller as children, a week of leads through the gates, and
the proof."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.live import Live
from rich.table import Table

from app.audit.placement import PlacementLedger
from app.audit.verify import AuditTail, verify_placement
from app.base.settings import Settings, load_settings
from app.commands import site as site_commands
from app.kafka.clients import consuming
from app.local.broker import Broker, die_with_parent, free_port
from app.monitoring.lag import lag
from app.rules.store import load_rules
from leads.keys import lead_id
from leads.rules import Rules
from sandbox import zoho
from sandbox.apollo import KEY
from sandbox.hubspot.hub import TOKEN
from sandbox.salesforce import CLIENT_ID, CLIENT_SECRET
from sandbox.slack import TOKEN as SLACK_TOKEN

_POLL = 1.0
_SETTLE_LIMIT = 240.0
_EXPECTED_LIMIT = 60.0


@dataclass(frozen=True, slots=True)
class Summary:
    """How it ended: JSON, text, and whether every promise held."""

    report: dict[str, Any]
    text: str
    sound: bool


class Site:
    """One demo's processes.

    `data` keeps the log, the state and the sandbox; a second start goes on from them.
    """

    hubspot_limit = 190  # calls per 10 s that the sandbox allows, as a private app's are

    def __init__(
        self, data: Path, leads: int, seed: int, console: Console, crm: str = "hubspot"
    ) -> None:
        self.data, self.leads, self.seed, self.console, self.crm_name = (
            data,
            leads,
            seed,
            console,
            crm,
        )
        data.mkdir(parents=True, exist_ok=True)
        self.sandbox_port = free_port()
        self.broker = Broker(data / "broker", free_port())
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.base = f"http://127.0.0.1:{self.sandbox_port}"

    def environment(self) -> dict[str, str]:
        """The children's settings: this broker, this sandbox, nothing of the caller's."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("LEADGATE_", "KAFKA_"))}
        rules = self.data / "rules.yaml"
        if not rules.exists():
            rules.write_text((files("app.rules") / "demo-rules.yaml").read_text())
        return kept | {
            "KAFKA_BOOTSTRAP_SERVERS": self.broker.address,
            "LEADGATE_APOLLO_URL": f"{self.base}/apollo/api/v1/",
            "LEADGATE_APOLLO_KEY": KEY,
            "LEADGATE_CRM": self.crm_name,
            "LEADGATE_HUBSPOT_URL": f"{self.base}/hubspot",
            "LEADGATE_HUBSPOT_TOKEN": TOKEN,
            "LEADGATE_SALESFORCE_URL": f"{self.base}/salesforce",
            "LEADGATE_SALESFORCE_CLIENT_ID": CLIENT_ID,
            "LEADGATE_SALESFORCE_CLIENT_SECRET": CLIENT_SECRET,
            "LEADGATE_ZOHO_URL": f"{self.base}/zoho",
            "LEADGATE_ZOHO_ACCOUNTS_URL": f"{self.base}/zoho",
            "LEADGATE_ZOHO_CLIENT_ID": zoho.CLIENT_ID,
            "LEADGATE_ZOHO_CLIENT_SECRET": zoho.CLIENT_SECRET,
            "LEADGATE_ZOHO_REFRESH_TOKEN": zoho.REFRESH,
            "LEADGATE_ZOHO_TOKEN_FILE": str(self.data / "zoho-token"),
            "LEADGATE_ZOHO_LIMIT_10S": "1000",  # it is polled each second here, eight calls a poll
            # three calls a poll; Salesforce itself counts by day
            "LEADGATE_SALESFORCE_LIMIT_10S": "1000",
            "LEADGATE_SLACK_URL": f"{self.base}/slack/api/",
            "LEADGATE_SLACK_TOKEN": SLACK_TOKEN,
            "LEADGATE_RULES": str(rules),
            "LEADGATE_SITE_SECRET": "demo",
            "LEADGATE_POLL_SECONDS": str(_POLL),
            "LEADGATE_OVERLAP_SECONDS": "5",
            "LEADGATE_APOLLO_LIMIT_MINUTE": "1000",
            "LEADGATE_HUBSPOT_LIMIT_10S": "190",
            "LEADGATE_SHEET": str(self.data / "waiting.csv"),
        }

    def settings(self) -> Settings:
        """The children's settings, for this process; its own environment is left as it was."""
        before = dict(os.environ)
        os.environ.clear()
        os.environ.update(self.environment())
        try:
            return load_settings()
        finally:
            os.environ.clear()
            os.environ.update(before)

    def spawn(self, name: str, *args: str, **more: str) -> None:
        """Start `leadgate ARGS` as a child that dies with this process; its messages go to a
        file."""
        out = (self.data / f"{name}.log").open("ab")
        command = [sys.executable, "-m", "app.cli", *args]
        self.children[name] = subprocess.Popen(  # noqa: S603
            command,
            env=self.environment() | more,
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            preexec_fn=die_with_parent,
        )

    def run(self, *args: str) -> None:
        """Run a command to its end. Raises with what it said when it fails."""
        command = [sys.executable, "-m", "app.cli", *args]
        done = subprocess.run(  # noqa: S603
            command, env=self.environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"leadgate {' '.join(args)}: {done.stderr.strip()[-1000:]}")

    def ground(self) -> None:
        """Everything that a worker stands on: broker, sandbox, topics, properties and the CRM's
        snapshot."""
        self._found()
        self._sync()

    def start(self) -> None:
        """Everything; worker and poller load while the snapshot is read, and wait for it."""
        self._found()
        self.spawn("worker", "worker", "--data", str(self.data / "worker"))
        self.spawn("poller", "poll", "--since", "0")
        self._sync()

    def _found(self) -> None:
        """Broker and sandbox side by side, then topics and properties."""
        options = {
            "--port": self.sandbox_port,
            "--data": self.data / "sandbox",
            "--leads": self.leads,
            "--seed": self.seed,
            "--hubspot-limit": self.hubspot_limit,
            "--crm": self.crm_name,
        }
        self.spawn(
            "sandbox", "sandbox", *(str(part) for option in options.items() for part in option)
        )
        self.broker.start()
        self._wait_for_sandbox()
        settings = self.settings()
        asyncio.run(site_commands.provision(settings, load_rules(settings.rules)))

    def _sync(self) -> None:
        settings = self.settings()
        asyncio.run(site_commands.sync(settings, load_rules(settings.rules), restart=False))

    def _wait_for_sandbox(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            self.check_children()
            try:
                httpx.get(f"{self.base}/_control/state", timeout=5)
            except httpx.HTTPError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"the sandbox did not start; see {self.data}/sandbox.log")

    def check_children(self) -> None:
        """Raise if one of them has ended."""
        for name, child in self.children.items():
            if child.poll() is not None:
                tail = (self.data / f"{name}.log").read_text(errors="replace")[-1500:]
                raise RuntimeError(
                    f"{name} ended with {child.returncode}; {self.data}/{name}.log ends"
                    f" with:\n{tail}"
                )

    def stop(self) -> None:
        """Stop everything, the broker last."""
        for name in ("poller", "worker", "sandbox"):
            if (child := self.children.get(name)) is not None:
                child.send_signal(signal.SIGTERM)
                try:
                    child.wait(15)
                except subprocess.TimeoutExpired:
                    child.kill()
        self.broker.stop()


def run_demo(
    *, leads: int, seed: int, data: Path, crm: str, until_done: bool, quiet: bool
) -> Summary:
    """Start, watch, sum up; then stop, or go on until Ctrl-C."""
    console = Console(stderr=True, quiet=quiet)
    site = Site(data, leads, seed, console, crm)
    try:
        console.print(f"starting broker, sandbox, worker and poller; everything is kept in {data}")
        site.start()
        summary = asyncio.run(_watch(site, console))
        if not until_done:
            console.print(summary.text)
            console.print("It keeps running; Ctrl-C ends it.")
            signal.pause()
    except KeyboardInterrupt:
        summary = Summary({}, "stopped", sound=True) if "summary" not in locals() else summary
    finally:
        site.stop()
    return summary


async def _watch(site: Site, console: Console) -> Summary:
    settings = site.settings()
    started = time.monotonic()
    async with (
        consuming(settings) as consumer,
        httpx.AsyncClient(base_url=site.base, timeout=30) as control,
    ):
        follower = AuditTail(consumer)
        with Live(console=console, refresh_per_second=4, transient=True) as live:
            await _until_settled(site, settings, follower, live)
            seconds = time.monotonic() - started
            if not (await control.get("/_control/state")).json()["played"]:
                await _play(site, control)
                await asyncio.sleep(_afterwards(load_rules(settings.rules)))
            wanted = (await control.get("/_control/truth")).json()
            await _until_expected(follower, wanted)
            await _until_settled(site, settings, follower, live)
        account = await verify_placement(settings)
        truth = judge(account, wanted)
        state = (await control.get("/_control/state")).json()
    report = {
        **account.report(),
        "seconds": round(seconds, 1),
        "truth": truth,
        "calls": state["crm_calls"],
    }
    sound = report["conserved"] and not truth["wrong"]
    return Summary(report, _text(report, site), sound=sound)


def _afterwards(rules: Rules) -> float:
    """Seconds until what was played has had its consequences: polled twice, looked at again twice,
    the last clock run out."""
    return max(rules.sla.seconds, 2 * rules.recheck_seconds) + 2 * _POLL


async def _until_expected(follower: AuditTail, truth: dict[str, Any]) -> None:
    """Wait until each lead is where it must end, but not for ever: a busy machine polls late."""
    deadline = time.monotonic() + _EXPECTED_LIMIT
    while judge(await follower.account(), truth)["wrong"] and time.monotonic() < deadline:
        await asyncio.sleep(0.5)


async def _play(site: Site, control: httpx.AsyncClient) -> None:
    await control.post("/_control/play")
    file = site.data / "duplicate-import.csv"
    file.write_text((await control.get("/_control/import.csv")).text)
    await asyncio.to_thread(site.run, "import", str(file))


async def _until_settled(site: Site, settings: Settings, follower: AuditTail, live: Live) -> None:
    """Wait until every lead is captured and nothing is under way.

    Raises when that takes too long.
    """
    deadline = time.monotonic() + _SETTLE_LIMIT
    while True:
        site.check_children()
        account = await follower.account()
        live.update(_table(account))
        if (
            len(account.places) >= site.leads
            and not account.count()["in_flight"]
            and not sum((await lag(settings)).values())
        ):
            return
        if time.monotonic() > deadline:
            stuck = [lead for lead, place in account.places.items() if place == "in_flight"]
            counted = f"{len(account.places)} captured, {len(stuck)} in flight, {stuck[:3]}"
            raise RuntimeError(
                f"not settled after {_SETTLE_LIMIT:.0f} s: {counted}; behind: {await lag(settings)}"
            )
        await asyncio.sleep(0.2)


def judge(account: PlacementLedger, truth: dict[str, Any]) -> dict[str, Any]:
    """Compare each group of leads with the places it must have taken."""
    right, wrong = 0, []
    for group in truth["groups"]:
        ids = [lead_id("apollo", i) for i in group["ids"]]
        places = sorted(account.places.get(i, "lost") for i in ids)
        if places == group["places"]:
            right += len(ids)
        else:
            wrong.append(
                {"case": group["case"], "leads": ids, "is": places, "should": group["places"]}
            )
    return {"right": right, "wrong": wrong}


def _table(account: PlacementLedger) -> Table:
    table = Table(title=f"{len(account.places)} leads captured")
    table.add_column("place")
    table.add_column("leads", justify="right")
    for place, n in account.count().items():
        if n:
            table.add_row(place, str(n))
    return table


def _text(report: dict[str, Any], site: Site) -> str:
    places = "\n".join(f"  {place:11} {n:5}" for place, n in report["places"].items() if n)
    wrong = "".join(f"\n  {w}" for w in report["truth"]["wrong"])
    proof = (
        "every lead is in exactly one place"
        if report["conserved"]
        else "BROKEN: " + "; ".join(report["broken"])
    )
    return (
        f"{report['captured']} leads captured, all settled after {report['seconds']}"
        f" s\n{places}\nproof of P1: {proof}\ntruth: {report['truth']['right']} right,"
        f" {len(report['truth']['wrong'])} groups wrong{wrong}\ncalls to the CRM:"
        f" {report['calls']}; everything is in {site.data}"
    )
