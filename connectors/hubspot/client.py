"""HubSpot over HTTP: paths of the date-based API, and what its answers mean.

Sources: facts/hubspot.md (1 endpoints, 2 limits and errors). The version is one constant: HubSpot releases one each
March and September and keeps it 18 months.
"""

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from connectors.daily import Daily
from connectors.errors import DaySpent, RowRejected, RowRetryable, Unauthorised, Unavailable, VendorError
from connectors.http import Budget, VendorHttp, retry_after

VERSION = "2026-03"
_SPARE = 0.02  # of the day's calls, for people and other programs
_PASSING = frozenset({"RATE_LIMITS", "RATE_LIMIT", "INTERNAL_ERROR", "LOCKED", "TIMEOUT", "SERVICE_UNAVAILABLE"})


def classify(response: httpx.Response) -> VendorError | None:
    """What to do about an answer, by status: docs of 'Handling errors', and the 2-s lock of 423."""
    status = response.status_code
    if status < 300:
        return None
    said = f"HubSpot {response.request.method} {response.request.url.path}: {status} {_message(response)}"
    if status in {401, 403}:
        return Unauthorised(f"{said} {_scopes(response)}".rstrip())
    if status == 429 and "DAILY" in response.text:
        return DaySpent(said, undone=True)
    if status == 429:
        return Unavailable(said, retry_after(response, 10.0 if "TEN_SECONDLY" in response.text else 1.0), undone=True)
    if status == 423:
        return Unavailable(said, 2.0, undone=True)
    if status >= 500 or status in {408, 477}:
        return Unavailable(said, retry_after(response, 1.0))
    if status == 404:
        return RowRejected(said, "deleted")
    return RowRejected(said)


def _message(response: httpx.Response) -> str:
    try:
        body = response.json()
    except ValueError:
        return response.text[:200]
    return str(body.get("message", ""))[:300] if isinstance(body, dict) else ""


def _scopes(response: httpx.Response) -> str:
    """The scopes of which HubSpot wants one, as its 403 lists them, old answers and new."""
    try:
        told = [e.get("context") or {} for e in response.json().get("errors") or []]
    except (ValueError, AttributeError):
        return ""
    wanted = [s for c in told for name in ("requiredScopes", "requiredGranularScopes") for s in c.get(name) or []]
    return f"(one of these scopes is needed: {', '.join(wanted)})" if wanted else ""


def _usage(headers: Mapping[str, str]) -> str:
    """The day's headers, which OAuth apps don't get."""
    most, left = headers.get("x-hubspot-ratelimit-daily", ""), headers.get("x-hubspot-ratelimit-daily-remaining", "")
    return f"{left} left of {most}" if most.isdigit() and left.isdigit() and int(left) < int(most) * _SPARE else ""


def row_error(error: dict[str, Any]) -> VendorError:
    """One entry of a 207's `errors`."""
    said = f"HubSpot: {error.get('category', '')} {error.get('message', '')}"
    return RowRetryable(said) if error.get("category") in _PASSING else RowRejected(said)


class HubSpotHttp:
    """The calls that the connector makes, each one endpoint."""

    def __init__(
        self,
        base: str,
        token: str,
        budget: Budget,
        search_budget: Budget,
        clock: Callable[[], float],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        headers, day = {"authorization": f"Bearer {token}"}, Daily("HubSpot's calls of the day", clock, _usage)
        self._http = VendorHttp(base, headers, classify, budget, transport, day=day)
        self._search = VendorHttp(base, headers, classify, search_budget, transport, day=day)

    async def batch(
        self, kind: str, verb: str, inputs: list[dict[str, Any]], *, until: float | None = None, **more: Any
    ) -> dict[str, Any]:
        """POST objects/{kind}/batch/{verb}; the body of a 200, 201 or 207. `until`: see VendorHttp.call."""
        body = {"inputs": inputs, **more}
        response = await self._http.call("POST", f"/crm/objects/{VERSION}/{kind}/batch/{verb}", json=body, until=until)
        found: dict[str, Any] = response.json() if response.content else {}
        return found

    async def associate(self, source: str, target: str, verb: str, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        """POST associations/{source}/{target}/batch/{verb}."""
        path = f"/crm/associations/{VERSION}/{source}/{target}/batch/{verb}"
        response = await self._http.call("POST", path, json={"inputs": inputs})
        found: dict[str, Any] = response.json() if response.content else {}
        return found

    async def search(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST objects/{kind}/search: 5 a second an account, and it lags, so never to decide whether to create a person."""
        found: dict[str, Any] = (await self._search.call("POST", f"/crm/objects/{VERSION}/{kind}/search", json=body)).json()
        return found

    async def get(self, path: str, **params: Any) -> dict[str, Any]:
        """GET of a path, with {v} for the version."""
        found: dict[str, Any] = (await self._http.call("GET", path.format(v=VERSION), params=params)).json()
        return found

    async def send(self, method: str, path: str, body: Any) -> Any:
        """PUT, POST or PATCH to a path, with {v} for the version."""
        response = await self._http.call(method, path.format(v=VERSION), json=body)
        return response.json() if response.content else {}

    @property
    def calls(self) -> int:
        """Calls made so far."""
        return self._http.calls + self._search.calls

    async def close(self) -> None:
        """Let connections go."""
        await self._http.close()
        await self._search.close()
