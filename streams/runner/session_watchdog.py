"""A worker that stood still (SIGSTOP, a suspended machine) longer than its session ends itself.

Another worker has its partitions by then and has gone on from their state. What this one would
still write or call is out of date, so it ends before it does either
(docs/design/interleavings.md 4).
"""

import threading
import time
from collections.abc import Callable

from streams.ports import Fatal

BEATS = 10


class SessionWatchdog:
    """Beats `BEATS` times in `most` seconds, on a thread of its own: a busy event loop is no
    standstill, since the heartbeats to the group come from another thread, too."""

    def __init__(self, most: float) -> None:
        self._most = most
        self._last = 0.0

    def start(self, end: Callable[[BaseException], None]) -> None:
        """Begin to beat; `end` is called with a Fatal, on the beating thread, when the process
        stood still."""
        self._last = time.monotonic()
        threading.Thread(target=self._beat, args=(end,), name="pulse", daemon=True).start()

    def _beat(self, end: Callable[[BaseException], None]) -> None:
        while True:
            time.sleep(self._most / BEATS)
            try:
                self.check()
            except Fatal as error:
                end(error)
            self._last = time.monotonic()

    def check(self) -> None:
        """Return if the process may act. Raises Fatal when it stood still too long."""
        silent = time.monotonic() - self._last if self._last else 0.0
        if silent > self._most:
            raise Fatal(
                f"this worker stood still for {silent:.0f} s; its partitions are another's by now"
            )
