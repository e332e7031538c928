"""Webhooks that bring leads: a lead is accepted once the broker has stored it.

An invalid lead is answered with 202, too: intake shows it to a person, and Zapier switches off a
Zap that fails (docs/design/vendors.md Zapier 4). A body that names no person is answered with 422,
which the author of the webhook sees, and becomes a dead letter, which the operator sees. 503 means
that nothing was stored.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.kafka.sending import Message, send_all
from app.privacy.captured_messages import captured_messages
from app.web.request_bodies import BodyError, parse, read
from leads import topics
from leads.keys import Keys
from leads.records import Captured, Signal, encode
from leads.sealing import MissingSecretError, Sealing
from leads.webhooks import Post, UnusableBodyError, interpret, rejected
from streams.ports import Clock
from streams.runner.outbox import partition_of

log = structlog.get_logger(__name__)
#: Seconds. A broker that needs more than this counts as unavailable, and the sender has its answer
#: within five.
_ACK_WAIT = 4.0


class Capture:
    """The endpoints. `secret` is what every caller must send."""

    def __init__(
        self,
        producer: AIOKafkaProducer,
        keys: Keys,
        secret: str,
        clock: Clock,
        sealing: Sealing,
    ) -> None:
        self._producer, self._keys, self._clock, self._sealing = producer, keys, clock, sealing
        self._secret = secret.encode()

    def endpoint(self, source: str) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint of one source."""

        async def take(request: Request) -> Response:
            if not self._is_authorised(request):
                return _refuse(
                    401,
                    "the secret is missing or wrong: send it as X-Webhook-Secret, as a bearer, or"
                    " as ?secret=",
                )
            try:
                body = await read(request)
            except BodyError as error:
                return _refuse(error.status, str(error))
            records, unusable = self._interpret(source, request, body)
            if not await is_stored(self._send(records), _ACK_WAIT):
                return not_stored()
            if unusable:
                return JSONResponse(
                    {"error": "; ".join(unusable), "taken": len(records) - len(unusable)}, 422
                )
            return JSONResponse({"taken": len(records)}, 202)

        return take

    def _is_authorised(self, request: Request) -> bool:
        """Whether the request has the secret; compares in constant time."""
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        shown = (
            request.headers.get("x-webhook-secret")
            or bearer
            or request.query_params.get("secret", "")
        )
        return hmac.compare_digest(shown.encode(), self._secret)

    async def _send(self, records: list[Captured | Signal]) -> None:
        """Store the records. Every one is a message before the first is sent."""
        captured = [record for record in records if isinstance(record, Captured)]
        messages = await captured_messages(captured, self._sealing)
        for record in records:
            if isinstance(record, Signal):
                key = record.address_key.encode()
                value = encode(record)
                messages.append(Message(topics.SIGNALS.full, key, value, partition_of(key)))
        await send_all(self._producer, messages)

    def _interpret(
        self, source: str, request: Request, body: bytes
    ) -> tuple[list[Captured | Signal], list[str]]:
        """The records to store, rejects among them, and the reasons of the rejects."""
        now, event = self._clock.now(), request.query_params.get("event", "").casefold()
        value = request.query_params.get("value", "")
        records: list[Captured | Signal] = []
        unusable: list[str] = []
        try:
            objects: list[dict[str, Any]] = parse(body, request.headers.get("content-type", ""))
        except ValueError as error:
            why = f"the body can't be read: {error}"
            return [rejected(source, why, body, now)], [why]
        for one in objects:
            post = Post(source=source, event=event, body=one, at=now, value=value)
            try:
                records.append(_encodable(interpret(post, self._keys)))
            except (ValueError, TypeError, OverflowError, RecursionError) as error:
                why = f"it can't be stored: {type(error).__name__}"
                if isinstance(error, UnusableBodyError):
                    why = str(error)
                records.append(rejected(source, why, body, now))
                unusable.append(why)
        return records, unusable


def _encodable(record: Captured | Signal) -> Captured | Signal:
    """The record. Raises what encoding it raises."""
    encode(record)
    return record


async def is_stored(storing: Awaitable[object], seconds: float) -> bool:
    """Whether `storing` ends within so many seconds, without an error of the broker's, and without
    a lack of the secret that a lead's key is wrapped with."""
    try:
        async with asyncio.timeout(seconds):
            await storing
    except (KafkaError, TimeoutError) as error:
        log.debug("nothing stored: the broker does not answer", error=repr(error))
        return False
    except MissingSecretError as error:
        log.error("nothing stored", error=str(error))
        return False
    return True


def not_stored() -> Response:
    """The answer while the broker is unavailable: the sender should send it again."""
    return JSONResponse({"error": "not stored, send it again"}, 503, {"retry-after": "30"})


def _refuse(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status)
