"""Without a broker a command says so in one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.local.broker import free_port

RULES = Path(__file__).parents[2] / "app" / "rules" / "demo-rules.yaml"


@pytest.mark.parametrize(
    "command",
    [
        ("review", "list"),
        ("why", "lead"),
        ("audit", "verify"),
        ("audit", "recompute"),
        ("replay", "--from", "0"),
        ("sync-crm",),
        ("release",),
    ],
)
def test_a_command_ends_in_one_line(command: tuple[str, ...]) -> None:
    address = f"127.0.0.1:{free_port()}"
    settings = {
        "KAFKA_BOOTSTRAP_SERVERS": address,
        "LEADGATE_SITE_SECRET": "s",
        "LEADGATE_RULES": str(RULES),
        "LEADGATE_HUBSPOT_TOKEN": "t",
    }
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LEADGATE_", "KAFKA_"))}
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *command],
        env=kept | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert f"the broker at {address} does not answer" in line
