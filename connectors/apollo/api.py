"""Apollo over HTTP: what its answers mean, and a budget for each endpoint.

Sources: docs/design/vendors.md Apollo 1.1 (conventions), Apollo 3 (limits). 401 answers are plain
text; a missing contact is a 422.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import httpx

from connectors.apollo.pace import DayPace
from connectors.core.answers import foreign, words
from connectors.core.daily_quota import DailyQuota
from connectors.core.errors import (
    EndpointSpent,
    NotInPlan,
    RecordRejected,
    Unauthorised,
    Unavailable,
    VendorError,
)
from connectors.core.http import SlidingWindowLimiter, VendorHttp, retry_after

PAGE = 100
_SPARE = 0.02  # of an hour's or a day's calls, for people
#: Apollo's longer windows, by the names in its headers, those of before 2026 among them
#: (docs/design/vendors.md Apollo 3).
_WINDOWS = {"an hour": ("hourly",), "a day": ("24-hour", "daily")}
#: Of a contact, and of nothing else: an endpoint or a list that is missing is no deleted contact
#: (docs/design/vendors.md Apollo 1.3).
_GONE = re.compile(
    r"contact does not exist|contact has been deleted|contact as it is deleted", re.IGNORECASE
)
T = TypeVar("T")
LAST_PAGE = 500  # 50,000 entries: Apollo shows no more (docs/design/vendors.md Apollo 1.2)


def classify(response: httpx.Response) -> VendorError | None:
    """What an answer of Apollo's means; None for a success."""
    status = response.status_code
    if status < 300:
        return None
    text = (
        f"Apollo {response.request.method} {response.request.url.path}: {status}"
        f" {response.text[:200]}"
    )
    if status == 401 and "html" not in response.headers.get("content-type", ""):
        # plain text (docs/design/vendors.md Apollo 1.1), without a code that could be checked
        return Unauthorised(text)
    if status in {401, 403}:
        return _closed(response, text)
    if status == 429:
        return Unavailable(text, retry_after(response, 60.0))
    if status >= 500 or status == 408 or 300 <= status < 400:
        return Unavailable(text, retry_after(response, 1.0))
    if status == 402 or "insufficient credits" in response.text.casefold():
        return RecordRejected(f"Apollo's credits are used up ({text})", "credits")
    return RecordRejected(text, "deleted" if _GONE.search(response.text) else "rejected")


def _closed(response: httpx.Response, text: str) -> VendorError:
    """403 means that the key or the plan leaves one endpoint out
    (docs/design/vendors.md Apollo 1.1), if the answer is Apollo's own."""
    if words(foreign(response.content), "error"):
        return NotInPlan(text)
    return Unavailable(f"{text} (a refusal that Apollo doesn't explain)", 60.0, not_sent=True)


def usage(headers: Mapping[str, str]) -> str:
    """What is left of an endpoint's calls of the hour or the day, '' while it is enough.

    An unlimited window has an empty limit.
    """
    for window, names in _WINDOWS.items():
        limit = _first_number(headers, "x-rate-limit-{}", names)
        left = _first_number(headers, "x-{}-requests-left", names)
        if limit and left and int(left) < int(limit) * _SPARE:
            return f"{left} left of {limit} {window}"
    return ""


def _first_number(headers: Mapping[str, str], template: str, names: Sequence[str]) -> str:
    """The first of a window's headers that holds a number, '' for none."""
    for name in names:
        value = headers.get(template.format(name), "")
        if value.isdigit():
            return value
    return ""


class _Endpoint(DailyQuota):
    """One endpoint's limits: answers state what is left of the hour's and the day's calls, and may
    lower the limit of a minute."""

    def __init__(self, name: str, budget: SlidingWindowLimiter, clock: Callable[[], float]) -> None:
        super().__init__(f"Apollo's calls of {name}", clock, usage, EndpointSpent)
        self.budget, self._most = budget, budget.limit
        self.pace = DayPace(clock)

    def note(self, headers: Mapping[str, str], problem: VendorError | None) -> None:
        """See DailyQuota.note."""
        limit = headers.get("x-rate-limit-minute", "")
        if limit.isdigit():
            self.budget.limit = min(self._most, int(limit))
        day = _WINDOWS["a day"]
        self.pace.note(
            _first_number(headers, "x-rate-limit-{}", day),
            _first_number(headers, "x-{}-requests-left", day),
        )
        super().note(headers, problem)


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
        self._endpoints: dict[str, _Endpoint] = {}
        self._share = 1.0
        self._http = VendorHttp(
            "Apollo",
            base,
            {"x-api-key": key},
            classify,
            SlidingWindowLimiter(limit, 60.0),
            transport,
        )

    def share(self, part: float) -> None:
        """Use this part of every endpoint's limit."""
        self._share = part
        for endpoint in self._endpoints.values():
            endpoint.budget.share = part

    def pace(self, name: str) -> DayPace:
        """The pace of an endpoint; one that wasn't called yet has no limit."""
        endpoint = self._endpoints.get(name)
        return endpoint.pace if endpoint is not None else DayPace(self._clock)

    async def call(
        self,
        form: type[T],
        method: str,
        template: str,
        *parts: str,
        endpoint: str = "",
        **more: Any,
    ) -> T:
        """One call on its endpoint's own budgets: Apollo has three windows for each team and
        endpoint (docs/design/vendors.md Apollo 3).

        See VendorHttp.call. `endpoint` is the limit's name where it isn't the path's. Raises
        EndpointSpent shortly before the end of an hour's or a day's calls.
        """
        name = endpoint or template
        if name not in self._endpoints:
            self._endpoints[name] = _Endpoint(
                name, SlidingWindowLimiter(self._limit, 60.0, self._share), self._clock
            )
        limits = self._endpoints[name]
        return await self._http.call(
            form, method, template, *parts, budget=limits.budget, day=limits, **more
        )

    async def close(self) -> None:
        """Close connections."""
        await self._http.close()
