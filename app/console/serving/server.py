"""The console's process: it reads the database, and needs the broker for decisions alone."""

import asyncio

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import Scope

from app.base.errors import UsageError
from app.base.settings import Settings
from app.console import figures
from app.console.api import (
    clock_routes,
    decision_routes,
    import_routes,
    measure_routes,
    read_routes,
)
from app.console.clock_rows import count_clocks, sum_of
from app.console.database import DatabaseUnavailableError
from app.console.pages import (
    assets,
    changes,
    import_pages,
    lead_pages,
    measures_page,
    now_page,
    review_pages,
    rules_page,
    several_pages,
    sign_in_pages,
    sla_page,
)
from app.console.pages.sla_views import AT_RISK, SHOWN_FOR
from app.console.serving.errors import answer_errors
from app.console.serving.etags import ETags
from app.console.serving.metrics import ConsoleMetrics
from app.console.serving.state import make_state
from app.http.middleware import CountedRequests, SecurityHeaders
from app.monitoring.health import HEALTH_PATHS, health_routes
from leads.sealing import Sealing
from streams.ports import Clock

#: Bytes of a request's body; a decision has a few hundred.
MOST_BYTES = 100_000
_API = (
    read_routes.router,
    import_routes.router,
    clock_routes.router,
    measure_routes.router,
    decision_routes.router,
)
_PAGES = (
    *(now_page, review_pages, several_pages, lead_pages, import_pages, sla_page),
    *(measures_page, rules_page, sign_in_pages, changes, assets),
)
OPENAPI_PATH = "/api/v1/openapi.json"


def make_console(settings: Settings, sealing: Sealing, clock: Clock) -> FastAPI:
    """The app: the pages, /api/v1, /metrics, /livez, /readyz.

    While the database does not answer, or its tables are those of another release, it answers 503.
    """
    state = make_state(settings, sealing, clock)

    async def why_not_ready() -> list[str]:
        try:
            await asyncio.to_thread(state.model.require_tables)
        except UsageError as error:
            return [str(error)]
        return []

    async def refresh() -> None:
        now = state.clock.now()
        try:
            metrics.set_lag(await state.lag())
            places = await state.cache.get(figures.count_places)
            metrics.set_leads(places, await state.cache.get(figures.count_waiting))
            clocks = await state.ask(count_clocks, now + AT_RISK, now - SHOWN_FOR)
            metrics.set_clocks(sum_of(clocks))
        except DatabaseUnavailableError:
            metrics.set_lag(None)

    routers = (*_API, *(page.router for page in _PAGES))
    paths = [route.path for router in routers for route in router.routes]
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
    app.state.console = state
    for router in routers:
        app.include_router(router)
    answer_errors(app)
    return app


def _path_of(scope: Scope) -> str:
    """The path as its route has it, with the names of its parts."""
    return str(getattr(scope.get("route"), "path", scope["path"]))
