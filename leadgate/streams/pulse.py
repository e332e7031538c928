"""A worker that stood still (SIGSTOP, a suspended machine) longer than its session takes itself for dead.

Its partitions have another worker then, who has gone on from the state as it was. Whatever this one would still write
or call comes from the past, so it ends before it does either (INTERLEAVINGS 4).
"""

import asyncio
from collections.abc import Callable

from leadgate.streams.ports import Fatal

BEATS = 10


class Pulse:
    """Beats `BEATS` times in `most` seconds on the event loop; `check` tells whether it ever missed them all."""

    def __init__(self, most: float) -> None:
        self._most = most
        self._last: float | None = None

    def start(self, end: Callable[[BaseException], None]) -> None:
        """Begin to beat; `end` is called with the Fatal when the loop stood still."""
        self._end = end
        self._last = asyncio.get_running_loop().time()
        self._beat()

    def _beat(self) -> None:
        try:
            self.check()
        except Fatal as error:
            self._end(error)
        loop = asyncio.get_running_loop()
        self._last = loop.time()
        loop.call_later(self._most / BEATS, self._beat)

    def check(self) -> None:
        """Return if the process may act. Raises Fatal when it stood still too long."""
        if self._last is None:
            return
        silent = asyncio.get_running_loop().time() - self._last
        if silent > self._most:
            raise Fatal(f"this worker stood still for {silent:.0f} s; its partitions are another's by now")
