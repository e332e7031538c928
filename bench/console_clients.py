"""Clients that wait for changes: the memory of each in the server, and when each hears of one."""

import asyncio
import time
from collections.abc import Mapping

import aiohttp
import psutil

from bench.console_filling import LargeSite
from bench.console_records import records_of
from leads.sealing import UNSEALED

CLIENTS, CHANGES = 50, 10
_SETTLED = 3.0  # seconds


def measure_clients(
    site: LargeSite, port: int, headers: Mapping[str, str], server: psutil.Process
) -> dict[str, float]:
    """KiB a client, and milliseconds from a change's commit until a client is told."""
    return asyncio.run(_measure(site, f"http://127.0.0.1:{port}/changes", headers, server))


async def _measure(
    site: LargeSite, url: str, headers: Mapping[str, str], server: psutil.Process
) -> dict[str, float]:
    before = server.memory_info().rss
    notices: asyncio.Queue[float] = asyncio.Queue()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        listeners = [asyncio.create_task(_listen(session, url, notices)) for _ in range(CLIENTS)]
        await asyncio.sleep(_SETTLED)
        after = server.memory_info().rss
        times = [one for _ in range(CHANGES) for one in await _change(site, notices)]
        for listener in listeners:
            listener.cancel()
        await asyncio.gather(*listeners, return_exceptions=True)
    times.sort()
    return {
        "clients": CLIENTS,
        "kib_a_client": round((after - before) / 1024 / CLIENTS, 1),
        "notice_p50_ms": round(times[len(times) // 2] * 1000),
        "notice_p95_ms": round(times[int(len(times) * 0.95)] * 1000),
    }


async def _listen(
    session: aiohttp.ClientSession, url: str, notices: "asyncio.Queue[float]"
) -> None:
    async with session.get(url) as answer:
        async for line in answer.content:
            if line.startswith(b"data:"):
                notices.put_nowait(time.perf_counter())


async def _change(site: LargeSite, notices: "asyncio.Queue[float]") -> list[float]:
    """Seconds until each client was told of one change."""
    again = list(records_of(site.story(0)))[:1]
    await asyncio.to_thread(site.append, again, UNSEALED)
    began = time.perf_counter()
    return [await notices.get() - began for _ in range(CLIENTS)]
