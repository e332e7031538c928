"""Webhooks at a rate: how soon each is taken, and that every one is there afterwards.

No worker runs: none is needed.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import aiohttp
import httpx

from app.local.broker import free_port
from bench.site import BenchSite, captured
from leads import topics

RATE, SECONDS = 500, 20
SECRET = "5e1d09ab7c34f286"  # noqa: S105  a benchmark's


def measure_web(site: BenchSite) -> dict[str, float]:
    """Posts a second reached, milliseconds until the answer, and deliveries that the log lacks
    afterwards (0, or it lies)."""
    port = free_port()
    process = _start(site, port)
    before = asyncio.run(site.end(topics.CAPTURED.full))
    try:
        times, seconds = asyncio.run(_post(f"http://127.0.0.1:{port}/capture/zapier"))
    finally:
        process.terminate()
        process.wait(30)
    lost = len(times) - (asyncio.run(site.end(topics.CAPTURED.full)) - before)
    ordered = sorted(times)
    return {
        "posts_per_second": round(len(times) / seconds, 1),
        "p50_ms": round(ordered[len(ordered) // 2] * 1000, 1),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 1),
        "lost": lost,
    }


def _start(site: BenchSite, port: int) -> "subprocess.Popen[bytes]":
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LEADGATE_", "KAFKA_"))}
    rules = Path(__file__).parents[1] / "app" / "rules" / "demo-rules.yaml"
    environment = kept | {
        "KAFKA_BOOTSTRAP_SERVERS": site.broker.address,
        "LEADGATE_RULES": str(rules),
        "LEADGATE_SITE_SECRET": "c0ffee8d21b94fa7",
        "LEADGATE_WEB_SECRET": SECRET,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "web", "--port", str(port)], env=environment
    )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{port}/livez")
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return process
    raise RuntimeError("the web process did not start")


async def _post(url: str) -> tuple[list[float], float]:
    """Posts at a steady rate, each when its time has come, whether or not the one before is
    answered."""
    times: list[float] = []
    bodies = [json.dumps(captured(number).raw) for number in range(RATE * SECONDS)]
    headers = {"x-webhook-secret": SECRET, "content-type": "application/json"}
    # not httpx: it would take a core by itself, and the core is the server's
    connector = aiohttp.TCPConnector(limit=50)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as client:

        async def one(number: int) -> None:
            began = time.monotonic()
            async with client.post(url, data=bodies[number]) as answer:
                assert answer.status == 202, await answer.text()
            times.append(time.monotonic() - began)

        started = time.monotonic()
        async with asyncio.TaskGroup() as posts:
            for number in range(RATE * SECONDS):
                await asyncio.sleep(max(0.0, started + number / RATE - time.monotonic()))
                posts.create_task(one(number))
        return times, time.monotonic() - started
