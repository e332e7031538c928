"""An event loop whose time passes only when nothing can be done now: hours in milliseconds, the
same each time."""

import asyncio
import selectors
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

T = TypeVar("T")
#: Seconds since the epoch at which every simulation begins: 2026-01-05 09:00 UTC, a Monday.
EPOCH = 1_767_603_600.0


class StandstillError(RuntimeError):
    """Nothing is ready and nothing is scheduled: every waiter waits for ever."""


class _InstantSelector(selectors.BaseSelector):
    """Instead of blocking, moves the loop's time on.

    No file is ever ready: a simulation has none.
    """

    def __init__(self) -> None:
        self.time = 0.0
        self._files: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = self._files[fileobj] = selectors.SelectorKey(fileobj, int(fileobj), events, data)
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._files.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise StandstillError("nothing is ready and nothing is scheduled")
        self.time += max(0.0, timeout)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._files


class VirtualLoop(asyncio.SelectorEventLoop):
    """`time()` begins at 0."""

    def __init__(self) -> None:
        self._instant = _InstantSelector()
        super().__init__(self._instant)

    def time(self) -> float:
        """Seconds of simulated time."""
        return self._instant.time


class VirtualClock:
    """The wall clock of a simulation; see ports.Clock.

    `ahead` is how far this process's clock is.
    """

    def __init__(self, loop: VirtualLoop, ahead: float = 0.0) -> None:
        self._loop, self._ahead = loop, ahead

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return EPOCH + self._loop.time() + self._ahead


def run(loop: VirtualLoop, main: Coroutine[Any, Any, T]) -> T:
    """Run to the end and drop whatever still waits: processes that have died wait for ever."""
    loop.set_exception_handler(lambda *_: None)
    try:
        return loop.run_until_complete(main)
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
