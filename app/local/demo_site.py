"""The demo's processes: a broker, the sandbox, a worker and a poller as children of this one."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import httpx

from app.base.errors import UsageError
from app.base.settings import Settings, load_settings
from app.commands import site as site_commands
from app.local.broker import Broker, free_port
from app.local.children import open_log, start_child
from app.rules.store import load_rules
from connectors.core.private_files import make_private_directory, write_private
from sandbox import zoho
from sandbox.apollo import KEY
from sandbox.hubspot.hub import TOKEN
from sandbox.salesforce import CLIENT_ID, CLIENT_SECRET
from sandbox.slack import TOKEN as SLACK_TOKEN

#: Seconds between two polls of a source.
POLL_SECONDS = 1.0
_SETTINGS = ("LEADGATE_", "KAFKA_")
#: The demo's topics are on this machine and hold invented people.
SITE_SECRET = "invented people, on 127.0.0.1 only"  # noqa: S105  a demo has no secrets
_START_LIMIT = 60.0
_STOP_LIMIT = 15.0


class DemoError(UsageError, RuntimeError):
    """One of the demo's processes failed, or the leads did not settle; the text says which."""

    exit_code = 1


class Site:
    """One demo's processes.

    `data` keeps the log, the state and the sandbox; a second start goes on from them.
    """

    hubspot_limit = 190  # calls per 10 s that the sandbox allows, as a private app's are

    def __init__(self, data: Path, leads: int, seed: int, crm: str = "hubspot") -> None:
        self.data, self.leads, self.seed, self.crm_name = data, leads, seed, crm
        make_private_directory(data)
        self.sandbox_port = free_port()
        self.broker = Broker(data / "broker", free_port())
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.base = f"http://127.0.0.1:{self.sandbox_port}"

    def rules_file(self) -> Path:
        """The rules' file; written at the first call, and a user's own from then on."""
        path = self.data / "rules.yaml"
        if not path.exists():
            shipped = files("app.rules") / "demo-rules.yaml"
            write_private(path, shipped.read_text(encoding="utf-8"))
        return path

    def environment(self) -> dict[str, str]:
        """The children's environment: this site's settings, and none of the caller's."""
        callers = {k: v for k, v in os.environ.items() if not k.startswith(_SETTINGS)}
        return callers | self.variables()

    def variables(self) -> dict[str, str]:
        """The settings of this site: its broker, its sandbox, its files."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.broker.address,
            "LEADGATE_CRM": self.crm_name,
            "LEADGATE_RULES": str(self.rules_file()),
            "LEADGATE_DATABASE_URL": f"sqlite:///{self.data / 'leadgate.db'}",
            "LEADGATE_SHEET": str(self.data / "waiting.csv"),
            "LEADGATE_SITE_SECRET": SITE_SECRET,
            "LEADGATE_POLL_SECONDS": str(POLL_SECONDS),
            "LEADGATE_OVERLAP_SECONDS": "5",
            "LEADGATE_SLACK_URL": f"{self.base}/slack/api/",
            "LEADGATE_SLACK_TOKEN": SLACK_TOKEN,
            "LEADGATE_APOLLO_URL": f"{self.base}/apollo/api/v1/",
            "LEADGATE_APOLLO_KEY": KEY,
            "LEADGATE_APOLLO_LIMIT_MINUTE": "1000",
            **self._crm_variables(),
        }

    def _crm_variables(self) -> dict[str, str]:
        """Addresses, keys and limits of every CRM's stand-in.

        Zoho is polled each second here with eight calls a poll, Salesforce with three; Salesforce
        itself counts by day.
        """
        return {
            "LEADGATE_HUBSPOT_URL": f"{self.base}/hubspot",
            "LEADGATE_HUBSPOT_TOKEN": TOKEN,
            "LEADGATE_HUBSPOT_LIMIT_10S": "190",
            "LEADGATE_SALESFORCE_URL": f"{self.base}/salesforce",
            "LEADGATE_SALESFORCE_CLIENT_ID": CLIENT_ID,
            "LEADGATE_SALESFORCE_CLIENT_SECRET": CLIENT_SECRET,
            "LEADGATE_SALESFORCE_LIMIT_10S": "1000",
            "LEADGATE_ZOHO_URL": f"{self.base}/zoho",
            "LEADGATE_ZOHO_ACCOUNTS_URL": f"{self.base}/zoho",
            "LEADGATE_ZOHO_CLIENT_ID": zoho.CLIENT_ID,
            "LEADGATE_ZOHO_CLIENT_SECRET": zoho.CLIENT_SECRET,
            "LEADGATE_ZOHO_REFRESH_TOKEN": zoho.REFRESH,
            "LEADGATE_ZOHO_TOKEN_FILE": str(self.data / "zoho-token"),
            "LEADGATE_ZOHO_LIMIT_10S": "1000",
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
        command = [sys.executable, "-m", "app.cli", *args]
        with open_log(self.data / f"{name}.log") as out:
            self.children[name] = start_child(command, out, environment=self.environment() | more)

    def run(self, *args: str) -> None:
        """Run a command to its end. Raises DemoError with its message if it fails."""
        command = [sys.executable, "-m", "app.cli", *args]
        done = subprocess.run(  # noqa: S603
            command, env=self.environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise DemoError(f"leadgate {' '.join(args)}: {done.stderr.strip()[-1000:]}")

    def ground(self) -> None:
        """Start what a worker stands on: broker, sandbox, topics, properties and the CRM's
        snapshot."""
        self.start_servers()
        self.provision()
        self.sync()

    def start_servers(self) -> None:
        """Start the sandbox and the broker side by side, and wait until both answer."""
        self.spawn(
            "sandbox",
            "sandbox",
            *("--port", str(self.sandbox_port), "--data", str(self.data / "sandbox")),
            *("--leads", str(self.leads), "--seed", str(self.seed), "--crm", self.crm_name),
            *("--hubspot-limit", str(self.hubspot_limit)),
        )
        self.broker.start()
        self.wait_for_server("sandbox", f"{self.base}/_control/state")

    def provision(self) -> None:
        """Make topics, CRM properties and lists."""
        settings = self.settings()
        asyncio.run(site_commands.provision(settings, load_rules(settings.rules)))

    def start_workers(self) -> None:
        """Start worker and poller; they wait by themselves for the CRM's snapshot."""
        self.spawn("worker", "worker", "--data", str(self.data / "worker"))
        self.spawn("poller", "poll", "--since", "0")

    def sync(self) -> None:
        """Read the CRM's snapshot into Kafka."""
        settings = self.settings()
        asyncio.run(site_commands.sync(settings, load_rules(settings.rules), restart=False))

    def wait_for_server(self, name: str, url: str) -> None:
        """Wait until a child's server answers. Raises DemoError if it does not."""
        deadline = time.monotonic() + _START_LIMIT
        while time.monotonic() < deadline:
            self.check_children()
            try:
                httpx.get(url, timeout=5)
            except httpx.HTTPError:
                time.sleep(0.05)
            else:
                return
        raise DemoError(f"{name} did not start; see {self.data}/{name}.log")

    def check_children(self) -> None:
        """Raise DemoError with the end of its log if a child has ended."""
        for name, child in self.children.items():
            if child.poll() is not None:
                tail = (self.data / f"{name}.log").read_text(errors="replace")[-1500:]
                raise DemoError(
                    f"{name} ended with {child.returncode}; {self.data}/{name}.log ends"
                    f" with:\n{tail}"
                )

    def stop(self) -> None:
        """Stop everything, the broker last."""
        for name in ("console", "projector", "poller", "worker", "sandbox"):
            if (child := self.children.get(name)) is not None:
                child.send_signal(signal.SIGTERM)
                try:
                    child.wait(_STOP_LIMIT)
                except subprocess.TimeoutExpired:
                    child.kill()
        self.broker.stop()
