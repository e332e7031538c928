"""What a client may hold of a server: for how long, how many connections, how large a header.

uvicorn closes a connection that is idle after an answer. It waits for ever for a request that never
begins, for headers and a body that never end, and for a client that does not read.
"""

import asyncio
from typing import Any

import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

log = structlog.get_logger(__name__)
#: Seconds that a new connection, each request from its first byte to its last, and a client that
#: reads an answer may take.
REQUEST_SECONDS = 10.0
#: Seconds from a request's last byte until its whole answer is ready to leave.
_ANSWER_SECONDS = 60.0
#: Seconds that a connection stays open for the next request.
_IDLE_SECONDS = 5
#: Bytes of a request line with its headers.
_MOST_HEADER_BYTES = 16_384


def server_config(app: ASGIApp, most: int, **options: Any) -> uvicorn.Config:
    """uvicorn's settings for a server with at most so many connections; `options` are uvicorn's.

    A further connection closes the one that has waited longest for its client. The process's own
    log is used, and requests are not logged.
    """
    return uvicorn.Config(
        app,
        http=BoundedConnection,
        limit_concurrency=most,
        backlog=most,
        timeout_keep_alive=_IDLE_SECONDS,
        h11_max_incomplete_event_size=_MOST_HEADER_BYTES,
        ws="none",
        log_config=None,
        access_log=False,
        **options,
    )


class BoundedConnection(H11Protocol):
    """A connection that is cut off when its client takes too long.

    Where uvicorn would answer 503 beyond `limit_concurrency`, it closes a connection without a
    request: idle ones must not keep a good request out.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._most, self.limit_concurrency = config.limit_concurrency, None
        self._deadline: asyncio.TimerHandle | None = None
        self._is_new = True  # nothing of the next request has come
        self.since = self.loop.time()

    @property
    def awaits_client(self) -> bool:
        """Whether a request is not here as a whole."""
        cycle = self.cycle
        return cycle is None or cycle.response_complete or cycle.more_body

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See asyncio.Protocol."""
        super().connection_made(transport)
        self._set_deadline()
        if self._most is not None and len(self.connections) > self._most:
            self._close_longest_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        began, self._is_new = self._is_new, False
        waited = self.awaits_client
        super().data_received(data)
        if began or waited != self.awaits_client:
            self._set_deadline()

    def on_response_complete(self) -> None:
        """See H11Protocol."""
        super().on_response_complete()
        self._is_new, self.since = True, self.loop.time()
        self._set_deadline()

    def _set_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        seconds = REQUEST_SECONDS if self.awaits_client else _ANSWER_SECONDS
        self._deadline = self.loop.call_later(seconds, self._cut_off, f"nothing for {seconds:g} s")

    def _close_longest_waiting(self) -> None:
        waiting = [
            one
            for one in self.connections
            if isinstance(one, BoundedConnection) and one.awaits_client
        ]
        longest = min(waiting, key=lambda one: one.since)
        longest._cut_off(f"more than {self._most} connections")
        # asyncio takes it out only later, and the next one must not choose it again
        self.connections.discard(longest)

    def _cut_off(self, why: str) -> None:
        """Close the connection without sending what its client has not read."""
        if not self.transport.is_closing():
            log.info("a client's connection is closed", why=why, client=self.client)
        self.transport.abort()
