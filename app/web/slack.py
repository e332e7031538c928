"""Clicks in Slack: signed, answered within three seconds, and kept by the broker before they are
answered.

Source: docs/design/vendors.md Slack 3. What the click means is decided by the SLA stage, which
answers in Slack.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from aiokafka import AIOKafkaProducer
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.web.capture import is_stored, not_stored
from app.web.request_bodies import BodyError, parse_json, read, read_whole
from connectors.slack.client import TAKEN
from leads import topics
from leads.keys import derive
from leads.records import Signal, encode
from streams.ports import Clock
from streams.runner.outbox import partition_of

_OLDEST = 300.0
#: Slack waits three seconds; a broker that takes longer than this is away, and the rep clicks
#: again.
_ACK_WAIT = 2.0


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Whether Slack signed this body within the last five minutes.

    Constant-time; a timestamp that is no number is no.
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

    def __init__(self, producer: AIOKafkaProducer, secret: str, clock: Clock) -> None:
        self._producer, self._secret, self._clock = producer, secret, clock

    async def take(self, request: Request) -> Response:
        """200 when the broker has what was clicked; 401 unsigned, 413 too long, 422 for what is no
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
            signals = [s for action in _actions(body) if (s := _signal(action, now)) is not None]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            return JSONResponse({"error": f"no click can be read in it: {error!r}"}, 422)
        stored = await is_stored(
            asyncio.gather(*(self._store(signal) for signal in signals)), _ACK_WAIT
        )
        return Response(status_code=200) if stored else not_stored()

    async def _store(self, signal: Signal) -> None:
        key = signal.person_key.encode()
        await self._producer.send_and_wait(
            topics.SIGNALS.full, encode(signal), key=key, partition=partition_of(key)
        )


def _actions(body: bytes) -> list[dict[str, Any]]:
    """The payload's actions, each with who clicked."""
    payload = parse_json(parse_qs(body.decode())["payload"][0].encode())
    return [{**action, "user": payload["user"]["id"]} for action in payload.get("actions") or []]


def _signal(action: dict[str, Any], now: float) -> Signal | None:
    """A click on our button; others' buttons in the same app are none of ours."""
    if action.get("action_id") != TAKEN:
        return None
    key, _, lead = str(action["value"]).partition(" ")
    return Signal(
        signal_id=derive("taken", lead, action["user"], action.get("action_ts", "")),
        kind="taken",
        heard_at=now,
        source="slack",
        address_key=key,
        person_key=key,
        value=str(action["user"]),
    )
