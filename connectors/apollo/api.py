"""Apollo over HTTP: what its answers mean, and a budget for each endpoint.

Sources: facts/apollo.md (1.1 conventions, 3 limits). 401 answers are plain text; a missing contact is a 422.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from connectors.daily import Daily
from connectors.errors import RowRejected, Unauthorised, Unavailable, VendorError
from connectors.http import Budget, VendorHttp, retry_after

PAGE = 100
_SPARE = 0.02  # of an hour's or a day's calls, for people
#: Apollo's longer windows, by the names in its headers, those of before 2026 among them (facts 3).
_WINDOWS = {"an hour": ("hourly",), "a day": ("24-hour", "daily")}
LAST_PAGE = 500  # 50,000 entries: Apollo shows no more (facts 1.2)


def classify(response: httpx.Response) -> VendorError | None:
    """What to do about an answer of Apollo's."""
    status = response.status_code
    if status < 300:
        return None
    said = f"Apollo {response.request.method} {response.request.url.path}: {status} {response.text[:200]}"
    if status in {401, 403}:
        return Unauthorised(said)
    if status == 429:
        return Unavailable(said, retry_after(response, 60.0))
    if status >= 500 or status == 408:
        return Unavailable(said, retry_after(response, 1.0))
    return RowRejected(said, "deleted" if "does not exist" in response.text or "deleted" in response.text else "rejected")


def usage(headers: Mapping[str, str]) -> str:
    """How near an hour's or a day's end an endpoint is, '' while it is far. An unlimited window has an empty limit."""
    for window, names in _WINDOWS.items():
        most = next((v for n in names if (v := headers.get(f"x-rate-limit-{n}", "")).isdigit()), "")
        left = next((v for n in names if (v := headers.get(f"x-{n}-requests-left", "")).isdigit()), "")
        if most and left and int(left) < int(most) * _SPARE:
            return f"{left} left of {most} {window}"
    return ""


class ApolloApi:
    """Calls of one key."""

    def __init__(
        self,
        base: str,
        key: str,
        limit: int,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._limit, self._clock = limit, clock
        self._budgets: dict[str, Budget] = {}
        self._long: dict[str, Daily] = {}
        self._share = 1.0
        self._http = VendorHttp(base, {"x-api-key": key}, classify, Budget(limit, 60.0), transport)

    def share(self, part: float) -> None:
        """Take this part of every endpoint's limit."""
        self._share = part
        for budget in self._budgets.values():
            budget.share = part

    async def call(self, method: str, path: str, endpoint: str = "", **more: Any) -> httpx.Response:
        """One call on its endpoint's own budgets: Apollo has three windows for each team and endpoint (facts 3).

        The minute's is spent by us below its limit, which the answers may lower; of the hour's and the day's the answers
        tell what is left. Raises Unavailable shortly before the end of either.
        """
        name = endpoint or path
        if name not in self._budgets:
            self._budgets[name] = Budget(self._limit, 60.0, self._share)
            self._long[name] = Daily(f"Apollo's calls of {name}", self._clock, usage)
        budget, long = self._budgets[name], self._long[name]
        long.check()
        response = await self._http.call(method, path, budget=budget, **more)
        long.note(response.headers, None)
        if (told := response.headers.get("x-rate-limit-minute", "")).isdigit():
            budget.limit = min(self._limit, int(told))
        return response

    async def close(self) -> None:
        """Let connections go."""
        await self._http.close()
