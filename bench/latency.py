"""One lead alone on an idle system: from capture to engaged, vendors that answer at once.

And a kill -9 to new output.
"""

import asyncio
import time
from typing import Any

import msgspec
import psutil

from app.kafka.clients import consuming, ends, producing
from bench.site import BenchSite, captured
from leads import topics
from leads.keys import lead_id
from leads.records import encode

WARM_UP = 100


class Arrived(msgspec.Struct):
    """What tells that a lead is through."""

    lead: str
    place: str


def measure_latency(site: BenchSite, leads: int) -> dict[str, float]:
    """Milliseconds, and the seconds from kill -9 to the first lead through a new worker.

    Not counted are the first hundred leads, over which a new broker's JVM compiles what it runs.
    """
    worker = site.worker("leadgate")
    asyncio.run(_one_by_one(site, range(WARM_UP)))
    times = asyncio.run(_one_by_one(site, range(WARM_UP, WARM_UP + leads)))
    killed = _kill(site, worker)
    ordered = sorted(times)
    return {
        "p50_ms": round(ordered[len(ordered) // 2] * 1000, 1),
        "p99_ms": round(ordered[int(len(ordered) * 0.99) - 1] * 1000, 1),
        "kill_to_output_s": round(killed, 2),
    }


def _kill(site: BenchSite, worker: psutil.Process) -> float:
    worker.kill()
    worker.wait(10)
    started = time.monotonic()
    again = site.worker("leadgate")
    asyncio.run(_one_by_one(site, [999_999]))
    seconds = time.monotonic() - started
    again.terminate()
    again.wait(30)
    return seconds


async def _one_by_one(site: BenchSite, numbers: Any) -> list[float]:
    times = []
    decoder = msgspec.json.Decoder(Arrived)
    async with producing(site.settings) as producer, consuming(site.settings) as consumer:
        end = await ends(consumer, [topics.AUDIT.full])
        consumer.assign(list(end))
        for tp, offset in end.items():
            consumer.seek(tp, offset)
        for i in numbers:
            record = captured(i * 10)
            wanted = lead_id("apollo", record.source_id)
            started = time.monotonic()
            await producer.send_and_wait(
                topics.CAPTURED.full, encode(record), key=f"apollo:{i}".encode()
            )
            async for found in consumer:
                event = decoder.decode(found.value)
                if event.lead == wanted and event.place in {"engaged", "nurtured"}:
                    times.append(time.monotonic() - started)
                    break
    return times
