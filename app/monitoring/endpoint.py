"""The address at which a worker or a poller shows its metrics and health."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import structlog
from prometheus_client import CollectorRegistry

from app.base.errors import UsageError
from app.base.settings import address_of

if TYPE_CHECKING:
    from app.monitoring.health import Readiness

log = structlog.get_logger(__name__)


@asynccontextmanager
async def serving(
    address: str, registry: CollectorRegistry, why_not_ready: "Readiness"
) -> AsyncIterator[None]:
    """Serve /metrics, /livez and /readyz at HOST:PORT while inside; nothing if `address` is empty.

    Raises UsageError when it can't listen on the address.
    """
    if not address:
        yield
        return
    from app.monitoring.health import HealthServer  # noqa: PLC0415  a web server is loaded only where one is wanted

    with _listening(address) as listener:
        server = HealthServer(registry, why_not_ready)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        host, port = listener.getsockname()[:2]
        log.info("metrics and health are served", host=host, port=port)
        try:
            yield
        finally:
            server.should_exit = True
            await task


@contextmanager
def _listening(address: str) -> Iterator[socket.socket]:
    host, port = address_of(address)
    try:
        listener = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as error:
        raise UsageError(
            f"LEADGATE_METRICS_ADDRESS: can't listen on {address}: {error.strerror}"
        ) from None
    with listener:
        yield listener
