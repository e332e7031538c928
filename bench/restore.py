"""From an empty directory to the first lead out, with the rows of many people in the changelog."""

import asyncio
import tempfile
import time
from collections import defaultdict, deque
from pathlib import Path

import msgspec
import psutil

from app.kafka.clients import consuming, ends, producing, read_to
from bench.site import BenchSite, cpu
from leads import topics
from tables.state import Row

TEMPLATE_LEADS = 600
_LIMIT = 900.0

Rows = dict[int, list[Row]]


class Restored(msgspec.Struct):
    """One restore: its size, and the seconds from the process's start to the first record of the
    first stage.

    CPU seconds are the process's, imports and the first lead included: they hold on a busy
    machine, too.
    """

    engine: str
    people: int
    rows: int
    seconds: float
    cpu_seconds: float

    def report(self) -> dict[str, float]:
        """For `make bench`."""
        return {
            "people": self.people,
            "rows": self.rows,
            "seconds": round(self.seconds, 1),
            "cpu_seconds": round(self.cpu_seconds, 1),
            "rows_per_second": round(self.rows / self.seconds),
        }


def measure_restore(people: int, plain_people: int) -> dict[str, dict[str, float]]:
    """Leadgate's restore, and Faust's own of fewer people, since it takes ten times as long."""
    rows = make_rows()
    return {
        "leadgate": restore("leadgate", people, rows).report(),
        "fausts_own": restore("plain", plain_people, rows).report(),
    }


def make_rows() -> Rows:
    """The changelog's records, by partition, that `TEMPLATE_LEADS` leads leave on their way through
    every stage."""
    with tempfile.TemporaryDirectory() as data, BenchSite(Path(data)) as site:
        asyncio.run(site.fill(TEMPLATE_LEADS))
        worker = site.worker("leadgate")
        last = -1
        while asyncio.run(site.end(topics.ASSIGNED.full)) < TEMPLATE_LEADS or last != asyncio.run(
            site.end(topics.AUDIT.full)
        ):
            last = asyncio.run(site.end(topics.AUDIT.full))
            _check(site, worker, "leadgate")
            time.sleep(1.0)
        worker.terminate()
        worker.wait(30)
        return asyncio.run(_read_rows(site))


def _check(site: BenchSite, worker: psutil.Process, engine: str) -> None:
    """Raise with what the worker said when it has ended, or runs for too long."""
    if worker.status() == psutil.STATUS_ZOMBIE or time.time() - worker.create_time() > _LIMIT:
        raise RuntimeError((site.data / f"{engine}.log").read_text()[-2000:])


async def _read_rows(site: BenchSite) -> Rows:
    found: Rows = defaultdict(list)
    async with consuming(site.settings) as consumer:
        async for record in read_to(consumer, await ends(consumer, [topics.CHANGELOG])):
            found[record.partition].append((record.key, record.value))
    return found


def restore(engine: str, people: int, rows: Rows) -> Restored:
    """Write so many people's rows, capture one lead, and start a worker on an empty directory."""
    with tempfile.TemporaryDirectory() as data, BenchSite(Path(data)) as site:
        copies = people // TEMPLATE_LEADS
        written = asyncio.run(_write(site, rows, copies))
        asyncio.run(site.fill(1))
        started = time.monotonic()
        worker = site.worker(engine)
        while not asyncio.run(site.end(topics.VALIDATED.full)):
            _check(site, worker, engine)
            time.sleep(0.1)
        seconds, used = time.monotonic() - started, cpu(worker)
        worker.kill()
        worker.wait(30)
        return Restored(engine, copies * TEMPLATE_LEADS, written, seconds, used)


async def _write(site: BenchSite, rows: Rows, copies: int) -> int:
    """The rows so many times, each time under other keys."""
    async with producing(site.settings) as producer:
        for partition, found in rows.items():
            for copy in range(copies):
                rest = deque((key + b"#%d" % copy, value) for key, value in found)
                while rest:
                    batch = producer.create_batch()
                    while (
                        rest
                        and batch.append(key=rest[0][0], value=rest[0][1], timestamp=None)
                        is not None
                    ):
                        rest.popleft()
                    batch.close()
                    await producer.send_batch(batch, topics.CHANGELOG, partition=partition)
        await producer.flush()
    return copies * sum(len(found) for found in rows.values())
