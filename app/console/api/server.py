"""The API's process: it reads the database, and needs the broker for decisions alone."""

import asyncio

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import Scope

from app.base.errors import UsageError
from app.base.settings import Settings
from app.console.api import decision_routes, read_routes
from app.console.api.etags import ETags
from app.console.api.idempotency import IdempotencyStore
from app.console.api.metrics import ConsoleMetrics
from app.console.api.problems import answer_problems
from app.console.api.state import ApiState
from app.console.api.tokens import TokenStore
from app.console.store import ReadModelUnavailableError, open_read_model
from app.http.middleware import CountedRequests, SecurityHeaders
from app.monitoring.health import HEALTH_PATHS, health_routes
from leads.sealing import Sealing
from streams.ports import Clock

#: Bytes of a request's body; a decision has a few hundred.
MOST_BYTES = 100_000
OPENAPI_PATH = "/api/v1/openapi.json"


def make_api(settings: Settings, sealing: Sealing, clock: Clock) -> FastAPI:
    """The app: /api/v1, /metrics, /livez, /readyz.

    While the database does not answer, or its tables are those of another release, it answers 503.
    """
    model = open_read_model(settings)
    state = ApiState(
        settings, model, TokenStore(model), IdempotencyStore(model), sealing, clock
    )

    async def why_not_ready() -> list[str]:
        try:
            await asyncio.to_thread(model.require_tables)
        except UsageError as error:
            return [str(error)]
        return []

    async def refresh() -> None:
        try:
            metrics.set_lag(await state.lag())
        except ReadModelUnavailableError:
            metrics.set_lag(None)

    routers = (read_routes.router, decision_routes.router)
    paths = [route.path for router in routers for route in router.routes]  # type: ignore[attr-defined]
    metrics = ConsoleMetrics([*paths, OPENAPI_PATH, *HEALTH_PATHS])
    app = FastAPI(
        title="Leadgate",
        version="1",
        description="Where leads are, what waits for people, and people's decisions.",
        openapi_url=OPENAPI_PATH,
        docs_url=None,
        redoc_url=None,
        max_body_size=MOST_BYTES,
        routes=list(health_routes(metrics.registry, why_not_ready, refresh)),
        middleware=[
            Middleware(CountedRequests, metrics.answered, _path_of),
            Middleware(SecurityHeaders),
            Middleware(ETags),
        ],
    )
    app.state.api = state
    for router in routers:
        app.include_router(router)
    answer_problems(app)
    return app


def _path_of(scope: Scope) -> str:
    """The path as its route has it, with the names of its parts."""
    return str(getattr(scope.get("route"), "path", scope["path"]))
