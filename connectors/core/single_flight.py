"""One answer for all who ask at the same time, and word for those who wait."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


def settle(waiting: "asyncio.Future[T]", outcome: T | Exception) -> None:
    """Have whoever waits know how it went; nothing, if he has given up."""
    if waiting.done():
        return
    if isinstance(outcome, Exception):
        waiting.set_exception(outcome)
    else:
        waiting.set_result(outcome)


class SingleFlight(Generic[T]):
    """`get` answers what a reading says that began after the call.

    Whoever asks while one is under way shares the next.
    """

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        self._next: asyncio.Future[T] | None = None
        self._task: asyncio.Task[None] | None = None

    async def get(self) -> T:
        """A reading not older than this call. Raises what the reading raises."""
        loop = asyncio.get_running_loop()
        if self._next is None:
            self._next = loop.create_future()
        if self._task is None:
            self._task = loop.create_task(self._run())
        return await asyncio.shield(self._next)

    async def _run(self) -> None:
        while self._next is not None:
            waiting, self._next = self._next, None
            try:
                waiting.set_result(await self._read())
            except Exception as error:  # noqa: BLE001  told to whoever asked
                waiting.set_exception(error)
        self._task = None
