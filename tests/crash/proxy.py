"""A network that fails: a TCP proxy on a thread of its own, which passes on, delays, swallows or
cuts off."""

import asyncio
import threading
from enum import Enum
from typing import Self

from tests.limits import HUNG


class Weather(Enum):
    """What becomes of bytes on their way."""

    FAIR = "fair"
    SLOW = "slow"  # each piece comes `DELAY` late
    SILENT = "silent"  # connections stay open, new ones are taken, and nothing passes: half-open
    CUT = "cut"  # connections are reset, new ones too


DELAY = 0.3
_LOOK = 0.05


class Proxy:
    """Listens on `port` and passes everything on to `target`, by the `weather`."""

    def __init__(self, port: int, target: int) -> None:
        self.port, self.target = port, target
        self.weather = Weather.FAIR
        self.swallowed = 0  # bytes that waited for fairer weather, or were lost
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(HUNG):
            raise TimeoutError(f"the proxy on port {self.port} did not start")
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop)
        self._thread.join(HUNG)

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self._loop.stop()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        self._ready.set()
        self._loop.run_forever()
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.weather is Weather.CUT:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(self._pass(reader, back), self._pass(there, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One direction, until either end closes it or it is cut."""
        try:
            while (data := await self._read(reader)) and await self._let_through(len(data)):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.transport.abort() if self.weather is Weather.CUT else writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        """The next piece, empty at the end or when the connection is cut."""
        reading = asyncio.ensure_future(reader.read(1 << 16))
        try:
            while not (await asyncio.wait([reading], timeout=_LOOK))[0]:
                if self.weather is Weather.CUT:
                    return b""
            return reading.result()
        finally:
            reading.cancel()

    async def _let_through(self, size: int) -> bool:
        """Wait as long as the weather wants; whether the piece may pass."""
        if self.weather is Weather.SLOW:
            await asyncio.sleep(DELAY)
        if self.weather in {Weather.SILENT, Weather.CUT}:
            self.swallowed += size
        while self.weather is Weather.SILENT:
            await asyncio.sleep(_LOOK)
        return self.weather is not Weather.CUT
