"""Zoho's refusals, of calls and of rows: what can be done about each.

Source: docs/design/vendors.md Zoho 2.4.
"""

from typing import Any

import httpx

from connectors.core.answers import foreign, member, words
from connectors.core.errors import (
    AccountLimited,
    NotInPlan,
    RecordRejected,
    RecordRetryable,
    Unauthorised,
    Unavailable,
    VendorError,
)
from connectors.core.http import retry_after
from connectors.zoho import records
from connectors.zoho.forms import Outcome

_PASSING = frozenset(
    {
        "RECORD_LOCKED",
        "INTERNAL_ERROR",
        "ALREADY_MODIFIED",
        "ID_ALREADY_CONVERTED",
    }
)

_WRONG_TOKEN = frozenset({"INVALID_TOKEN", "AUTHENTICATION_FAILURE", "INVALID_OAUTHTOKEN"})
_LICENCE = frozenset({"LICENSE_LIMIT_EXCEEDED", "LICENSE_EXPIRED", "PLAN_EXPIRED"})
_ACCOUNT = {
    "STORAGE_LIMIT_EXCEEDED": "Zoho's storage is full: delete records there or buy storage",
    "RECORD_LIMIT_EXCEEDED": (
        "Zoho's plan allows no more records: delete some there or raise the plan"
    ),
    "INVALID_MODULE": (
        "Zoho has no such module, or hides it from the token's user: run leadgate doctor"
    ),
    "API_LIMIT_EXCEEDED": "Zoho's credits of the day are spent",
    "ORG_SUSPENDED": "the Zoho account is suspended",
}


def classify(response: httpx.Response) -> VendorError | None:
    """What to do about an answer. A 400 with rows is an answer like any other: each row has its
    own status."""
    status = response.status_code
    if status < 300 or status == 304:
        return None
    body = foreign(response.content)
    if status == 400 and isinstance(member(body, "data"), list):
        return None
    code = words(body, "code")
    said = _description(response, code, body)
    if limited := _of_the_account(status, code):
        return AccountLimited(f"{limited} ({said})")
    if status == 429:
        return Unavailable(said, retry_after(response, 2.0), not_sent=True)
    if status == 401 and (code in _WRONG_TOKEN or not code):
        return Unauthorised(said)
    if code.startswith("FEATURE_NOT_"):
        return NotInPlan(said)
    if status in {401, 403}:
        if code:
            return NotInPlan(said)
        return Unavailable(f"{said} (a refusal that Zoho doesn't explain)", 60.0, not_sent=True)
    if status >= 500 or status == 408 or 300 <= status < 400:
        return Unavailable(said, retry_after(response, 1.0))
    return RecordRejected(said, "missing" if status == 404 else "rejected")


def _description(response: httpx.Response, code: str, body: Any) -> str:
    """The call and its refusal, for a person."""
    message = words(body, "message")
    if not message and not body:
        message = response.text[:200]
    call = f"{response.request.method} {response.request.url.path}"
    return f"Zoho {call}: {response.status_code} {code} {message}".rstrip()


def _of_the_account(status: int, code: str) -> str:
    """A sentence on what holds for every row until somebody changes the account; '' for anything
    else."""
    if status == 402 or code in _LICENCE:
        return "Zoho says that the account's plan or licence doesn't cover this or has ended"
    if status == 410 or code == "INVALID_API_VERSION":
        return "Zoho has shut down this version of its API: Leadgate must be updated"
    return _ACCOUNT.get(code, "")


def row_error(row: Outcome) -> VendorError:
    """The error of a row that is no success."""
    code, field = row.code or "", words(row.details, "api_name")
    said = f"Zoho: {code} {(row.message or '')[:300]} {field}".rstrip()
    if code == "DUPLICATE_DATA":
        return _duplicate(row, field, said)
    if code in _PASSING:
        return RecordRetryable(said)
    if limited := _of_the_account(0, code):
        return AccountLimited(f"{limited} ({said})")
    if code == "INVALID_DATA" and field in {"id", "ids"}:
        return RecordRejected(said, "deleted")
    return RecordRejected(said, "no_owner" if field == "Owner" else "rejected")


def _duplicate(row: Outcome, field: str, said: str) -> VendorError:
    """Another record has the value already. By our own key the next try finds it; by a field that
    the org holds unique, such as the phone number, no try ever passes: a person decides."""
    if field == records.KEY:
        return RecordRetryable(said)
    other = member(row.details, "duplicate_record")
    module = words(other, "module", "api_name") or "the module"
    ident = words(other, "id") or words(row.details, "id")
    if not ident:
        return RecordRejected(f"{said}: another record has this value already")
    return RecordRejected(
        f"{said}: record {ident} of {module} has this value already (in Zoho:"
        f" /crm/tab/{module}/{ident}). Merge the two there, or let Zoho allow {field} twice; then"
        " try the lead again"
    )


def deleted(ident: str) -> RecordRejected:
    """The error of a row whose record is gone."""
    return RecordRejected(f"{ident} is deleted", "deleted")
