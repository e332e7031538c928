"""The web process: it stays up while workers rebalance or are down, since all it needs is the broker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from leadgate.app.kafka import producing
from leadgate.app.settings import Settings
from leadgate.app.web.capture import Capture
from leadgate.leads import names
from leadgate.leads.keys import Keys
from leadgate.streams.ports import Clock


def make_web(settings: Settings, clock: Clock) -> Starlette:
    """The app: /capture/zapier, /capture/apollo, /health. It starts when the broker answers."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with producing(settings) as producer:
            await producer.partitions_for(names.CAPTURED.full)
            secret, site = settings.web_secret.get_secret_value(), settings.site_secret.get_secret_value()
            capture = Capture(producer, Keys(site), secret, clock)
            app.state.takers = {"zapier": capture.taking("zapier"), "apollo": capture.taking("workflow")}
            yield

    async def take(request: Request) -> Response:
        taker = request.app.state.takers.get(request.path_params["source"])
        if taker is None:
            return JSONResponse({"error": "no such source: zapier or apollo"}, 404)
        answer: Response = await taker(request)
        return answer

    async def health(_request: Request) -> Response:
        return JSONResponse({"ok": True})

    routes = [Route("/capture/{source}", take, methods=["POST"]), Route("/health", health)]
    return Starlette(routes=routes, lifespan=lifespan)


def serve(settings: Settings, clock: Clock, host: str, port: int) -> None:
    """Serve until a signal comes."""
    uvicorn.run(make_web(settings, clock), host=host, port=port, log_level="warning", access_log=False)
