"""`make bench`: the figures, each with its comparison in the same run.

`--quick` takes smaller numbers; names of parts (`make bench ARGS="alone restore"`) leave the
others out.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.budget import measure_budget
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


def measure_alone(quick: bool) -> dict[str, float]:
    """One lead alone on an idle site."""
    with tempfile.TemporaryDirectory() as data, BenchSite(Path(data)) as site:
        return measure_latency(site, 50 if quick else 200)


def measure_hooks() -> dict[str, Any]:
    """Webhooks on an idle site."""
    with tempfile.TemporaryDirectory() as data, BenchSite(Path(data)) as site:
        return measure_web(site)


#: What can be measured, by the name under which it is asked for and reported.
PARTS: dict[str, Callable[[bool], Any]] = {
    "engines": measure_engines,
    "alone": measure_alone,
    "matching": lambda quick: measure_matching(10_000 if quick else 200_000),
    "febrl": lambda _: measure_febrl(),
    "restore": lambda quick: (
        measure_restore(30_000, 3_000) if quick else measure_restore(200_000, 20_000)
    ),
    "read-model": lambda quick: measure_read_model(1_000 if quick else 5_000),
    "web": lambda _: measure_hooks(),
    "week": lambda quick: measure_week(1 if quick else ROUNDS),
    "calls": lambda _: {crm: measure_calls(crm) for crm in ("hubspot", "salesforce", "zoho")},
    "retention": lambda quick: (
        measure_retention(1_000, 48.0) if quick else measure_retention(10_000, 240.0)
    ),
    "budget": lambda _: measure_budget(),
}


def main() -> int:
    """Print the figures of the parts that are named, or of all; 2 for a part that there isn't."""
    wanted = [arg for arg in sys.argv[1:] if not arg.startswith("-")] or list(PARTS)
    if unknown := [name for name in wanted if name not in PARTS]:
        sys.stderr.write(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}\n")
        return 2
    report = {name: PARTS[name]("--quick" in sys.argv) for name in wanted}
    report["load"] = [round(one, 1) for one in os.getloadavg()]
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
