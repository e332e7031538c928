"""The web process. It needs only the broker, so it works while workers rebalance or are down."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from operator import itemgetter

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.base.errors import UsageError
from app.base.settings import Settings
from app.http.middleware import CountedRequests
from app.kafka.clients import producing
from app.monitoring.broker_watch import BrokerOutage
from app.monitoring.health import HEALTH_PATHS, health_routes
from app.monitoring.metrics import RequestMetrics
from app.privacy.hash_key import open_keys
from app.privacy.lead_keys import open_lead_keys, open_sealing
from app.web.capture import Capture, not_stored
from app.web.hubspot import Changes
from app.web.slack import Clicks
from streams.ports import Clock

log = structlog.get_logger(__name__)
#: The name of a lead's source, by the last part of the path.
SOURCES = {"zapier": "zapier", "apollo": "workflow"}
SLACK_PATH, HUBSPOT_PATH = "/slack/actions", "/hubspot/events"
_BROKER_WAIT = 2.0
_Endpoint = Callable[[Request], Awaitable[Response]]


def make_web(settings: Settings, clock: Clock) -> Starlette:
    """The app: /capture/zapier, /capture/apollo, /slack/actions, /hubspot/events, /metrics, /livez,
    /readyz.

    Until broker and database of the keys answer for the first time, it answers 503.
    """

    async def why_not_ready() -> list[str]:
        if open_lead_keys(settings).is_awaited:
            return ["the database of the keys does not answer"]
        return await _why_not_ready(app.state.producer)

    slack = _signed("slack", settings.slack_signing_secret, "LEADGATE_SLACK_SIGNING_SECRET")
    hubspot = _signed("hubspot", settings.hubspot_client_secret, "LEADGATE_HUBSPOT_CLIENT_SECRET")
    metrics = RequestMetrics(
        "web", [*map("/capture/{}".format, SOURCES), SLACK_PATH, HUBSPOT_PATH, *HEALTH_PATHS]
    )
    app = Starlette(
        routes=[
            Route("/capture/{source}", _capture, methods=["POST"]),
            Route(SLACK_PATH, slack, methods=["POST"]),
            Route(HUBSPOT_PATH, hubspot, methods=["POST"]),
            *health_routes(metrics.registry, why_not_ready),
        ],
        lifespan=partial(_lifespan, settings, clock),
        middleware=[Middleware(CountedRequests, metrics.answered, itemgetter("path"))],
    )
    return app


@asynccontextmanager
async def _lifespan(settings: Settings, clock: Clock, app: Starlette) -> AsyncIterator[None]:
    app.state.takers, app.state.producer = {}, None
    task = asyncio.create_task(_connect(app, settings, clock))
    async with BrokerOutage(settings).watched():
        yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _capture(request: Request) -> Response:
    source = request.path_params["source"]
    if source not in SOURCES:
        return JSONResponse({"error": f"no such source: {' or '.join(SOURCES)}"}, 404)
    return await _answer(source, request)


def _signed(name: str, secret: SecretStr, variable: str) -> _Endpoint:
    """An endpoint whose callers sign their requests: 404 without the secret."""

    async def call(request: Request) -> Response:
        if not secret.get_secret_value():
            return JSONResponse({"error": f"{variable} is not set"}, 404)
        return await _answer(name, request)

    return call


async def _answer(name: str, request: Request) -> Response:
    """The answer of the endpoint with this name; 503 until the broker has answered once."""
    takers = request.app.state.takers
    if not takers:
        return not_stored()
    answer: Response = await takers[name](request)
    return answer


async def _why_not_ready(producer: AIOKafkaProducer | None) -> list[str]:
    """Asks the broker itself: an open connection may be dead.

    Concurrent calls share one request.
    """
    if producer is None:
        return ["the broker has not answered yet"]
    try:
        async with asyncio.timeout(_BROKER_WAIT):
            answers = await producer.client.force_metadata_update()
    except TimeoutError:
        answers = False
    if not answers:
        return ["the broker does not answer"]
    return []


async def _connect(app: Starlette, settings: Settings, clock: Clock) -> None:
    """Connect a producer and read the hash key, trying again until both succeed, and serve with
    them until cancelled.

    A broker or database that refuses the settings is named once, and asked again: what it knows can
    be corrected there.
    """
    refused = ""
    secret = settings.web_secret.get_secret_value()
    while True:
        try:
            async with producing(settings) as producer:
                keys = await open_keys(settings)
                capture = Capture(producer, keys, secret, clock, open_sealing(settings))
                clicks = Clicks(
                    producer,
                    settings.slack_signing_secret.get_secret_value(),
                    clock,
                    keys.signatures,
                )
                changes = Changes(
                    producer,
                    settings.hubspot_client_secret.get_secret_value(),
                    settings.web_address,
                    clock,
                )
                app.state.producer = producer
                takers: dict[str, _Endpoint] = {"slack": clicks.take, "hubspot": changes.take}
                for path, source in SOURCES.items():
                    takers[path] = capture.endpoint(source)
                app.state.takers = takers
                await asyncio.Event().wait()
        except (KafkaError, OSError) as error:
            log.debug("waiting for the broker", error=repr(error))
            await asyncio.sleep(1.0)
        except UsageError as error:
            if refused != (refused := str(error)):
                log.error("nothing can be captured", error=refused)
            await asyncio.sleep(1.0)
