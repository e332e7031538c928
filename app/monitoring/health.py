"""/metrics, /livez and /readyz of a process."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import uvicorn
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.http.connections import server_config

#: Returns the reasons why a process isn't ready, one sentence each; an empty list when it is.
Readiness = Callable[[], Awaitable[list[str]]]
#: Connections of those who watch; files of the worker's state need the others.
_MOST_CONNECTIONS = 50
HEALTH_PATHS = ("/metrics", "/livez", "/readyz")


async def _up_to_date() -> None:
    """The metrics are what they are."""


def health_routes(
    registry: CollectorRegistry,
    why_not_ready: Readiness,
    refresh: Callable[[], Awaitable[None]] = _up_to_date,
) -> list[Route]:
    """The three routes. `refresh` updates metrics that nothing else does, before they are shown.

    They run on the event loop that does the work, so /livez answers 200 only while it runs.
    """

    async def metrics(_request: Request) -> Response:
        await refresh()
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    async def live(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(_request: Request) -> Response:
        reasons = await why_not_ready()
        return PlainTextResponse("\n".join(reasons or ["ok"]) + "\n", 503 if reasons else 200)

    return [
        Route(path, call) for path, call in zip(HEALTH_PATHS, (metrics, live, ready), strict=True)
    ]


class HealthServer(uvicorn.Server):
    """Serves the three routes; the process handles signals, not this server."""

    def __init__(self, registry: CollectorRegistry, why_not_ready: Readiness) -> None:
        app = Starlette(routes=health_routes(registry, why_not_ready))
        super().__init__(
            server_config(app, _MOST_CONNECTIONS, lifespan="off", timeout_graceful_shutdown=1)
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
