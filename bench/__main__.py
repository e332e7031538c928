"""`make bench`: the figures, each with its comparison in the same run. `--quick` takes smaller numbers."""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from bench.budget import measure_budget
from bench.latency import measure_latency
from bench.site import BenchSite, cpu
from bench.web import measure_web
from bench.week import measure_calls, measure_week
from leads import names

ROUNDS = 3


def throughput(engine: str, leads: int) -> dict[str, float]:
    """Leads per CPU second of the worker over a backlog, every gate and the audit included."""
    with tempfile.TemporaryDirectory() as data, BenchSite(Path(data)) as site:
        asyncio.run(site.fill(leads))
        worker = site.worker(engine)
        started, before = _first_output(site, worker)
        peak = 0.0
        while (through := asyncio.run(site.end(names.ASSIGNED.full))) < leads:
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
    while not asyncio.run(site.end(names.VALIDATED.full)):
        time.sleep(0.1)
    return time.monotonic(), cpu(worker) - 0.0


def _drain(site: BenchSite, worker: psutil.Process) -> None:
    """Wait until the audit no longer grows: the last gate's work counts too."""
    last = -1
    while (now := asyncio.run(site.end(names.AUDIT.full))) != last:
        last = now
        time.sleep(1.0)
    assert worker.is_running()


def main() -> None:
    """Print every figure."""
    quick = "--quick" in sys.argv
    leads, plain_leads, rounds = (5_000, 1_500, 1) if quick else (20_000, 4_000, ROUNDS)
    report: dict[str, Any] = {}
    for engine, count in (("leadgate", leads), ("plain", plain_leads)):
        runs = [throughput(engine, count) for _ in range(rounds)]
        report[engine] = {name: round(statistics.median(run[name] for run in runs), 1) for name in runs[0]}
    report["times"] = round(report["leadgate"]["per_cpu_second"] / report["plain"]["per_cpu_second"], 2)
    with tempfile.TemporaryDirectory() as data, BenchSite(Path(data)) as site:
        report["alone"] = measure_latency(site, 50 if quick else 200)
    with tempfile.TemporaryDirectory() as data, BenchSite(Path(data)) as site:
        report["web"] = measure_web(site)
    report["week"] = measure_week(rounds)
    report["calls"] = {crm: measure_calls(crm) for crm in ("hubspot", "salesforce", "zoho")}
    report["budget"] = measure_budget()
    sys.stdout.write(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
