"""Clients that hold connections and send no request, too slowly, or too much: they are cut off, and
a good request is answered meanwhile."""

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from uvicorn import Server

from app.http import connections
from app.http.connections import REQUEST_SECONDS, server_config
from app.local.broker import free_port
from app.monitoring.endpoint import serving
from app.monitoring.metrics import Metrics
from tests.app.command_line import DEMO_RULES, start
from tests.limits import HUNG

CAPTURE = b"POST /capture/zapier?secret=SECRET HTTP/1.1\r\nhost: x\r\n"
#: What a client that never completes a request sends first, and then each second.
HALF_OPEN = {
    "nothing": (b"", b""),
    "half a line": (b"POST /capture/za", b""),
    "headers without an end": (b"POST /capture/zapier HTTP/1.1\r\nhost: x\r\n", b"a: b\r\n"),
    "a body, byte by byte": (
        CAPTURE + b"content-length: 9999\r\n\r\n",
        b"a",
    ),
    "a chunk, byte by byte": (
        CAPTURE + b"transfer-encoding: chunked\r\n\r\nffff\r\n",
        b"a",
    ),
    "a second request": (b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\nGET /li", b""),
}


async def hold(port: int, first: bytes, again: bytes, secret: str) -> None:
    """Open a connection, send, and go on sending each second until it is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(first.replace(b"SECRET", secret.encode()))
    try:
        while True:
            try:
                async with asyncio.timeout(1):
                    if not await reader.read(1000):
                        break
            except TimeoutError:
                writer.write(again)
    except ConnectionError:
        pass
    writer.close()


async def answers_until(done: asyncio.Future[list[None]], url: str) -> int:
    """Ask again and again, on a new connection each time; how many answers came meanwhile."""
    answers = 0
    while not done.done():
        async with httpx.AsyncClient(timeout=HUNG) as client:
            assert (await client.get(url)).status_code == 200
        answers += not done.done()
        await asyncio.wait([done], timeout=0.2)
    return answers


class Web:
    """A real `leadgate web`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process, self._log = process, ""
        assert process.stderr is not None
        ready = next(line for line in process.stderr if "ready" in line)
        self.port = int(ready.rpartition(":")[2])

    def end(self) -> str:
        """End it; what it has logged since it was ready."""
        if self._process.returncode is None:
            self._process.terminate()
            _, self._log = self._process.communicate(timeout=HUNG)
        return self._log


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """One whose broker is away."""
    secret = "0f4c9d1e7a3b5826"
    settings = {
        "LEADGATE_RULES": str(DEMO_RULES),
        "LEADGATE_SITE_SECRET": "a7d05e91c3f8b264",
        "LEADGATE_WEB_SECRET": secret,
        "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
    }
    one = Web(start("web", "--port", "0", settings=settings, cwd=tmp_path))
    try:
        yield one
    finally:
        log = one.end()
    assert "Traceback" not in log


def test_a_good_request_is_answered_while_half_open_ones_are_cut_off(web: Web) -> None:
    async def test() -> None:
        held = [
            hold(web.port, first, again, "0f4c9d1e7a3b5826")
            for first, again in HALF_OPEN.values()
            for _ in range(20)
        ]
        ends = asyncio.gather(*held)
        assert await answers_until(ends, f"http://127.0.0.1:{web.port}/livez") > 0
        await ends

    asyncio.run(test())


def test_idle_connections_beyond_the_limit_keep_nobody_out(web: Web) -> None:
    async def test() -> None:
        idle = [await asyncio.open_connection("127.0.0.1", web.port) for _ in range(600)]
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{web.port}/livez")).status_code == 200
        # a hundred had to go for it: those that had waited longest
        ended = [asyncio.ensure_future(reader.read()) for reader, _ in idle]
        await until(lambda: all(task.done() for task in ended[:100]))
        for _, writer in idle:
            writer.close()
        await asyncio.gather(*ended, return_exceptions=True)

    asyncio.run(test())
    assert "more than 500 connections" in web.end()


@asynccontextmanager
async def served(app: Starlette) -> AsyncIterator[Server]:
    """A server in this process."""
    config = server_config(app, 10, port=free_port(), lifespan="off", log_level="warning")
    server = Server(config)
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        yield server
    finally:
        server.should_exit = True
        await task


async def until(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds."""
    async with asyncio.timeout(HUNG):
        while not condition():
            await asyncio.sleep(0.01)


def test_who_does_not_read_an_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.5)

    async def large(_: Request) -> Response:
        return PlainTextResponse("a" * 50_000_000)

    async def test() -> None:
        async with served(Starlette(routes=[Route("/", large)])) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.config.port)
            writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            await reader.readline()
            await until(lambda: not server.server_state.connections)
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(49_000_000)
            writer.close()

    asyncio.run(test())


def test_an_answer_may_take_longer_than_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.3)

    async def slow(_: Request) -> Response:
        await asyncio.sleep(1.0)
        return PlainTextResponse("done")

    async def test() -> None:
        async with (
            served(Starlette(routes=[Route("/", slow)])) as server,
            httpx.AsyncClient() as client,
        ):
            for _ in range(2):
                url = f"http://127.0.0.1:{server.config.port}/"
                assert (await client.get(url)).text == "done"

    asyncio.run(test())


def test_headers_without_an_end_have_a_size() -> None:
    async def test() -> None:
        async with served(Starlette()) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.config.port)
            writer.write(b"GET / HTTP/1.1\r\nx: " + b"a" * 20_000)
            assert (await reader.readline()).startswith(b"HTTP/1.1 400")
            writer.close()

    asyncio.run(test())


def test_the_metrics_endpoint_cuts_off_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 1.0)

    async def ready() -> list[str]:
        return []

    async def test() -> None:
        address = f"127.0.0.1:{free_port()}"
        async with serving(address, Metrics().registry, ready):
            port = int(address.rpartition(":")[2])
            url = f"http://{address}/livez"
            async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=5)) as client:
                assert (await client.get(url)).status_code == 200
            held = [hold(port, b"GET /metrics", b"a", "") for _ in range(100)]
            ends = asyncio.gather(*held)
            assert await answers_until(ends, url) > 0
            await ends

    asyncio.run(test())


def test_the_deadline_is_named_in_the_documents() -> None:
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
    assert re.search(rf"{REQUEST_SECONDS:g} seconds", page)
