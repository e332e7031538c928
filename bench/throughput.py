"""One engine over a backlog: leads per CPU second of its worker process, and per second."""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil

from bench.site import BenchSite, cpu
from leads import topics

_LIMIT = 600.0  # seconds for a backlog


class Engine(NamedTuple):
    """What is measured.

    `reads` are the topics that it has to work off and commit; `leads` is its backlog, and
    `quick_leads` that of a quick run. `beside` is the engine that does the same work on Leadgate.
    """

    name: str
    leads: int
    quick_leads: int
    beside: str
    python: str = sys.executable
    reads: tuple[topics.Topic, ...] = topics.LEAD_TOPICS


class Throughput(NamedTuple):
    """One run. `memory_mb` is the highest resident size that was seen."""

    per_cpu_second: float
    per_second: float
    memory_mb: float


class _Watch:
    """What a run needs between its first output and its last commit."""

    def __init__(self, site: BenchSite, engine: Engine, worker: psutil.Process) -> None:
        self._site, self._engine, self._worker = site, engine, worker
        self.peak = 0.0

    def wait_for_first_output(self) -> None:
        """Importing and joining the group is no work on leads."""
        while not asyncio.run(self._site.end(topics.VALIDATED.full)):
            self._check()
            time.sleep(0.1)

    def wait_until_done(self, leads: int) -> float:
        """Return once the last commit is made; the time at which the audit last grew.

        The CPU of the last commit counts, its waiting doesn't.
        """
        deadline = time.monotonic() + _LIMIT
        audited, grown = -1, time.monotonic()
        while time.monotonic() < deadline:
            self._check()
            if (events := asyncio.run(self._site.end(topics.AUDIT.full))) > audited:
                audited, grown = events, time.monotonic()
            through = asyncio.run(self._site.end(topics.ASSIGNED.full)) >= leads
            if through and not asyncio.run(self._site.uncommitted(self._engine.reads)):
                return grown
            time.sleep(0.3)
        raise RuntimeError(f"{self._engine.name}: not done after {_LIMIT:.0f} s\n{self._log()}")

    def _check(self) -> None:
        if self._worker.status() == psutil.STATUS_ZOMBIE:
            raise RuntimeError(f"{self._engine.name} has ended\n{self._log()}")
        self.peak = max(self.peak, self._worker.memory_info().rss / 2**20)

    def _log(self) -> str:
        return (self._site.data / f"{self._engine.name}.log").read_text()[-2000:]


def measure_throughput(engine: Engine, leads: int) -> Throughput:
    """Every gate and the audit included, on a broker of its own.

    Raises RuntimeError when the worker ends, or isn't done after ten minutes.
    """
    with tempfile.TemporaryDirectory() as data, BenchSite(Path(data)) as site:
        asyncio.run(site.fill(leads))
        worker = site.worker(engine.name, engine.python)
        watch = _Watch(site, engine, worker)
        watch.wait_for_first_output()
        started, before = time.monotonic(), cpu(worker)
        seconds = watch.wait_until_done(leads) - started
        used = cpu(worker) - before
        worker.terminate()
        worker.wait(30)
        return Throughput(leads / used, leads / seconds, watch.peak)
