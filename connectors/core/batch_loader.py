"""Gathers single calls into batches of a vendor's limit: the data-loader pattern, over all runs of
a worker."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

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


class _Waiting(NamedTuple, Generic[K, V]):
    """A key, who waits for its answer, and the loop's time after which no call leaves for it."""

    key: K
    answer: "asyncio.Future[V]"
    deadline: float


class BatchLoader(Generic[K, V]):
    """`load(key)` returns what `call(keys)` answers for it.

    A batch leaves when full, after `wait` seconds, or when idle.

    A call that has not left by a key's deadline never leaves for it
    (docs/design/interleavings.md 4). Keys of one `serial` value never share a batch.
    """

    def __init__(
        self,
        call: Callable[[Sequence[K]], Awaitable[Sequence[V | VendorError]]],
        idle: IdleSignal,
        *,
        most: int = 100,
        wait: float = 0.25,
        serial: Callable[[K], object] = id,
        deadline: float = 15.0,
    ) -> None:
        self._call, self._idle, self._most, self._wait = call, idle, most, wait
        self._serial, self._deadline = serial, deadline
        self._open: list[_Waiting[K, V]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        idle.register(self.flush)

    async def load(self, key: K) -> V:
        """The answer for one key. Raises the key's VendorError, or what the whole call raised."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[V] = loop.create_future()
        self._open.append(_Waiting(key, future, loop.time() + self._deadline))
        if len(self._open) >= self._most:
            self.flush()
        elif self._timer is None:
            self._timer = loop.call_later(self._wait, self.flush)
            loop.call_soon(self._flush_if_idle)
        return await future

    def _flush_if_idle(self) -> None:
        if self._open and self._idle.idle:
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

    def _take(self) -> tuple[list[_Waiting[K, V]], list[_Waiting[K, V]]]:
        """The next batch, and what stays open."""
        batch: list[_Waiting[K, V]] = []
        rest: list[_Waiting[K, V]] = []
        seen: set[object] = set()
        for waiting in self._open:
            kind = self._serial(waiting.key)
            if len(batch) >= self._most or kind in seen:
                rest.append(waiting)
            else:
                batch.append(waiting)
            seen.add(kind)
        return batch, rest

    async def _run(self, batch: list[_Waiting[K, V]]) -> None:
        now = asyncio.get_running_loop().time()
        for waiting in batch:
            if waiting.deadline < now:
                settle(waiting.answer, NotSent("the call's deadline passed before it left"))
        live = [waiting for waiting in batch if not waiting.answer.done()]
        if not live:
            return
        try:
            answers = await self._call([waiting.key for waiting in live])
            settled = [*zip(live, answers, strict=True)]
        except Exception as error:  # noqa: BLE001  raised again by every caller's `load`
            for waiting in live:
                settle(waiting.answer, error)
            return
        for waiting, answer in settled:
            settle(waiting.answer, answer)
