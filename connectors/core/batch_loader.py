"""Gathers single calls into batches of a vendor's limit: the data-loader pattern, over all runs of
a worker."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

from connectors.core.errors import NotSent, VendorError
from connectors.core.single_flight import settle

K = TypeVar("K")
V = TypeVar("V")


class IdleSignal(Protocol):
    """Knows whether anything else in the worker can still join a batch."""

    @property
    def idle(self) -> bool:
        """Nothing computes: waiting longer gathers nothing more."""
        ...

    def register(self, flush: Callable[[], None]) -> None:
        """Have `flush` called at the moment it becomes idle."""
        ...


class BatchLoader(Generic[K, V]):
    """`load(key)` answers what `call(keys)` says for it.

    A batch leaves when full, after `wait` seconds, or when idle.

    A call that has not left by a key's deadline never leaves for it
    (docs/design/interleavings.md 4). Keys of one `serial` value never share a batch.
    """

    def __init__(
        self,
        call: Callable[[Sequence[K]], Awaitable[Sequence[V | VendorError]]],
        gate: IdleSignal,
        *,
        most: int = 100,
        wait: float = 0.25,
        serial: Callable[[K], object] = id,
        deadline: float = 15.0,
    ) -> None:
        self._call, self._gate, self._most, self._wait = call, gate, most, wait
        self._serial, self._deadline = serial, deadline
        self._open: list[tuple[K, asyncio.Future[V], float]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        gate.register(self.flush)

    async def load(self, key: K) -> V:
        """The answer for one key. Raises the key's VendorError, or what the whole call raised."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[V] = loop.create_future()
        self._open.append((key, future, loop.time() + self._deadline))
        if len(self._open) >= self._most:
            self.flush()
        elif self._timer is None:
            self._timer = loop.call_later(self._wait, self.flush)
            loop.call_soon(self._flush_if_idle)
        return await future

    def _flush_if_idle(self) -> None:
        if self._open and self._gate.idle:
            self.flush()

    def flush(self) -> None:
        """Send what is gathered."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._open:
            batch, self._open = self._take()
            task = asyncio.get_running_loop().create_task(self._run(batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _take(
        self,
    ) -> tuple[list[tuple[K, asyncio.Future[V], float]], list[tuple[K, asyncio.Future[V], float]]]:
        batch: list[tuple[K, asyncio.Future[V], float]] = []
        rest: list[tuple[K, asyncio.Future[V], float]] = []
        seen: set[object] = set()
        for item in self._open:
            kind = self._serial(item[0])
            full = len(batch) >= self._most or kind in seen
            (rest if full else batch).append(item)
            seen.add(kind)
        return batch, rest

    async def _run(self, batch: list[tuple[K, asyncio.Future[V], float]]) -> None:
        now = asyncio.get_running_loop().time()
        for _, future, deadline in batch:
            if deadline < now:
                settle(future, NotSent("the call's deadline passed before it left"))
        live = [(key, future) for key, future, _ in batch if not future.done()]
        if not live:
            return
        try:
            answers = await self._call([key for key, _ in live])
            settled = [(future, answer) for (_, future), answer in zip(live, answers, strict=True)]
        except Exception as error:  # noqa: BLE001  told to whoever asked
            for _, future in live:
                settle(future, error)
            return
        for future, answer in settled:
            settle(future, answer)
