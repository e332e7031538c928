"""One call to a vendor for all callers who ask the same at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Generic, TypeVar

T = TypeVar("T")
K = TypeVar("K")
Q = TypeVar("Q")


def settle(waiting: "asyncio.Future[T]", outcome: T | Exception) -> None:
    """Give the outcome to the caller who waits; nothing is done if the caller has given up."""
    if waiting.done():
        return
    if isinstance(outcome, Exception):
        waiting.set_exception(outcome)
    else:
        waiting.set_result(outcome)


class SingleFlight(Generic[T]):
    """`get` returns a reading that began after the call.

    All callers who ask while one reading is under way share the next.
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
            except Exception as error:  # noqa: BLE001  raised again by every caller's `get`
                waiting.set_exception(error)
        self._task = None


class SingleFlightByKey(Generic[K, T]):
    """A SingleFlight for each key."""

    def __init__(self, read: Callable[[K], Awaitable[T]]) -> None:
        self._read = read
        self._flights: dict[K, SingleFlight[T]] = {}

    async def get(self, key: K) -> T:
        """A reading for this key, not older than this call. Raises what the reading raises."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = SingleFlight(partial(self._read, key))
        return await flight.get()


class SharedBatches(Generic[K, Q, T]):
    """Answers by key from calls that answer several keys each.

    A key that a call under way already asks for is not asked for again: its answer is awaited.
    `ask` maps questions to answers by key, and may leave out keys that have no answer.
    """

    def __init__(self, ask: Callable[[Mapping[K, Q]], Awaitable[Mapping[K, T]]]) -> None:
        self._ask = ask
        self._asking: dict[K, asyncio.Future[Mapping[K, T]]] = {}

    async def get(self, questions: Mapping[K, Q]) -> dict[K, T]:
        """The answers to questions, by key. Raises what a call for one of them raises."""
        fresh = {key: asked for key, asked in questions.items() if key not in self._asking}
        if fresh:
            self._start(fresh)
        answers: dict[K, T] = {}
        for call in dict.fromkeys(map(self._asking.__getitem__, questions)):
            answers.update(await asyncio.shield(call))
        return {key: answers[key] for key in questions if key in answers}

    def _start(self, fresh: Mapping[K, Q]) -> None:
        call = asyncio.ensure_future(self._ask(fresh))
        self._asking.update(dict.fromkeys(fresh, call))
        call.add_done_callback(lambda _: self._forget(fresh))

    def _forget(self, asked: Mapping[K, Q]) -> None:
        for key in asked:
            del self._asking[key]
