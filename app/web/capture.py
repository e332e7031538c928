"""Webhooks in: a lead is taken when the broker has it, and not before.

202 is said for an invalid lead, too: intake shows it to a person, and a Zap that errors is
switched off (docs/design/vendors.md Zapier 4). What names no person at all gets 422, so that
whoever set it up sees it, and is kept among the dead letters, so that whoever runs Leadgate does.
503 means that nothing was stored.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.web.request_bodies import BodyError, parse, read
from leads import topics
from leads.keys import Keys
from leads.records import Captured, Signal, encode
from leads.webhooks import Post, UnusableBodyError, interpret, rejected
from streams.ports import Clock
from streams.runner.outbox import partition_of

log = structlog.get_logger(__name__)
#: Zapier waits some thirty seconds, and a broker that takes longer than this is away.
_ACK_WAIT = 5.0


class _Letter(NamedTuple):
    """A record, encoded; the broker finds the partition by the key where none is named."""

    topic: str
    key: bytes
    value: bytes
    partition: int | None = None


class Capture:
    """The endpoints. `secret` is what every caller must show."""

    def __init__(self, producer: AIOKafkaProducer, keys: Keys, secret: str, clock: Clock) -> None:
        self._producer, self._keys, self._secret, self._clock = (
            producer,
            keys,
            secret.encode(),
            clock,
        )

    def taking(self, source: str) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint for one source."""

        async def take(request: Request) -> Response:
            if not self._may(request):
                return _refuse(
                    401,
                    "the secret is missing or wrong: send it as X-Webhook-Secret, as a bearer, or"
                    " as ?secret=",
                )
            try:
                body = await read(request)
            except BodyError as error:
                return _refuse(error.status, str(error))
            letters, unusable = self._interpret(source, request, body)
            if not await is_stored(self._store(letters), _ACK_WAIT):
                return not_stored()
            if unusable:
                return JSONResponse(
                    {"error": "; ".join(unusable), "taken": len(letters) - len(unusable)}, 422
                )
            return JSONResponse({"taken": len(letters)}, 202)

        return take

    def _may(self, request: Request) -> bool:
        """Constant-time, whatever is shown."""
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        shown = (
            request.headers.get("x-webhook-secret")
            or bearer
            or request.query_params.get("secret", "")
        )
        return hmac.compare_digest(shown.encode(), self._secret)

    def _interpret(
        self, source: str, request: Request, body: bytes
    ) -> tuple[list[_Letter], list[str]]:
        """What to store, all of it encoded and rejects among it, and why those are rejects."""
        now, event = self._clock.now(), request.query_params.get("event", "").casefold()
        value = request.query_params.get("value", "")
        letters: list[_Letter] = []
        unusable: list[str] = []
        try:
            objects: list[dict[str, Any]] = parse(body, request.headers.get("content-type", ""))
        except ValueError as error:
            why = f"the body can't be read: {error}"
            return [_letter(rejected(source, why, body, now))], [why]
        for one in objects:
            try:
                post = Post(source=source, event=event, body=one, at=now, value=value)
                letters.append(_letter(interpret(post, self._keys)))
            except (ValueError, TypeError, OverflowError, RecursionError) as error:
                why = (
                    str(error)
                    if isinstance(error, UnusableBodyError)
                    else f"it can't be kept: {error!r}"
                )
                letters.append(_letter(rejected(source, why, body, now)))
                unusable.append(why)
        return letters, unusable

    async def _store(self, letters: list[_Letter]) -> None:
        """Return when the broker has them all; sent together, awaited together."""
        sent = [
            await self._producer.send(one.topic, one.value, key=one.key, partition=one.partition)
            for one in letters
        ]
        await asyncio.gather(*sent)


def _letter(record: Captured | Signal) -> _Letter:
    """A record as the broker takes it. Raises what encoding raises."""
    if isinstance(record, Captured):
        return _Letter(
            topics.CAPTURED.full, f"{record.source}:{record.source_id}".encode(), encode(record)
        )
    key = record.address_key.encode()
    return _Letter(topics.SIGNALS.full, key, encode(record), partition_of(key))


async def is_stored(storing: Awaitable[object], seconds: float) -> bool:
    """Whether the broker has it within so long."""
    try:
        async with asyncio.timeout(seconds):
            await storing
    except (KafkaError, TimeoutError) as error:
        log.warning("nothing stored: the broker is away", error=repr(error))
        return False
    return True


def not_stored() -> Response:
    """The broker is away: whoever can, sends it again."""
    return JSONResponse({"error": "not stored, send it again"}, 503, {"retry-after": "30"})


def _refuse(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status)
