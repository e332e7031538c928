"""Webhooks in: a lead is taken when the broker has it, and not before.

202 is said for an invalid lead, too: intake shows it to a person, and a Zap that errors is switched off (facts 4). What names
no person at all gets 422, so that whoever set it up sees it, and is kept among the dead letters, so that whoever runs
Leadgate does. 503 means that nothing was stored.
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

from app.web.bodies import BodyError, parse, read
from leads import names
from leads.keys import Keys
from leads.records import Captured, Signal, encode
from leads.webhooks import Post, interpret, rejected
from streams.outbox import partition_of
from streams.ports import Clock

log = structlog.get_logger(__name__)
#: Zapier waits some thirty seconds, and a broker that takes longer than this is away.
_ACK_WAIT = 5.0


class Capture:
    """The endpoints. `secret` is what every caller must show."""

    def __init__(self, producer: AIOKafkaProducer, keys: Keys, secret: str, clock: Clock) -> None:
        self._producer, self._keys, self._secret, self._clock = producer, keys, secret.encode(), clock

    def taking(self, source: str) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint for one source."""

        async def take(request: Request) -> Response:
            if not self._may(request):
                return _refuse(401, "the secret is missing or wrong: send it as X-Webhook-Secret, as a bearer, or as ?secret=")
            try:
                body = await read(request)
            except BodyError as error:
                return _refuse(error.status, str(error))
            records, unusable = self._interpret(source, request, body)
            if not await is_stored(self._store(records), _ACK_WAIT):
                return not_stored()
            if unusable:
                return JSONResponse({"error": "; ".join(unusable), "taken": len(records) - len(unusable)}, 422)
            return JSONResponse({"taken": len(records)}, 202)

        return take

    def _may(self, request: Request) -> bool:
        """Constant-time, whatever is shown."""
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        shown = request.headers.get("x-webhook-secret") or bearer or request.query_params.get("secret", "")
        return hmac.compare_digest(shown.encode(), self._secret)

    def _interpret(self, source: str, request: Request, body: bytes) -> tuple[list[Captured | Signal], list[str]]:
        """What to store, rejects among it, and why those are rejects."""
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
            try:
                record = interpret(Post(source=source, event=event, body=one, at=now, value=value), self._keys)
                encode(record)
            except (ValueError, RecursionError) as error:  # no person in it, or no text that can be written
                record = rejected(source, str(error), body, now)
                unusable.append(str(error))
            records.append(record)
        return records, unusable

    async def _store(self, records: list[Captured | Signal]) -> None:
        """Return when the broker has them all; sent together, awaited together."""
        sent = []
        for record in records:
            if isinstance(record, Captured):
                key = f"{record.source}:{record.source_id}".encode()
                sent.append(await self._producer.send(names.CAPTURED.full, encode(record), key=key))
            else:
                key = record.address_key.encode()
                sent.append(await self._producer.send(names.SIGNALS.full, encode(record), key=key, partition=partition_of(key)))
        await asyncio.gather(*sent)


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
