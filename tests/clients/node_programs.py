"""Node programs that tests run: their packages installed, their reports read."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.limits import HUNG

_OPTIONS = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")
#: Seconds that a program may run.


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a vendor's client, as tests/clients/calls.mjs reports it: `error` is '' if the
    answer was what the vendor documents."""

    name: str
    error: str


def install_program(folder: Path, package: Path, sources: Sequence[Path]) -> None:
    """Copy a package.json and its sources into `folder`, and install the packages there.

    Skips the test where Node is missing, fails it with CI set.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        if os.environ.get("CI"):
            pytest.fail("node or npm is not on the PATH")
        pytest.skip("node or npm is not on the PATH")
    for source in (package, *sources):
        shutil.copy(source, folder)
    done = subprocess.run(
        ["npm", "install", *_OPTIONS], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def run_calls(program: Path, address: str) -> list[Call]:
    """Run a program of calls on the sandbox at `address`; every call that it reports.

    Fails the test if the program ends before its last call.
    """
    done = subprocess.run(
        ["node", program.name, address],
        cwd=program.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=HUNG,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [Call(**json.loads(line)) for line in done.stdout.splitlines()]
