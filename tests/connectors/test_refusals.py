"""Whose trouble a refusal is, by each vendor's own words: the key's, the plan's, the account's, the
row's, or a passing one."""

import asyncio
from typing import Any

import httpx
import pytest

from connectors.apollo import api as apollo
from connectors.core.errors import (
    AccountLimited,
    NotInPlan,
    QuotaExhausted,
    RecordRejected,
    RecordRetryable,
    Unauthorised,
    Unavailable,
    Unreadable,
    VendorError,
)
from connectors.core.http import SlidingWindowLimiter, VendorHttp
from connectors.google import sheets as google
from connectors.hubspot import refusals as hubspot
from connectors.hubspot.forms import BatchError
from connectors.salesforce import refusals as salesforce
from connectors.salesforce.auth import by_secret
from connectors.salesforce.forms import Fault
from connectors.slack import refusals as slack
from connectors.zoho import refusals as zoho
from connectors.zoho.auth import ZohoGrant
from connectors.zoho.forms import Outcome

REQUEST = httpx.Request("POST", "http://vendor/path")
HTML = "<html>We'll be right back</html>"


def answer(status: int, body: Any) -> httpx.Response:
    """An answer with a JSON body, or with a text."""
    if isinstance(body, str):
        return httpx.Response(status, text=body, request=REQUEST)
    return httpx.Response(status, json=body, request=REQUEST)


def sf(code: str, message: str = "m") -> list[dict[str, str]]:
    """Salesforce's error of a single call."""
    return [{"errorCode": code, "message": message}]


CLASSIFIED = [
    (hubspot, 401, {"category": "INVALID_AUTHENTICATION", "message": "m"}, Unauthorised),
    (hubspot, 401, {"category": "EXPIRED_AUTHENTICATION", "message": "m"}, Unauthorised),
    (hubspot, 401, {"category": "SOMETHING_ELSE", "message": "m"}, Unavailable),
    (hubspot, 403, {"category": "MISSING_SCOPES", "message": "m"}, NotInPlan),
    (hubspot, 403, HTML, Unavailable),
    (hubspot, 402, {"message": "m"}, AccountLimited),
    (hubspot, 410, {"message": "gone"}, AccountLimited),
    (
        hubspot,
        400,
        {
            "message": (
                'Property values were not valid: [{"message":"Property "leadgate_score" does not'
                ' exist"}]'
            )
        },
        AccountLimited,
    ),
    (hubspot, 400, {"message": 'Property "shoe_size" does not exist'}, RecordRejected),
    (hubspot, 429, {"policyName": "DAILY"}, QuotaExhausted),
    (hubspot, 302, HTML, Unavailable),
    (salesforce, 401, sf("INVALID_SESSION_ID"), Unauthorised),
    (salesforce, 403, sf("INSUFFICIENT_ACCESS"), NotInPlan),
    (salesforce, 403, HTML, Unavailable),
    (
        salesforce,
        403,
        sf("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        QuotaExhausted,
    ),
    (salesforce, 400, sf("STORAGE_LIMIT_EXCEEDED"), AccountLimited),
    (salesforce, 400, sf("INVALID_TYPE", "sObject type 'Task' is not supported."), AccountLimited),
    (
        salesforce,
        400,
        sf("INVALID_FIELD", "No such column 'Leadgate_Key__c' on entity 'Lead'"),
        AccountLimited,
    ),
    (
        salesforce,
        400,
        sf("INVALID_FIELD", "No such column 'Shoe__c' on entity 'Lead'"),
        RecordRejected,
    ),
    (salesforce, 404, sf("UNSUPPORTED_API_VERSION"), AccountLimited),
    (salesforce, 410, sf("X"), AccountLimited),
    (zoho, 401, {"code": "INVALID_TOKEN"}, Unauthorised),
    (zoho, 401, {"code": "OAUTH_SCOPE_MISMATCH"}, NotInPlan),
    (zoho, 401, HTML, Unauthorised),
    (zoho, 403, HTML, Unavailable),
    (zoho, 403, {"code": "LICENSE_LIMIT_EXCEEDED"}, AccountLimited),
    (zoho, 400, {"code": "INVALID_MODULE"}, AccountLimited),
    (zoho, 403, {"code": "FEATURE_NOT_SUPPORTED"}, NotInPlan),
    (apollo, 401, "Invalid API key.", Unauthorised),
    (apollo, 403, {"error": "not authorized", "error_code": "API_INACCESSIBLE"}, NotInPlan),
    (apollo, 403, HTML, Unavailable),
    (apollo, 422, {"error": "You have insufficient credits"}, RecordRejected),
    (apollo, 422, {"error": "This contact has been deleted."}, RecordRejected),
    (slack, 200, {"ok": False, "error": "invalid_auth"}, Unauthorised),
    (slack, 200, {"ok": False, "error": "missing_scope", "needed": "chat:write"}, NotInPlan),
    (slack, 200, {"ok": False, "error": "team_access_not_granted"}, AccountLimited),
    (slack, 200, {"ok": False, "error": "fatal_error"}, Unavailable),
    (slack, 200, {"ok": False, "error": "channel_not_found"}, RecordRejected),
    (slack, 200, HTML, Unreadable),
    (slack, 200, [], Unreadable),
    (google, 401, {"error": {"message": "m", "status": "UNAUTHENTICATED"}}, Unauthorised),
    (google, 403, {"error": {"message": "m", "status": "PERMISSION_DENIED"}}, Unauthorised),
    (
        google,
        403,
        {"error": {"message": "Google Sheets API has not been used in project 1 before"}},
        NotInPlan,
    ),
    (google, 403, HTML, Unavailable),
]


@pytest.mark.parametrize(("vendor", "status", "body", "expected"), CLASSIFIED)
def test_what_a_refusal_means(
    vendor: Any, status: int, body: Any, expected: type[VendorError]
) -> None:
    error = vendor.classify(answer(status, body))
    assert type(error) is expected, error
    assert not isinstance(error, AccountLimited) or error.not_sent


def test_the_kinds_and_the_words_of_refusals() -> None:
    kinds = {
        text: apollo.classify(answer(422, {"error": text}))
        for text in ("insufficient credits", "label was deleted")
    }
    assert [getattr(error, "kind", "") for error in kinds.values()] == [
        "credits",
        "rejected",
    ], "a list is no contact"
    scopes = {
        "category": "MISSING_SCOPES",
        "message": "m",
        "errors": [{"context": {"requiredGranularScopes": ["crm.read"]}}],
    }
    assert "crm.read" in str(hubspot.classify(answer(403, scopes)))
    assert "chat:write" in str(
        slack.classify(answer(200, {"ok": False, "error": "missing_scope", "needed": "chat:write"}))
    )
    assert "storage is full" in str(salesforce.classify(answer(400, sf("STORAGE_LIMIT_EXCEEDED"))))


@pytest.mark.parametrize(
    "error",
    [
        salesforce.row_error([Fault(statusCode="STORAGE_LIMIT_EXCEEDED", message="m")]),
        salesforce.row_error(
            [Fault(statusCode="INVALID_FIELD", message="No such column 'Leadgate_Key__c'")]
        ),
        hubspot.row_error(
            BatchError(
                category="VALIDATION_ERROR", message='Property "leadgate_key" does not exist'
            )
        ),
        zoho.row_error(Outcome(status="error", code="LICENSE_LIMIT_EXCEEDED")),
    ],
)
def test_what_is_true_for_all_rows_is_raised_for_all_from_one_rows_answer_too(
    error: VendorError,
) -> None:
    assert isinstance(error, AccountLimited)


def test_a_row_without_a_word_of_explanation_is_refused_and_not_our_fault() -> None:
    assert type(salesforce.row_error([])) is RecordRejected
    assert type(hubspot.row_error(BatchError())) is RecordRejected
    assert type(hubspot.row_error(BatchError(category="RATE_LIMITS"))) is RecordRetryable


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, {"error": "unknown_error", "error_description": "retry your request"}, Unavailable),
        (
            400,
            {"error": "invalid_grant", "error_description": "user hasn't approved"},
            Unauthorised,
        ),
        (400, {"error": "invalid_client", "error_description": "m"}, Unauthorised),
        (400, {"error": "server_busy"}, Unavailable),
        (503, HTML, Unavailable),
        (200, HTML, Unreadable),
        (200, [], Unavailable),
        (200, {"access_token": 7, "id": "x"}, Unavailable),
        (200, {"access_token": "a\nb", "id": "x"}, Unavailable),
    ],
)
def test_salesforces_login_calls_a_key_wrong_only_when_it_says_so(
    status: int, body: Any, expected: type[VendorError]
) -> None:
    with pytest.raises(VendorError) as refused:
        by_secret("http://sf", "id", "secret").take(answer(status, body))
    assert type(refused.value) is expected
    assert not isinstance(refused.value, Unavailable) or refused.value.not_sent


