"""HubSpot's refusals, of calls and of rows: what can be done about each.

Source: docs/design/vendors.md HubSpot 2 (limits and errors).
"""

import re
from typing import Any

import httpx

from connectors.core.answers import foreign, member, words
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
from connectors.core.http import retry_after
from connectors.hubspot.forms import BatchError

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
_TAKEN = ("already exists", "already has that value")
_NO_PROPERTY = re.compile(r"(leadgate_\w+)\W{1,6}does not exist")


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
        return QuotaExhausted(said, not_sent=True)
    if status == 429:
        window = 10.0 if "TEN_SECONDLY" in response.text else 1.0
        return Unavailable(said, retry_after(response, window), not_sent=True)
    if status == 423:
        return Unavailable(said, 2.0, not_sent=True)
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
    return Unavailable(f"{said} (a refusal that HubSpot doesn't explain)", 60.0, not_sent=True)


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


def row_error(error: BatchError) -> VendorError:
    """One entry of a 207's `errors`."""
    said = f"HubSpot: {error.category or ''} {(error.message or '')[:300]}"
    if error.category in _PASSING:
        return RecordRetryable(said)
    if limited := _undefined(error.message or ""):
        return AccountLimited(f"{limited} ({said})")
    return RecordRejected(said, "deleted" if error.category == "OBJECT_NOT_FOUND" else "rejected")


def is_taken(error: VendorError) -> bool:
    """Whether a write was refused for an address or a unique value that another object has
    (docs/design/vendors.md HubSpot 1.1)."""
    return any(said in str(error) for said in _TAKEN)
