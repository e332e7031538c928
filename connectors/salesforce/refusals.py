"""What Salesforce's refusals mean: of a call, of a row, of one query of a composite call.

Sources: docs/design/vendors.md Salesforce 1.2 and 1.7.
"""

from collections.abc import Sequence

import httpx

from connectors.core.answers import foreign, words
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
from connectors.salesforce.forms import Fault, Part

#: DUPLICATES_DETECTED and DUPLICATE_VALUE: somebody was there between our read and our write; the
#: next try reads it.
_PASSING = frozenset(
    "UNABLE_TO_LOCK_ROW SERVER_UNAVAILABLE QUERY_TIMEOUT REQUEST_RUNNING_TOO_LONG"
    " CANNOT_UPDATE_CONVERTED_LEAD DUPLICATES_DETECTED DUPLICATE_VALUE PROCESSING_HALTED"
    " ALL_OR_NONE_OPERATION_ROLLED_BACK".split()
)
_KINDS = {
    "ENTITY_IS_DELETED": "deleted",
    "INACTIVE_OWNER_OR_USER": "no_owner",
    "NOT_FOUND": "missing",
}
#: What is true for every record until somebody changes the org, and what a person must know of it.
_ORG = {
    "STORAGE_LIMIT_EXCEEDED": (
        "Salesforce's data storage is full: delete records there or buy storage"
    ),
    "API_DISABLED_FOR_ORG": "the org's edition or its settings don't allow the API",
    "API_CURRENTLY_DISABLED": "the org's API is switched off for now",
    "UNSUPPORTED_API_VERSION": (
        "Salesforce has shut down this version of its API: Leadgate must be updated"
    ),
    "ORG_LOCKED": "the org is locked: ask Salesforce",
    "LICENSE_LIMIT_EXCEEDED": "the org's licences are used up",
    "TRIAL_EXPIRED": "the org's trial has ended",
    "INVALID_TYPE": (
        "the org has no such object, or hides it from the integration user: run leadgate doctor"
    ),
}
_HIDDEN = (
    "Salesforce has no such field of Leadgate's, or hides it from the integration user: run"
    " leadgate provision"
)
_NO_LOGIN = frozenset({"INVALID_SESSION_ID", "INVALID_AUTH_HEADER", "INVALID_LOGIN"})


def classify(response: httpx.Response) -> VendorError | None:
    """What an answer means; None for a success.

    The error code of a 403 says whether it is a scope, the day's limit or too many long calls.
    """
    status = response.status_code
    if status < 300:
        return None
    if status == 400 and _is_action(response):
        return None  # every input of an action failed, and each row says why
    body = foreign(response.content)
    code, message = words(body, 0, "errorCode"), words(body, 0, "message")
    if not body:
        message = response.text[:200]
    text = (
        f"Salesforce {response.request.method} {response.request.url.path}: {status} {code}"
        f" {message}".rstrip()
    )
    if code == "REQUEST_LIMIT_EXCEEDED":
        return _limit(message, text)
    if limited := _of_the_org(status, code, message):
        return AccountLimited(f"{limited} ({text})")
    if status == 401 and (code in _NO_LOGIN or not code):
        return Unauthorised(text)
    if status in {401, 403}:
        return _closed(code, text)
    if status >= 500 or status in {408, 429} or 300 <= status < 400:
        return Unavailable(text, retry_after(response, 1.0), not_sent=status == 429)
    return _row(code, text)


def _is_action(response: httpx.Response) -> bool:
    return b'"isSuccess"' in response.content


def _limit(message: str, text: str) -> Unavailable:
    """Too many long calls at once, or the calls of the day."""
    if "Concurrent" in message:
        return Unavailable(text, 2.0, not_sent=True)
    return QuotaExhausted(text, not_sent=True)


def _closed(code: str, text: str) -> VendorError:
    """A 401 or 403 that is neither the login nor a limit."""
    if code:
        return NotInPlan(text)
    return Unavailable(f"{text} (a refusal that Salesforce doesn't explain)", 60.0, not_sent=True)


def _of_the_org(status: int, code: str, message: str) -> str:
    """What is true for every record, in a sentence; '' for anything else.

    Optional objects are asked for by `limits` alone.
    """
    if status == 410:
        return _ORG["UNSUPPORTED_API_VERSION"]
    if code == "INVALID_FIELD" and "leadgate_" in message.casefold():
        return _HIDDEN
    return _ORG.get(code, "")


def row_error(errors: Sequence[Fault]) -> VendorError:
    """The first error of a collection's row, or of an action's."""
    first = next(iter(errors), Fault())
    message = first.message or ""
    text = f"Salesforce: {first.code} {message[:300]}"
    if limited := _of_the_org(0, first.code, message):
        return AccountLimited(f"{limited} ({text})")
    return _row(first.code, text)


def part_error(part: Part) -> VendorError:
    """The error of one query of a composite call."""
    code, message = words(part.body, 0, "errorCode"), words(part.body, 0, "message")
    if code == "INVALID_FIELD":
        return AccountLimited(
            "a field that Leadgate reads of everybody isn't there, or is hidden from it"
            f" (Salesforce: {message})"
        )
    error = row_error([Fault(errorCode=code, message=message)])
    if part.httpStatusCode >= 500 and not isinstance(error, AccountLimited):
        return Unavailable(str(error))
    return error


def _row(code: str, text: str) -> VendorError:
    if code in _PASSING:
        return RecordRetryable(text)
    return RecordRejected(text, _KINDS.get(code, "rejected"))


def deleted(ident: str) -> RecordRejected:
    """The error of a row whose record is gone."""
    return RecordRejected(f"{ident} is deleted", "deleted")
