"""Apollo over HTTP: what its answers mean, and a budget for each endpoint.

Sources: facts/apollo.md (1.1 conventions, 3 limits). 401 answers are plain text; a missing contact is a 422.
"""

from collections.abc import Mapping
from typing import Any

import httpx

from leadgate.connectors.errors import RowRejected, Unauthorised, Unavailable, VendorError
from leadgate.connectors.http import Budget, VendorHttp, retry_after

PAGE = 100
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


def left(headers: Mapping[str, str]) -> int | None:
    """Calls left in the tightest window that the answer speaks of, None if it speaks of none."""
    names = ("x-minute-requests-left", "x-hourly-requests-left", "x-24-hour-requests-left", "x-daily-requests-left")
    counts = [int(v) for name in names if (v := headers.get(name, "")).isdigit()]
    return min(counts) if counts else None


class ApolloApi:
    """Calls of one key."""

    def __init__(self, base: str, key: str, limit: int, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._limit = limit
        self._budgets: dict[str, Budget] = {}
        self._share = 1.0
        self._http = VendorHttp(base, {"x-api-key": key}, classify, Budget(limit, 60.0), transport)

    def share(self, part: float) -> None:
        """Take this part of every endpoint's limit."""
        self._share = part
        for budget in self._budgets.values():
            budget.share = part

    async def call(self, method: str, path: str, endpoint: str = "", **more: Any) -> httpx.Response:
        """One call on its endpoint's own budget: Apollo's windows are per team and endpoint (facts 3)."""
        name = endpoint or path
        if name not in self._budgets:
            self._budgets[name] = Budget(self._limit, 60.0, self._share)
        return await self._http.call(method, path, budget=self._budgets[name], **more)

    async def close(self) -> None:
        """Let connections go."""
        await self._http.close()
