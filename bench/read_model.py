"""How fast the console's read model is filled from the audit of real leads, on SQLite."""

import asyncio
import tempfile
import time
from pathlib import Path

from app.base.clock import SystemClock
from app.console.figures import count_places
from app.console.queue_rows import queue_page
from app.console.rebuild import rebuild
from app.console.store import open_read_model
from bench.site import BenchSite
from leads import topics

_LIMIT = 900.0  # seconds for the worker
_EVENTS_A_LEAD = 10


def measure_read_model(leads: int) -> dict[str, float]:
    """Events and all records a second of a rebuild, by the clock and by CPU; milliseconds of two
    questions of a page afterwards."""
    with tempfile.TemporaryDirectory() as data, BenchSite(Path(data)) as site:
        worker = site.worker("leadgate")
        asyncio.run(site.fill(leads))
        until = time.monotonic() + _LIMIT
        while (events := asyncio.run(site.end(topics.AUDIT.full))) < leads * _EVENTS_A_LEAD:
            if not worker.is_running() or time.monotonic() > until:
                raise RuntimeError(f"the worker has stopped at {events} events")
            time.sleep(1)
        worker.kill()
        worker.wait()
        before = time.process_time()
        report = asyncio.run(rebuild(site.settings, SystemClock(), lambda _: None))
        used = time.process_time() - before
        return {
            "leads": leads,
            "events": events,
            "records": report.records,
            "seconds": round(report.seconds, 2),
            "events_per_second": round(events / report.seconds),
            "events_per_cpu_second": round(events / used),
            **_ask(site),
        }


def _ask(site: BenchSite) -> dict[str, float]:
    model = open_read_model(site.settings)
    with model.reading() as connection:
        began = time.perf_counter()
        count_places(connection)
        counted = time.perf_counter()
        queue_page(connection, 50, places=("engaged", "nurtured"))
        paged = time.perf_counter()
    return {
        "places_ms": round((counted - began) * 1000, 1),
        "page_ms": round((paged - counted) * 1000, 1),
    }
