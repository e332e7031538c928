"""What Slack's refusals mean (docs/design/vendors.md Slack 3)."""

import httpx

from connectors.core.answers import foreign, member, words
from connectors.core.errors import (
    AccountLimited,
    NotInPlan,
    RecordRejected,
    Unauthorised,
    Unavailable,
    Unreadable,
    VendorError,
)
from connectors.core.http import retry_after

_PASSING = frozenset(
    "rate_limited ratelimited internal_error fatal_error service_unavailable"
    " request_timeout".split()
)
_KEY = frozenset("invalid_auth not_authed account_inactive token_revoked token_expired".split())
#: Codes for what the token or the plan leaves out; other methods work.
_CLOSED = frozenset(
    "missing_scope no_permission not_allowed_token_type restricted_action method_deprecated".split()
)
_TEAM = {
    "message_limit_exceeded": "Slack takes no more messages of this workspace for now",
    "org_login_required": "the workspace is being moved to an organisation: no app may write",
    "team_access_not_granted": "the organisation has not granted the app access to the workspace",
}
#: Codes for the content of one message: in a message of several alerts, one may be the reason.
_CONTENT = frozenset(
    "msg_too_long msg_blocks_too_long invalid_blocks invalid_blocks_format no_text"
    " metadata_too_large".split()
)


def classify(response: httpx.Response) -> VendorError | None:
    """What an answer means; None for a success.

    Slack reports most faults with 200 and ok:false.
    """
    status = response.status_code
    text = f"Slack {response.request.url.path}: {status} {response.text[:200]}"
    if status == 429:
        return Unavailable(text, retry_after(response, 1.0), not_sent=True)
    if status >= 500 or 300 <= status < 400:
        return Unavailable(text, 1.0)
    body = foreign(response.content)
    code = words(body, "error")
    if status < 400 and member(body, "ok") is True:
        return None
    if code:
        return _refusal(code, text)
    if status < 400:
        return Unreadable(text)
    return RecordRejected(text)


def _refusal(code: str, text: str) -> VendorError:
    if code in _KEY:
        return Unauthorised(text)
    if code in _CLOSED:
        return NotInPlan(text)
    if code in _TEAM:
        return AccountLimited(f"{_TEAM[code]} ({text})")
    if code in _PASSING:
        return Unavailable(text, not_sent="limited" in code)
    if code == "message_not_found":
        return RecordRejected(text, "deleted")
    return RecordRejected(text, "content" if code in _CONTENT else "rejected")
