"""One HTTP client for all vendors: deadlines, the rate budget, and no retry of its own (the effector decides)."""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from connectors.daily import Daily
from connectors.errors import NotSent, Unavailable, VendorError

TIMEOUT = httpx.Timeout(10.0, connect=3.0)
#: Requests at once to one vendor. A thousand that queue inside httpx cost it a million comparisons: the loop stands
#: still for seconds (seen when a spent enrichment budget came back).
CONCURRENT = 20
#: How an account's limit is divided between its workers, who share their part by partitions, and the poller; what is
#: left is for people's commands.
WORKERS_SHARE, POLLER_SHARE = 0.94, 0.06
_AN_ANSWER = float("inf")


class Budget:
    """Calls per window, spent below the vendor's limit by design, so that 429 is the exception.

    A call counts from before it leaves until the window has passed after its answer: whenever between the two the vendor
    counted it, no window of the vendor's own ever holds more than `limit`. `share` is this process's part of the
    account's limit (INTERLEAVINGS 22).
    """

    def __init__(self, limit: int, seconds: float, share: float = 1.0, clock: Callable[[], float] | None = None) -> None:
        self.limit, self._seconds, self.share = limit, seconds, share
        self._clock = clock
        self._out = 0
        self._answered: deque[float] = deque()
        self._one_answered = asyncio.Event()
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> None:
        """Return when one more call fits. Raises NotSent if that is more than 10 s away."""
        async with self._turn:
            while (wait := self._wait()) > 0:
                if wait == _AN_ANSWER:
                    self._one_answered.clear()
                    await self._one_answered.wait()
                elif wait > 10:
                    raise NotSent(f"the budget of {self.limit} calls in {self._seconds:g} s is spent", wait)
                else:
                    await asyncio.sleep(wait)
            self._out += 1

    async def __aexit__(self, *_: object) -> None:
        """The call has been answered, or never will be."""
        self._out -= 1
        self._answered.append(self._now())
        self._one_answered.set()

    def _wait(self) -> float:
        """Seconds until a call fits: 0 for now, or until the next answer while all that count are still out."""
        now = self._now()
        while self._answered and self._answered[0] <= now - self._seconds:
            self._answered.popleft()
        over = self._out + len(self._answered) + 1 - max(1, int(self.limit * self.share))
        if over <= 0:
            return 0.0
        return self._answered[over - 1] + self._seconds - now if over <= len(self._answered) else _AN_ANSWER

    def _now(self) -> float:
        return self._clock() if self._clock else asyncio.get_running_loop().time()


class VendorHttp:
    """Calls of one vendor. `classify` turns a response into an error, or None when it is good; `day` minds the day's limit."""

    def __init__(
        self,
        base: str,
        headers: dict[str, str],
        classify: Callable[[httpx.Response], VendorError | None],
        budget: Budget,
        transport: httpx.AsyncBaseTransport | None = None,
        auth: httpx.Auth | None = None,
        at_once: int = CONCURRENT,
        day: Daily | None = None,
    ) -> None:
        self._client = httpx.AsyncClient(base_url=base, headers=headers, timeout=TIMEOUT, transport=transport, auth=auth)
        self._classify, self._budget, self._day = classify, budget, day
        self._slots = asyncio.Semaphore(at_once)
        self.calls = 0

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Any = None,
        headers: Mapping[str, str] | None = None,
        budget: Budget | None = None,
        until: float | None = None,
    ) -> httpx.Response:
        """One call, at most twice when it was sent too early (429 with a short wait) or the vendor stumbled once.

        `until` marks a call that leaves something behind each time: it doesn't leave after that moment (the loop's time),
        and is made again only when it surely did nothing (INTERLEAVINGS 4).
        """
        for last in (False, True):
            if self._day is not None:
                self._day.check()
            async with self._slots, budget or self._budget:
                if until is not None and asyncio.get_running_loop().time() > until:
                    raise NotSent(f"{method} {path}: its deadline passed before it left")
                response, problem = await self._request(method, path, json, params, headers)
            if problem is None:
                assert response is not None
                return response
            if last or not isinstance(problem, Unavailable) or problem.after > 5:
                raise problem
            if until is not None and not problem.undone:
                raise problem
            await asyncio.sleep(problem.after + random.random() * 0.2)
        raise AssertionError("unreachable")

    async def _request(
        self, method: str, path: str, json: Any, params: Any, headers: Mapping[str, str] | None
    ) -> tuple[httpx.Response | None, VendorError | None]:
        """One request: a good response, or what is wrong."""
        self.calls += 1
        try:
            response = await self._client.request(method, path, json=json, params=params, headers=headers)
        except httpx.HTTPError as error:
            unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
            return None, Unavailable(f"{method} {path}: {type(error).__name__} {error}", undone=unsent)
        problem = self._classify(response)
        if self._day is not None:
            self._day.note(response.headers, problem)
        return (response, None) if problem is None else (None, problem)

    async def close(self) -> None:
        """Let connections go."""
        await self._client.aclose()


def retry_after(response: httpx.Response, default: float) -> float:
    """Seconds to wait by the response's own word."""
    try:
        return float(response.headers.get("retry-after", default))
    except ValueError:
        return default
