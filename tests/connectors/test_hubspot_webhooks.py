"""HubSpot's signatures, version 3, against its own helper and its published vector."""

import time

import pytest
from hubspot.utils.signature import Signature

from app.web.hubspot import is_signed

SECRET, URI, BODY = (
    "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
    "https://www.example.com/webhook_uri",
    b"{'example_field':'example_value'}",
)
AT, VECTOR = "1693657560000", "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="


def headers(at: str, signature: str) -> dict[str, str]:
    """As HubSpot sends them."""
    return {"x-hubspot-request-timestamp": at, "x-hubspot-signature-v3": signature}


def test_the_published_vector_is_signed_and_no_other_body_address_or_time() -> None:
    now = int(AT) / 1000
    assert is_signed(SECRET, "POST", URI, headers(AT, VECTOR), BODY, now)
    assert not is_signed(SECRET, "POST", URI, headers(AT, VECTOR), BODY + b" ", now)
    assert not is_signed(SECRET, "POST", URI + "/", headers(AT, VECTOR), BODY, now)
    assert not is_signed("other", "POST", URI, headers(AT, VECTOR), BODY, now)
    assert not is_signed(SECRET, "POST", URI, headers(AT, VECTOR), BODY, now + 301)
    assert not is_signed(SECRET, "POST", URI, headers(AT, VECTOR), BODY, now - 301), (
        "nor one from the future"
    )
    assert not is_signed(SECRET, "POST", URI, headers("soon", VECTOR), BODY, now)


@pytest.mark.parametrize("body", ["[]", '[{"objectId": 1}]', "ä"])
def test_what_hubspots_own_helper_signs_is_signed(body: str) -> None:
    at = str(int(time.time() * 1000))
    signature = Signature.get_signature(
        SECRET, body, "v3", http_uri=URI, http_method="POST", timestamp=at
    )
    assert is_signed(SECRET, "POST", URI, headers(at, signature), body.encode(), time.time())


def test_the_escapes_that_hubspot_undoes_are_undone() -> None:
    at = str(int(time.time() * 1000))
    signature = Signature.get_signature(
        SECRET, "x", "v3", http_uri=f"{URI}?a=b:c", http_method="POST", timestamp=at
    )
    assert is_signed(SECRET, "POST", f"{URI}?a=b%3Ac", headers(at, signature), b"x", time.time())
