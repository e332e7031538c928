"""HubSpot over HTTP: paths of the date-based API.

Source: docs/design/vendors.md HubSpot 1 (endpoints). The version is one constant: HubSpot releases
one each March and September and supports it for 18 months.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx

from connectors.core.daily_quota import DailyQuota
from connectors.core.http import SlidingWindowLimiter, VendorHttp
from connectors.hubspot.forms import Batch, Done, Listing
from connectors.hubspot.refusals import classify

VERSION = "2026-03"
_SPARE = 0.02  # of the day's calls, for people and other programs
T = TypeVar("T")


def _usage(headers: Mapping[str, str]) -> str:
    """The day's headers, which OAuth apps don't get."""
    most = headers.get("x-hubspot-ratelimit-daily", "")
    left = headers.get("x-hubspot-ratelimit-daily-remaining", "")
    if not (most.isdigit() and left.isdigit()) or int(left) >= int(most) * _SPARE:
        return ""
    return f"{left} left of {most}"


class HubSpotHttp:
    """The calls that the connector makes.

    In a path's template `{v}` stands for the version, each `{}` for one of the parts, quoted.
    """

    def __init__(
        self,
        base: str,
        token: str,
        budget: SlidingWindowLimiter,
        search_budget: SlidingWindowLimiter,
        clock: Callable[[], float],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        headers = {"authorization": f"Bearer {token}"}
        day = DailyQuota("HubSpot's calls of the day", clock, _usage)
        self._http = VendorHttp("HubSpot", base, headers, classify, budget, transport, day=day)
        self._search = VendorHttp(
            "HubSpot", base, headers, classify, search_budget, transport, day=day
        )

    async def batch(
        self,
        kind: str,
        verb: str,
        inputs: list[dict[str, Any]],
        *,
        until: float | None = None,
        **more: Any,
    ) -> Batch:
        """POST objects/{kind}/batch/{verb}; the body of a 200, 201 or 207.

        `until`: see VendorHttp.call.
        """
        body = {"inputs": inputs, **more}
        return await self._http.call(
            Batch,
            "POST",
            "/crm/objects/{}/{}/batch/{}",
            VERSION,
            kind,
            verb,
            json=body,
            until=until,
        )

    async def archive(self, kind: str, inputs: list[dict[str, Any]]) -> None:
        """POST objects/{kind}/batch/archive: into the recycle bin, without a word on each."""
        path, parts = "/crm/objects/{}/{}/batch/archive", (VERSION, kind)
        await self._http.call(Done, "POST", path, *parts, json={"inputs": inputs})

    async def associate(
        self, source: str, target: str, verb: str, inputs: list[dict[str, Any]]
    ) -> Batch:
        """POST associations/{source}/{target}/batch/{verb}."""
        parts = (VERSION, source, target, verb)
        return await self._http.call(
            Batch, "POST", "/crm/associations/{}/{}/{}/batch/{}", *parts, json={"inputs": inputs}
        )

    async def search(self, kind: str, body: dict[str, Any]) -> Listing:
        """POST objects/{kind}/search: 5 a second an account, and it lags, so never to decide
        whether to create a person."""
        return await self._search.call(
            Listing, "POST", "/crm/objects/{}/{}/search", VERSION, kind, json=body
        )

    async def get(self, form: type[T], template: str, *parts: str, **params: Any) -> T:
        """GET of a path, the answer as `form`."""
        return await self._http.call(
            form, "GET", template.replace("{v}", VERSION), *parts, params=params
        )

    async def send(
        self, form: type[T], method: str, template: str, *parts: str, body: Any, **params: Any
    ) -> T:
        """PUT, POST, PATCH or DELETE of a path, the answer as `form`."""
        return await self._http.call(
            form, method, template.replace("{v}", VERSION), *parts, json=body, params=params
        )

    @property
    def calls(self) -> int:
        """Calls made so far."""
        return self._http.calls + self._search.calls

    async def close(self) -> None:
        """Close connections."""
        await self._http.close()
        await self._search.close()
