"""A task of a worker that runs beside its stages, for as long as the worker does."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class BackgroundTask:
    """Runs `body`, which goes on until it is cancelled."""

    def __init__(self, body: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._body = body
        self._task: asyncio.Task[None] | None = None

    def start(self, end: Callable[[BaseException], None]) -> None:
        """Begin; `end` is called with what the body raises."""
        self._task = asyncio.get_running_loop().create_task(self._run(end))

    async def stop(self) -> None:
        """Cancel the body where it is."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, end: Callable[[BaseException], None]) -> None:
        try:
            await self._body()
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001  the process ends with it
            end(error)
