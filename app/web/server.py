"""The web process: it stays up while workers rebalance or are down, since all it needs is the
broker."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
import uvicorn
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.base.settings import Settings
from app.kafka.clients import producing
from app.monitoring.health import HEALTH_PATHS, health_routes
from app.monitoring.metrics import WebMetrics
from app.web.capture import Capture, not_stored
from app.web.hubspot import Changes
from app.web.slack import Clicks
from leads.keys import Keys
from streams.ports import Clock

log = structlog.get_logger(__name__)
#: The last part of the address, and what the lead's source is called.
SOURCES = {"zapier": "zapier", "apollo": "workflow"}
SLACK_PATH, HUBSPOT_PATH = "/slack/actions", "/hubspot/events"
_BROKER_WAIT = 2.0


def make_web(settings: Settings, clock: Clock) -> Starlette:
    """The app: /capture/zapier, /capture/apollo, /slack/actions, /hubspot/events, /metrics, /livez,
    /readyz.

    Until the broker answers for the first time, it says 503.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.takers, app.state.producer = {}, None
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

    def signed(
        name: str, secret: SecretStr, variable: str
    ) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint whose callers sign: not there without the secret."""

        async def call(request: Request) -> Response:
            if not secret.get_secret_value():
                return JSONResponse({"error": f"{variable} is not set"}, 404)
            takers = request.app.state.takers
            answer: Response = await takers[name](request) if takers else not_stored()
            return answer

        return call

    async def why_not_ready() -> list[str]:
        return await _why_not_ready(app.state.producer)

    metrics = WebMetrics(
        [*(f"/capture/{source}" for source in SOURCES), SLACK_PATH, HUBSPOT_PATH, *HEALTH_PATHS]
    )
    routes = [
        Route("/capture/{source}", take, methods=["POST"]),
        Route(
            SLACK_PATH,
            signed("slack", settings.slack_signing_secret, "LEADGATE_SLACK_SIGNING_SECRET"),
            methods=["POST"],
        ),
        Route(
            HUBSPOT_PATH,
            signed("hubspot", settings.hubspot_client_secret, "LEADGATE_HUBSPOT_CLIENT_SECRET"),
            methods=["POST"],
        ),
        *health_routes(metrics.registry, why_not_ready),
    ]
    app = Starlette(routes=routes, lifespan=lifespan, middleware=[Middleware(_Counting, metrics)])
    return app


class _Counting:
    """Counts each answer by its path and status."""

    def __init__(self, app: ASGIApp, metrics: WebMetrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._metrics.answered(scope["path"], message["status"])
            await send(message)

        await self._app(scope, receive, counted if scope["type"] == "http" else send)


async def _why_not_ready(producer: AIOKafkaProducer | None) -> list[str]:
    """Ask the broker itself: a connection that is there may lead nowhere.

    Requests at the same time share the question.
    """
    if producer is None:
        return ["the broker has not answered yet"]
    try:
        answers = await asyncio.wait_for(producer.client.force_metadata_update(), _BROKER_WAIT)
    except TimeoutError:
        answers = False
    return [] if answers else ["the broker does not answer"]


async def _connect(app: Starlette, settings: Settings, clock: Clock) -> None:
    """Hold a producer until cancelled, trying until there is one."""
    secret, site = settings.web_secret.get_secret_value(), settings.site_secret.get_secret_value()
    while True:
        try:
            async with producing(settings) as producer:
                capture = Capture(producer, Keys(site), secret, clock)
                clicks = Clicks(producer, settings.slack_signing_secret.get_secret_value(), clock)
                changes = Changes(
                    producer,
                    settings.hubspot_client_secret.get_secret_value(),
                    settings.web_address,
                    clock,
                )
                signed = {"slack": clicks.take, "hubspot": changes.take}
                app.state.producer = producer
                app.state.takers = {
                    path: capture.taking(source) for path, source in SOURCES.items()
                } | signed
                await asyncio.Event().wait()
        except (KafkaError, OSError) as error:
            log.warning("waiting for the broker", error=repr(error))
            await asyncio.sleep(1.0)


def serve(settings: Settings, clock: Clock, host: str, port: int) -> None:
    """Serve until a signal comes."""
    uvicorn.run(
        make_web(settings, clock),
        host=host,
        port=port,
        log_level="warning",
        log_config=None,
        access_log=False,
    )
