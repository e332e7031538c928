"""HubSpot's webhooks: notices of changes, after which the poller reads the CRM at once instead of
after its interval.

The change is always read from the CRM, never taken from an event: events come in any order, twice,
and for Leadgate's own writes, and some properties have none (docs/design/vendors.md HubSpot 3). So
a lost event only delays the poll by up to an interval.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from aiokafka import AIOKafkaProducer
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.crm_sync.change_notice import notify_change
from app.web.capture import is_stored, not_stored
from app.web.request_bodies import BodyError, parse_json, read, read_whole
from streams.ports import Clock

_OLDEST = 300.0
_MOST_BYTES = 1_000_000  # a hundred events
#: Seconds; HubSpot waits five.
_ACK_WAIT = 3.0
#: The only escapes that HubSpot decodes before it signs.
_ESCAPES = "%3A %2F %3F %40 %21 %24 %27 %28 %29 %2A %2C %3B".split()


def is_signed(
    secret: str, method: str, uri: str, headers: Mapping[str, str], body: bytes, now: float
) -> bool:
    """Whether HubSpot signed this request (version 3) within the last five minutes.

    Compares in constant time.
    """
    at = headers.get("x-hubspot-request-timestamp", "")
    sent = read_whole(at)
    if sent is None or abs(now - sent / 1000) > _OLDEST:
        return False
    for escape in _ESCAPES:
        uri = uri.replace(escape, unquote(escape)).replace(escape.lower(), unquote(escape))
    signed = hmac.new(
        secret.encode(), f"{method}{uri}".encode() + body + at.encode(), hashlib.sha256
    ).digest()
    return hmac.compare_digest(
        base64.b64encode(signed), headers.get("x-hubspot-signature-v3", "").encode()
    )


class Changes:
    """POST /hubspot/events.

    `address` is the address that HubSpot sends to and signs; '' means the request's own.
    """

    def __init__(self, producer: AIOKafkaProducer, secret: str, address: str, clock: Clock) -> None:
        self._producer, self._secret, self._address, self._clock = (
            producer,
            secret,
            address.rstrip("/"),
            clock,
        )

    async def take(self, request: Request) -> Response:
        """Answers 200 when the poller is notified; 401 unsigned, 413 too long, 422 unreadable, 503
        not stored (HubSpot sends it again)."""
        try:
            body = await read(request, _MOST_BYTES)
        except BodyError as error:
            return JSONResponse({"error": str(error)}, error.status)
        uri = self._signed_uri(request)
        if not is_signed(
            self._secret, request.method, uri, request.headers, body, self._clock.now()
        ):
            why = (
                "not signed by HubSpot: is LEADGATE_HUBSPOT_CLIENT_SECRET this app's, and"
                " LEADGATE_WEB_ADDRESS its target's?"
            )
            return JSONResponse({"error": why}, 401)
        try:
            kinds = list(map(_kind_of, parse_json(body)))
        except (ValueError, AttributeError, TypeError, RecursionError) as error:
            return JSONResponse({"error": f"the body has no readable events: {error!r}"}, 422)
        relevant = any(kind.startswith(("contact.", "object.")) for kind in kinds)
        if relevant and not await is_stored(notify_change(self._producer, "hubspot"), _ACK_WAIT):
            return not_stored()
        return Response(status_code=200)

    def _signed_uri(self, request: Request) -> str:
        """The request's address as HubSpot has signed it."""
        if not self._address:
            return str(request.url)
        uri = f"{self._address}{request.url.path}"
        if request.url.query:
            uri += f"?{request.url.query}"
        return uri


def _kind_of(event: Any) -> str:
    return str(event.get("subscriptionType") or event.get("eventType") or "")
