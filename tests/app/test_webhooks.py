"""Whatever a vendor posts, it gets an answer that says what is wrong, and what can't be read is
kept."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Collection

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.web.capture import Capture
from app.web.hubspot import Changes
from app.web.slack import Clicks
from leads.keys import Keys
from leads.sealing import UNSEALED, MissingSecretError, Sealing
from streams.testing.lead_keys import MemoryLeadKeys
from tests.app.producing import Clock, MemoryProducer, anything

SECRET, ADDRESS = "secret", "https://gate.test"
DEEP = b'{"email": ' + b'{"a": ' * 100_000 + b"1" + b"}" * 100_001
ODD = {
    "nested": DEEP,
    "no JSON": b"<html>",
    "a number": b"5",
    "numbers": b"[5]",
}


def post(
    path: str, body: bytes, headers: dict[str, str], sealing: Sealing = UNSEALED
) -> tuple[httpx.Response, MemoryProducer]:
    """The answer to one post, and what was stored."""
    clock, producer = Clock(), MemoryProducer()
    capture = Capture(anything(producer), Keys("test"), SECRET, clock, sealing).endpoint("zapier")
    changes = Changes(anything(producer), SECRET, ADDRESS, clock).take
    clicks = Clicks(anything(producer), SECRET, clock, Keys("test").signatures).take
    paths = {"/capture": capture, "/hubspot": changes, "/slack": clicks}
    app = Starlette(routes=[Route(place, take, methods=["POST"]) for place, take in paths.items()])

    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
            return await client.post(path, content=body, headers=headers)

    return asyncio.run(call()), producer


@pytest.mark.parametrize("odd", ODD)
def test_a_body_that_can_not_be_read_is_refused_and_kept(odd: str) -> None:
    body = ODD[odd] if odd != "nested" else DEEP[:9_000] + b"1"
    answer, producer = post("/capture", body, {"x-webhook-secret": SECRET})
    assert answer.status_code == 422
    assert answer.json()["error"]
    assert len(producer.captured("reject")) == 1


def test_half_a_character_is_taken_and_replaced() -> None:
    answer, producer = post(
        "/capture",
        b'{"email": "a@b.com", "first_name": "Ada\\ud83d"}',
        {"x-webhook-secret": SECRET},
    )
    assert answer.status_code == 202
    assert producer.captured("reject") == []


class Locked(MemoryLeadKeys):
    """Keys that are wrapped with another process's secret."""

    async def ensure(self, leads: Collection[str]) -> None:
        """See LeadKeys."""
        del leads
        raise MissingSecretError


def test_a_lead_whose_key_cant_be_unwrapped_is_sent_again_later() -> None:
    body = b'{"email": "a@b.com"}'
    answer, producer = post("/capture", body, {"x-webhook-secret": SECRET}, Sealing(Locked()))
    assert answer.status_code == 503
    assert producer.sent == {}


def test_a_body_that_nests_deeper_than_can_be_written_is_refused_and_kept() -> None:
    deep = b'{"email": "a@b.com", "x": ' + b'{"a":' * 3_000 + b"1" + b"}" * 3_001
    answer, producer = post("/capture", deep, {"x-webhook-secret": SECRET})
    assert answer.status_code == 422
    assert len(producer.captured("reject")) == 1


@pytest.mark.parametrize("body", [DEEP[:60_000] + b"1" + b"}" * 9_999, b"5", b"null", b"<html>"])
def test_what_hubspot_posts_in_another_form_is_refused(body: bytes) -> None:
    at = str(int(Clock().at * 1000))
    signed = hmac.new(
        SECRET.encode(), f"POST{ADDRESS}/hubspot".encode() + body + at.encode(), hashlib.sha256
    ).digest()
    signs = {
        "x-hubspot-request-timestamp": at,
        "x-hubspot-signature-v3": base64.b64encode(signed).decode(),
    }
    answer, producer = post("/hubspot", body, signs)
    assert (answer.status_code, producer.sent) == (422, {})


@pytest.mark.parametrize(
    "payload",
    ['{"a":' * 3_000 + "1" + "}" * 3_000, "5", "null", "<html>", json.dumps({"actions": [5]})],
)
def test_what_slack_posts_in_another_form_is_refused(payload: str) -> None:
    body, at = b"payload=" + payload.encode(), str(int(Clock().at))
    digest = hmac.new(
        SECRET.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256
    ).hexdigest()
    signs = {"x-slack-request-timestamp": at, "x-slack-signature": f"v0={digest}"}
    answer, producer = post(
        "/slack", body, signs | {"content-type": "application/x-www-form-urlencoded"}
    )
    assert (answer.status_code, producer.sent) == (422, {})
