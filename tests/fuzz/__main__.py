"""`make fuzz SECONDS=600`: random input to each target in turn, for so many seconds.

Prints the answers by number. An assertion that fails ends it with the smallest input that does so.
"""

import argparse
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import httpx
from hypothesis import HealthCheck, Phase, seed, settings

from app.local.broker import Broker, free_port
from tests.app.command_line import DEMO_RULES, environment
from tests.fuzz.requests import ADDRESS, HUBSPOT, SECRET, SLACK
from tests.fuzz.targets import Test, file_target, gate_target, web_target

_ROUND = 300  # examples a target before the next one's turn
_READY = 60.0
_VENDORS = ("LEADGATE_HUBSPOT_URL", "LEADGATE_APOLLO_URL", "LEADGATE_SLACK_URL")


def main() -> int:
    """Entry point; see the module's text."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=0, help="of the first round; a fresh one")
    wanted = parser.parse_args()
    first = wanted.seed or secrets.randbelow(1_000_000) + 1
    sys.stdout.write(f"seed {first}, {wanted.seconds:.0f} s\n")
    data = Path(tempfile.mkdtemp(prefix="leadgate-fuzz-"))
    broker = Broker(data / "broker", free_port())
    broker.start()
    try:
        return _fuzz(broker.address, data, first, wanted.seconds)
    finally:
        broker.stop()


def _fuzz(broker: str, data: Path, first: int, seconds: float) -> int:
    answers: dict[str, Counter[str]] = {"web": Counter(), "file": Counter(), "gate": Counter()}
    site = _settings(broker, data)
    # its topics are there before it fails: no CRM answers here
    subprocess.run(_leadgate("provision"), env=environment(site), capture_output=True, check=False)
    port = free_port()
    log = (data / "web.log").open("w+")
    web = subprocess.Popen(_leadgate("web", "--port", str(port)), env=environment(site), stderr=log)
    try:
        _await_ready(port)
        targets = (
            partial(web_target, port, web, answers["web"]),
            partial(file_target, data, answers["file"]),
            partial(gate_target, answers["gate"]),
        )
        rounds = _take_turns(targets, first, time.monotonic() + seconds)
        httpx.get(f"http://127.0.0.1:{port}/livez").raise_for_status()
    finally:
        web.terminate()
        web.wait()
        for name, counts in answers.items():
            said = ", ".join(f"{n} {answer}" for answer, n in counts.most_common())
            sys.stdout.write(f"{name}: {said}\n")
    log.seek(0)
    faults = [line for line in log if "Traceback" in line]
    sys.stdout.write(f"{rounds} rounds, {len(faults)} tracebacks of web\n")
    return 1 if faults else 0


def _take_turns(targets: Sequence[Callable[[], Test]], first: int, until: float) -> int:
    """Each target in turn with another seed, until the time is over; the number of rounds."""
    rounds = 0
    while time.monotonic() < until:
        for target in targets:
            number = first + rounds
            limits = settings(
                max_examples=_ROUND,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
                phases=(Phase.generate, Phase.shrink),
            )
            limits(seed(number)(target()))()
        rounds += 1
    return rounds


def _settings(broker: str, data: Path) -> dict[str, str]:
    """A site whose vendors are away: nothing here needs them."""
    return {
        "LEADGATE_RULES": str(DEMO_RULES),
        "LEADGATE_HUBSPOT_TOKEN": "t",
        **dict.fromkeys(_VENDORS, "http://127.0.0.1:9"),
        "KAFKA_BOOTSTRAP_SERVERS": broker,
        "LEADGATE_SITE_SECRET": "c0ffee8d21b94fa7",
        "LEADGATE_DATABASE_URL": f"sqlite:///{data / 'leadgate.db'}",
        "LEADGATE_WEB_SECRET": SECRET,
        "LEADGATE_SLACK_SIGNING_SECRET": SLACK,
        "LEADGATE_HUBSPOT_CLIENT_SECRET": HUBSPOT,
        "LEADGATE_WEB_ADDRESS": ADDRESS,
    }


def _leadgate(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "app.cli", *arguments]


def _await_ready(port: int) -> None:
    until = time.monotonic() + _READY
    while time.monotonic() < until:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise TimeoutError("web is not ready")


if __name__ == "__main__":
    sys.exit(main())
