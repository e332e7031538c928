"""`make bench`: the figures, each with its comparison in the same run.

`--quick` takes smaller numbers; names of parts (`make bench ARGS="alone restore"`) leave the
others out.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.budget import measure_budget
from bench.console import measure_console
from bench.engines import measure_engines
from bench.febrl import measure_febrl
from bench.latency import measure_latency
from bench.matching_cost import measure_matching
from bench.read_model import measure_read_model
from bench.restore import measure_restore
from bench.retention import measure_retention
from bench.site import BenchSite
from bench.web import measure_web
from bench.week import measure_calls, measure_week

ROUNDS = 3


class Asked(argparse.Namespace):
    """What the command line asks for."""

    parts: list[str]
    quick: bool
    console_data: Path | None


def measure_alone(quick: bool) -> dict[str, float]:
    """One lead alone on an idle site."""
    with tempfile.TemporaryDirectory() as data, BenchSite(Path(data)) as site:
        return measure_latency(site, 50 if quick else 200)


def measure_hooks() -> dict[str, Any]:
    """Webhooks on an idle site."""
    with tempfile.TemporaryDirectory() as data, BenchSite(Path(data)) as site:
        return measure_web(site)


#: What can be measured, by the name under which it is asked for and reported.
PARTS: dict[str, Callable[[Asked], Any]] = {
    "engines": lambda asked: measure_engines(asked.quick),
    "alone": lambda asked: measure_alone(asked.quick),
    "matching": lambda asked: measure_matching(10_000 if asked.quick else 200_000),
    "febrl": lambda _: measure_febrl(),
    "restore": lambda asked: (
        measure_restore(30_000, 3_000) if asked.quick else measure_restore(200_000, 20_000)
    ),
    "read-model": lambda asked: measure_read_model(1_000 if asked.quick else 5_000),
    "console": lambda asked: measure_console(asked.quick, asked.console_data),
    "web": lambda _: measure_hooks(),
    "week": lambda asked: measure_week(1 if asked.quick else ROUNDS),
    "calls": lambda _: {crm: measure_calls(crm) for crm in ("hubspot", "salesforce", "zoho")},
    "retention": lambda asked: (
        measure_retention(1_000, 48.0) if asked.quick else measure_retention(10_000, 240.0)
    ),
    "budget": lambda _: measure_budget(),
}


def main() -> int:
    """Print the figures of the parts that are named, or of all; 2 for a part that there isn't."""
    asked = _read_arguments()
    wanted = asked.parts or list(PARTS)
    if unknown := [name for name in wanted if name not in PARTS]:
        sys.stderr.write(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}\n")
        return 2
    report = {name: PARTS[name](asked) for name in wanted}
    report["load"] = [round(one, 1) for one in os.getloadavg()]
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 0


def _read_arguments() -> Asked:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="smaller numbers")
    parser.add_argument(
        "--console-data",
        type=Path,
        metavar="DIRECTORY",
        help="where the console's read model is filled, and taken from if it is there",
    )
    return parser.parse_args(namespace=Asked())


if __name__ == "__main__":
    sys.exit(main())