@pytest.mark.parametrize(
    ("status", "body", "expected", "said"),
    [
        (200, {"error": "invalid_code"}, Unauthorised, "another data centre"),
        (200, {"error": "invalid_client"}, Unauthorised, "invalid_client"),
        (200, {"error": "Access Denied"}, Unavailable, "ten tokens"),
        (400, {"error": "general_error"}, Unavailable, "general_error"),
        (200, HTML, Unreadable, "right back"),
        (200, {"access_token": None}, Unavailable, "200"),
        (502, HTML, Unavailable, "502"),
    ],
)
def test_zohos_login_calls_a_key_wrong_only_when_it_says_so(
    status: int, body: Any, expected: type[VendorError], said: str
) -> None:
    with pytest.raises(VendorError, match=said) as refused:
        ZohoGrant("https://accounts.zoho.eu", "id", "secret", "refresh").take(answer(status, body))
    assert type(refused.value) is expected


def test_a_missing_scope_of_zohos_is_no_reason_to_log_in_again() -> None:
    grant = ZohoGrant("https://accounts.zoho.eu", "id", "secret", "refresh")
    assert not grant.has_ended(answer(401, {"code": "OAUTH_SCOPE_MISMATCH"}))
    assert grant.has_ended(answer(401, {"code": "INVALID_TOKEN"}))


def test_a_cell_is_cut_at_googles_limit_and_says_so() -> None:
    text = "x" * 60_000
    cell = google.cell_of(text)
    assert len(cell) == google.MOST_CELL == 50_000
    assert cell.endswith("[cut by Leadgate: the whole has 60,000 characters]")
    assert google.cell_of("x" * 50_000) == "x" * 50_000


def test_what_nobody_could_send_is_that_rows_trouble() -> None:
    """Half a character in a lead's field can't travel; nothing else is lost for it."""

    async def test() -> None:

        http = VendorHttp(
            "X",
            "http://x",
            {},
            lambda _: None,
            SlidingWindowLimiter(9, 1.0),
            httpx.MockTransport(lambda _: answer(200, {})),
        )
        with pytest.raises(RecordRejected, match="can't be sent"):
            await http.call(dict, "POST", "a", json={"name": "\ud83d"})
        await http.close()

    asyncio.run(test())
