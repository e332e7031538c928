"""An answer of a vendor, remembered for a while."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class TtlCache(Generic[T]):
    """What `read` answered at most `seconds` ago, by `clock`; callers that come together share one
    reading."""

    def __init__(
        self, read: Callable[[], Awaitable[T]], seconds: float, clock: Callable[[], float]
    ) -> None:
        self._read, self._seconds, self._clock = read, seconds, clock
        self._value: list[T] = []
        self._at = float("-inf")
        self._lock = asyncio.Lock()

    async def get(self) -> T:
        """Raises what `read` raises."""
        async with self._lock:
            if not self._value or self._clock() - self._at > self._seconds:
                self._value = [await self._read()]
                self._at = self._clock()
            return self._value[0]

    async def again(self) -> T:
        """Read now, however fresh the remembered answer is. Raises what `read` raises."""
        self._value.clear()
        return await self.get()
