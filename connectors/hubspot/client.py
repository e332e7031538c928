"""HubSpot over HTTP: paths of the date-based API, and what its answers mean.

Sources: docs/design/vendors.md HubSpot 1 (endpoints), HubSpot 2 (limits and errors). The version is
one constant: HubSpot releases one each March and September and keeps it 18 months.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx

from connectors.core.answers import foreign, member, words
from connectors.core.daily_quota import DailyQuota
from connectors.core.errors import (
    AccountLimited,
    NotInPlan,
    QuotaExhausted,
    RecordRejected,
    RecordRetryable,
    Unauthorised,
    Unavailable,
    VendorError,
)
from connectors.core.http import SlidingWindowLimiter, VendorHttp, retry_after
from connectors.hubspot.forms import Batch, BatchError, Listing

VERSION = "2026-03"
_SPARE = 0.02  # of the day's calls, for people and other programs
_WRONG_TOKEN = frozenset({"INVALID_AUTHENTICATION", "EXPIRED_AUTHENTICATION"})
_SCOPES = ("requiredScopes", "requiredGranularScopes")
_PASSING = frozenset(
    {"RATE_LIMITS", "RATE_LIMIT", "INTERNAL_ERROR", "LOCKED", "TIMEOUT", "SERVICE_UNAVAILABLE"}
)
#: Words of a refusal that concerns every row of the account: HubSpot's limits of objects, of custom
#: properties and the like ("you have reached the limit of ..."), and a subscription's end. The
#: first is of a 400 or 403, the second of a 402.
_ACCOUNT = re.compile(
    r"(portal|account|contact tier|subscription)[^.]{0,80}(limit|expired|suspended|exceeded)",
    re.IGNORECASE,
)
_NO_PROPERTY = re.compile(r"(leadgate_\w+)\W{1,6}does not exist")
T = TypeVar("T")


def classify(response: httpx.Response) -> VendorError | None:
    """What to do about an answer, by status: docs of 'Handling errors', and the 2-s lock of 423."""
    status = response.status_code
    if status < 300:
        return None
    body = foreign(response.content)
    message = words(body, "message")
    if not message and not isinstance(body, dict):
        message = response.text[:200]
    said = f"HubSpot {response.request.method} {response.request.url.path}: {status} {message}"
    if status < 500 and (limited := _of_the_account(status, body, message)):
        return AccountLimited(f"{limited} ({said})")
    if status in {401, 403}:
        return _closed(status, body, said)
    if status == 429 and "DAILY" in response.text:
        return QuotaExhausted(said, undone=True)
    if status == 429:
        window = 10.0 if "TEN_SECONDLY" in response.text else 1.0
        return Unavailable(said, retry_after(response, window), undone=True)
    if status == 423:
        return Unavailable(said, 2.0, undone=True)
    if status >= 500 or status in {408, 477} or 300 <= status < 400:
        return Unavailable(said, retry_after(response, 1.0))
    return RecordRejected(said, "missing" if status == 404 else "rejected")


def _closed(status: int, body: Any, said: str) -> VendorError:
    """The error of a 401 or 403: a wrong token only where HubSpot's own category says so; a missing
    scope leaves one endpoint out."""
    category = words(body, "category")
    if scopes := _scopes(body):
        return NotInPlan(f"{said} (one of these scopes is needed: {', '.join(scopes)})")
    if category == "MISSING_SCOPES" or (status == 403 and body is not None):
        return NotInPlan(said)
    if status == 401 and (category in _WRONG_TOKEN or body is None):
        return Unauthorised(said)
    return Unavailable(f"{said} (a refusal that HubSpot doesn't explain)", 60.0, undone=True)


def _scopes(body: Any) -> list[str]:
    """The scopes of which HubSpot wants one, as its 403 lists them, old answers and new."""
    scopes: list[str] = []
    for error in member(body, "errors") or ():
        for name in _SCOPES:
            listed = member(error, "context", name)
            if isinstance(listed, list):
                scopes += map(str, listed)
    return scopes


def _of_the_account(status: int, body: Any, message: str) -> str:
    """A sentence on what holds for every row until somebody changes the account; '' for anything
    else."""
    if status == 402:
        return (
            "HubSpot says that the account's subscription doesn't cover this or has ended: see"
            " Account & Billing"
        )
    if status == 410:
        return "HubSpot has shut down this version of its API: Leadgate must be updated"
    if (
        status in {400, 403}
        and words(body, "category") != "MISSING_SCOPES"
        and _ACCOUNT.search(message)
    ):
        return (
            "HubSpot's account has reached a limit of its plan: make room there or raise the plan"
        )
    return _undefined(message) if status == 400 else ""


def _undefined(message: str) -> str:
    """A sentence on properties of ours that HubSpot says don't exist, '' if it says nothing of the
    kind."""
    names = sorted(set(_NO_PROPERTY.findall(message)))
    if not names:
        return ""
    return (
        f"HubSpot has no property {', '.join(names)}, which Leadgate writes on everybody: run"
        " leadgate provision"
    )


def _usage(headers: Mapping[str, str]) -> str:
    """The day's headers, which OAuth apps don't get."""
    most = headers.get("x-hubspot-ratelimit-daily", "")
    left = headers.get("x-hubspot-ratelimit-daily-remaining", "")
    if not (most.isdigit() and left.isdigit()) or int(left) >= int(most) * _SPARE:
        return ""
    return f"{left} left of {most}"


def row_error(error: BatchError) -> VendorError:
    """One entry of a 207's `errors`."""
    said = f"HubSpot: {error.category or ''} {(error.message or '')[:300]}"
    if error.category in _PASSING:
        return RecordRetryable(said)
    if limited := _undefined(error.message or ""):
        return AccountLimited(f"{limited} ({said})")
    return RecordRejected(said, "deleted" if error.category == "OBJECT_NOT_FOUND" else "rejected")


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
        """PUT, POST or PATCH to a path, the answer as `form`."""
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
