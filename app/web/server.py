"""The web process: it stays up while workers rebalance or are down, since all it needs is the broker."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
import uvicorn
from aiokafka.errors import KafkaError
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.kafka import producing
from app.settings import Settings
from app.web.capture import Capture, not_stored
from app.web.hubspot import Changes
from app.web.slack import Clicks
from leads.keys import Keys
from streams.ports import Clock

log = structlog.get_logger(__name__)
#: The last part of the address, and what the lead's source is called.
SOURCES = {"zapier": "zapier", "apollo": "workflow"}


def make_web(settings: Settings, clock: Clock) -> Starlette:
    """The app: /capture/zapier, /capture/apollo, /slack/actions, /hubspot/events, /health.

    Until the broker answers for the first time, it says 503.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.takers = {}
        task = asyncio.create_task(_connect(app, settings, clock))
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def take(request: Request) -> Response:
        source, takers = request.path_params["source"], request.app.state.takers
        if source not in SOURCES:
            return JSONResponse({"error": f"no such source: {' or '.join(SOURCES)}"}, 404)
        if not takers:
            return not_stored()
        answer: Response = await takers[source](request)
        return answer

    def signed(name: str, secret: SecretStr, variable: str) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint whose callers sign: not there without the secret."""

        async def call(request: Request) -> Response:
            if not secret.get_secret_value():
                return JSONResponse({"error": f"{variable} is not set"}, 404)
            takers = request.app.state.takers
            answer: Response = await takers[name](request) if takers else not_stored()
            return answer

        return call

    async def health(_request: Request) -> Response:
        return JSONResponse({"ok": True})

    routes = [
        Route("/capture/{source}", take, methods=["POST"]),
        Route(
            "/slack/actions", signed("slack", settings.slack_signing_secret, "LEADGATE_SLACK_SIGNING_SECRET"), methods=["POST"]
        ),
        Route(
            "/hubspot/events",
            signed("hubspot", settings.hubspot_client_secret, "LEADGATE_HUBSPOT_CLIENT_SECRET"),
            methods=["POST"],
        ),
        Route("/health", health),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


async def _connect(app: Starlette, settings: Settings, clock: Clock) -> None:
    """Hold a producer until cancelled, trying until there is one."""
    secret, site = settings.web_secret.get_secret_value(), settings.site_secret.get_secret_value()
    while True:
        try:
            async with producing(settings) as producer:
                capture = Capture(producer, Keys(site), secret, clock)
                clicks = Clicks(producer, settings.slack_signing_secret.get_secret_value(), clock)
                changes = Changes(producer, settings.hubspot_client_secret.get_secret_value(), settings.web_address, clock)
                signed = {"slack": clicks.take, "hubspot": changes.take}
                app.state.takers = {path: capture.taking(source) for path, source in SOURCES.items()} | signed
                await asyncio.Event().wait()
        except (KafkaError, OSError) as error:
            log.warning("waiting for the broker", error=repr(error))
            await asyncio.sleep(1.0)


def serve(settings: Settings, clock: Clock, host: str, port: int) -> None:
    """Serve until a signal comes."""
    uvicorn.run(make_web(settings, clock), host=host, port=port, log_level="warning", access_log=False)
