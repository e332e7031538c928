"""A vendor's double with faults in front of it: each call is a step of the process that makes
it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from connectors.core.errors import VendorError
from streams.testing.process import Process


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens to one call.

    `error` is raised, after the vendor has acted if `acted`. `row` is the error of a batch's
    first row, which is not acted on while the others are. `seconds` is how long the vendor
    takes.
    """

    error: Exception | None = None
    acted: bool = False
    row: VendorError | None = None
    seconds: float = 0.0


class Acted(NamedTuple):
    """One call that the vendor has acted on. `started` and `at` by the loop's time."""

    vendor: str
    method: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    answer: Any
    started: float
    at: float


class Faulty:
    """Stands for a double: its coroutine methods pass `trouble` first, everything else is the
    double's own.

    `journal` is called for each call that the vendor has acted on.
    """

    def __init__(
        self,
        name: str,
        double: Any,
        process: Process,
        trouble: Callable[[str, str], Trouble],
        journal: Callable[["Acted"], None],
    ) -> None:
        self._name, self._double, self._process = name, double, process
        self._trouble, self._journal = trouble, journal

    def __getattr__(self, method: str) -> Any:
        found = getattr(self._double, method)
        if not asyncio.iscoroutinefunction(found):
            return found

        async def call(*args: Any, **kwargs: Any) -> Any:
            return await self._call(method, found, args, kwargs)

        return call

    async def _call(
        self,
        method: str,
        found: Callable[..., Awaitable[Any]],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        await self._process.step(f"call {self._name}.{method}")
        started = asyncio.get_running_loop().time()
        trouble = self._trouble(self._name, method)
        await asyncio.sleep(trouble.seconds / 2)
        if trouble.error is not None and not trouble.acted:
            await asyncio.sleep(trouble.seconds / 2)
            await self._process.step(f"answer {self._name}.{method}")
            raise trouble.error
        if trouble.row is not None and args and isinstance(args[-1], list):
            args = (*args[:-1], args[-1][1:])
            answer = [trouble.row]
            if args[-1]:
                answer += await found(*args, **kwargs)
        else:
            answer = await found(*args, **kwargs)
        acted = Acted(
            self._name, method, args, kwargs, answer, started, asyncio.get_running_loop().time()
        )
        self._journal(acted)
        await asyncio.sleep(trouble.seconds / 2)
        await self._process.step(f"answer {self._name}.{method}")
        if trouble.error is not None:
            raise trouble.error
        return answer
