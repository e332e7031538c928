"""`make bench`: the figures, each with its comparison in the same run.

`--quick` takes smaller numbers; names of parts (`make bench ARGS="alone restore"`) leave the
others out.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from bench.budget import measure_budget
from bench.latency import measure_latency
from bench.restore import measure_restore
from bench.site import BenchSite, cpu
from bench.web import measure_web
from bench.week import measure_calls, measure_week
from leads import topics

ROUNDS = 3


def throughput(engine: str, leads: int) -> dict[str, float]:
    """Leads per CPU second of the worker over a backlog, every gate and the audit included."""
    with tempfile.TemporaryDirectory() as data, BenchSite(Path(data)) as site:
        asyncio.run(site.fill(leads))
        worker = site.worker(engine)
        started, before = _first_output(site, worker)
        peak = 0.0
        while (through := asyncio.run(site.end(topics.ASSIGNED.full))) < leads:
            peak = max(peak, worker.memory_info().rss / 2**20)
            if time.monotonic() - started > 600:
                log = (Path(data) / f"{engine}.log").read_text()[-2000:]
                raise RuntimeError(f"{engine}: {through} of {leads} after 600 s\n{log}")
            time.sleep(0.5)
        _drain(site, worker)
        used, seconds = cpu(worker) - before, time.monotonic() - started
        worker.terminate()
        worker.wait(30)
        return {"per_cpu_second": leads / used, "per_second": leads / seconds, "memory_mb": peak}


def _first_output(site: BenchSite, worker: psutil.Process) -> tuple[float, float]:
    """Start counting when the worker has begun: importing and joining is no work on leads."""
    while not asyncio.run(site.end(topics.VALIDATED.full)):
        time.sleep(0.1)
    return time.monotonic(), cpu(worker) - 0.0


def _drain(site: BenchSite, worker: psutil.Process) -> None:
    """Wait until the audit no longer grows: the last gate's work counts too."""
    last = -1
    while (now := asyncio.run(site.end(topics.AUDIT.full))) != last:
        last = now
        time.sleep(1.0)
    assert worker.is_running()


def measure_engines(quick: bool) -> dict[str, Any]:
    """Leadgate's throughput, the plain agents', and how many times the one is the other."""
    leads, plain_leads, rounds = (5_000, 1_500, 1) if quick else (20_000, 4_000, ROUNDS)
    report: dict[str, Any] = {}
    for engine, count in (("leadgate", leads), ("plain", plain_leads)):
        runs = [throughput(engine, count) for _ in range(rounds)]
        report[engine] = {
            name: round(statistics.median(run[name] for run in runs), 1) for name in runs[0]
        }
    report["times"] = round(
        report["leadgate"]["per_cpu_second"] / report["plain"]["per_cpu_second"], 2
    )
    return report


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
    "restore": lambda quick: (
        measure_restore(30_000, 3_000) if quick else measure_restore(200_000, 20_000)
    ),
    "web": lambda _: measure_hooks(),
    "week": lambda quick: measure_week(1 if quick else ROUNDS),
    "calls": lambda _: {crm: measure_calls(crm) for crm in ("hubspot", "salesforce", "zoho")},
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
