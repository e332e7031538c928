"""Answers that a caller has already are not sent again (RFC 9110, 13.1.2)."""

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class ETags:
    """Gives each answer of the API to a GET the hash of its body; 304 to a caller who names it.

    The question is asked of the database all the same: what is saved is the transfer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        of_api = scope["type"] == "http" and scope["path"].startswith("/api/")
        if not of_api or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        known = Headers(scope=scope).get("if-none-match", "")
        await self._app(scope, receive, _Tagging(send, known).send)


class _Tagging:
    """Sends an answer once its body is whole."""

    def __init__(self, send: Send, known: str) -> None:
        self._send, self._known = send, [tag.strip() for tag in known.split(",")]
        self._start: Message = {}
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        body = bytes(self._body)
        if self._start["status"] == 200:
            body = self._tag(body)
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})

    def _tag(self, body: bytes) -> bytes:
        """Put the ETag into the headers; the body that leaves."""
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = MutableHeaders(raw=self._start["headers"])
        headers["etag"] = tag
        if tag not in self._known and "*" not in self._known:
            return body
        self._start["status"] = 304
        del headers["content-length"]
        return b""
