"""Faults on request, latency, rate limits and counts: everything that happens around the vendors'
answers."""

import asyncio
import re
import time
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.spoiling import KINDS, spoiled

#: What a handler raises over a body that is none of its requests'.
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError, StopIteration)
Next = Callable[[Request], Awaitable[Response]]
_SAFE_POSTS = re.compile(r"(batch/read|/search|/search/?)$")


@dataclass(slots=True)
class Fault:
    """One disturbance of matching calls.

    kind: status (refused before anything happens), timeout (no answer for `seconds`), lost
    (done, but the answer is a 504), slow (an answer after `seconds`). `row` limits a fault to
    calls whose body holds that text: with kind status it is a call that is refused for one of
    its rows. The other kinds do what was asked and spoil the answer: see spoiling.KINDS; `key`
    is the key that missing_key and null_key concern, the first that holds a list if it is ''.
    """

    path: str
    kind: str = "status"
    method: str = ""
    status: int = 500
    times: int = 1
    seconds: float = 0.0
    retry_after: str = ""
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    row: str = ""
    key: str = ""


class Traffic:
    """The middleware's memory."""

    def __init__(self, latency: float = 0.0) -> None:
        self.latency = latency
        self.faults: list[Fault] = []
        self.counts: Counter[str] = Counter()
        self.writes: Counter[str] = Counter()
        self.too_many = 0

    async def match(self, request: Request) -> Fault | None:
        """Take one use of the first fault that fits."""
        for fault in self.faults:
            fits = re.search(fault.path, request.url.path) and fault.method in {"", request.method}
            if (
                fits
                and fault.times > 0
                and (not fault.row or fault.row.encode() in await request.body())
            ):
                fault.times -= 1
                return fault
        return None

    async def around(self, request: Request, call: Next) -> Response:
        """Count, delay, disturb, and call."""
        path = request.url.path
        if path.startswith("/_control"):
            return await call(request)
        name = f"{request.method} {re.sub(r'/[0-9a-f]{6,}(?=/|$)|/[0-9]+(?=/|$)', '/{id}', path)}"
        self.counts[name] += 1
        if self.latency:
            await asyncio.sleep(self.latency)
        fault = await self.match(request)
        if fault is not None and fault.kind == "status":
            return _refusal(fault)
        if fault is not None and fault.kind in {"timeout", "slow"}:
            await asyncio.sleep(fault.seconds)
        try:
            response = await call(request)
        except _UNREADABLE as error:
            return JSONResponse(
                {"status": "error", "message": f"the request can't be read: {error!r}"}, 400
            )
        if response.status_code < 300 and request.method != "GET" and not _SAFE_POSTS.search(path):
            self.writes[name] += 1
        if response.status_code == 429:
            self.too_many += 1
        if fault is not None and fault.kind in {"lost", "timeout"}:
            return JSONResponse({"status": "error", "message": "gateway timeout"}, 504)
        return (
            await spoiled(response, fault.kind, fault.key)
            if fault is not None and fault.kind in KINDS
            else response
        )


def _refusal(fault: Fault) -> Response:
    headers = {**fault.headers, **({"retry-after": fault.retry_after} if fault.retry_after else {})}
    body = fault.body or {
        "status": "error",
        "message": "fault on request",
        "category": "INTERNAL_ERROR",
    }
    return JSONResponse(body, fault.status, headers)


class RollingWindow:
    """A rolling limit, like HubSpot's ten seconds."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit, self.seconds = limit, seconds
        self._times: deque[float] = deque()

    def take(self) -> int:
        """Calls left after this one, -1 if it is one too many."""
        now = time.monotonic()
        while self._times and self._times[0] <= now - self.seconds:
            self._times.popleft()
        if len(self._times) >= self.limit:
            return -1
        self._times.append(now)
        return self.limit - len(self._times)


class FixedWindows:
    """Apollo's windows: per endpoint, opened by the first call
    (docs/design/vendors.md Apollo 3)."""

    def __init__(self, limits: dict[str, tuple[int, float]]) -> None:
        self.limits = limits
        self._open: defaultdict[tuple[str, str], tuple[float, int]] = defaultdict(lambda: (-1e9, 0))

    def take(self, endpoint: str) -> tuple[dict[str, int], str, float]:
        """Calls left by window, the window that is exhausted ('' if none), and seconds until it
        opens again."""
        now = time.monotonic()
        left: dict[str, int] = {}
        spent: list[tuple[str, float]] = []
        for name, (limit, seconds) in self.limits.items():
            start, used = self._open[(endpoint, name)]
            if now - start >= seconds:
                start, used = now, 0
            if used >= limit:
                spent.append((name, start + seconds - now))
            self._open[(endpoint, name)] = (start, used + 1)
            left[name] = max(0, limit - used - 1)
        name, wait = max(spent, key=lambda s: s[1], default=("", 0.0))
        return left, name, wait
