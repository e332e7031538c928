"""Clicks in Slack: signed, answered within three seconds, and stored by the broker before the
answer.

Source: docs/design/vendors.md Slack 3. The SLA stage decides what a click means, and answers in
Slack.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from aiokafka import AIOKafkaProducer
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.kafka.sending import Message, send_all
from app.web.capture import is_stored, not_stored
from app.web.request_bodies import BodyError, parse_json, read, read_whole
from connectors.slack.messages import TAKEN
from leads import topics
from leads.keys import derive
from leads.records import Signal, encode
from leads.signatures import Signatures
from streams.ports import Clock
from streams.runner.outbox import partition_of

_OLDEST = 300.0
#: Seconds. Slack waits three; a broker that needs more than this counts as unavailable, and the rep
#: clicks again.
_ACK_WAIT = 2.0


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Whether Slack signed this body within the last five minutes.

    Compares in constant time. False if the timestamp is not a number.
    """
    at = headers.get("x-slack-request-timestamp", "")
    sent = read_whole(at)
    if sent is None or abs(now - sent) > _OLDEST:
        return False
    digest = hmac.new(
        secret.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256
    ).hexdigest()
    return hmac.compare_digest(
        f"v0={digest}".encode(), headers.get("x-slack-signature", "").encode()
    )


class Clicks:
    """POST /slack/actions."""

    def __init__(
        self, producer: AIOKafkaProducer, secret: str, clock: Clock, signatures: Signatures
    ) -> None:
        self._producer, self._secret, self._clock = producer, secret, clock
        self._signatures = signatures

    async def take(self, request: Request) -> Response:
        """Answers 200 when the broker has stored the clicks; 401 unsigned, 413 too long, 422 not a
        click, 503 not stored."""
        try:
            body = await read(request)
        except BodyError as error:
            return JSONResponse({"error": str(error)}, error.status)
        now = self._clock.now()
        if not is_signed(self._secret, request.headers, body, now):
            return JSONResponse(
                {"error": "not signed by Slack: is LEADGATE_SLACK_SIGNING_SECRET this app's?"}, 401
            )
        try:
            signals = _signals(body, now)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            return JSONResponse({"error": f"the body has no readable click: {error!r}"}, 422)
        if not await is_stored(send_all(self._producer, map(self._message, signals)), _ACK_WAIT):
            return not_stored()
        return Response(status_code=200)

    def _message(self, signal: Signal) -> Message:
        topic, key, value = topics.SIGNALS.full, signal.person_key.encode(), encode(signal)
        headers = self._signatures.headers(topic, key, value)
        return Message(topic, key, value, partition_of(key), headers)


def _signals(body: bytes, now: float) -> list[Signal]:
    """A signal for each click on Leadgate's button; the app's other buttons are ignored."""
    payload = parse_json(parse_qs(body.decode())["payload"][0].encode())
    signals = []
    for action in payload.get("actions") or []:
        click = {**action, "user": payload["user"]["id"]}
        if click.get("action_id") == TAKEN:
            signals.append(_signal(click, now))
    return signals


def _signal(action: dict[str, Any], now: float) -> Signal:
    key, _, lead = str(action["value"]).partition(" ")
    return Signal(
        signal_id=derive("taken", lead, action["user"], action.get("action_ts", "")),
        kind="taken",
        at=now,
        source="slack",
        address_key=key,
        person_key=key,
        value=str(action["user"]),
    )
