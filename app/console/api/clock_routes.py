"""What the API tells of SLA clocks."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from app.console.api.auth import Reader
from app.console.api.figure_models import Clock, ClockPage
from app.console.api.paging import CursorText, Limit, next_cursor, position_of
from app.console.api.parameters import Address, Team
from app.console.api.problems import problem_responses
from app.console.clock_rows import ClockFilter, State, clocks_page
from app.console.serving.state import state_of

router = APIRouter(prefix="/api/v1", responses=problem_responses())


@router.get("/clocks", responses=problem_responses(400))
async def clocks(
    request: Request,
    caller: Reader,
    state: Annotated[State, Query(description="What became of them.")] = "opened",
    team: Team = "",
    owner: Address = "",
    since: Annotated[
        float, Query(ge=0, description="Deadlines from this time on, seconds since 1970.")
    ] = 0.0,
    until: Annotated[
        float | None, Query(ge=0, description="Deadlines until this time, seconds since 1970.")
    ] = None,
    limit: Limit = 50,
    cursor: CursorText = "",
) -> ClockPage:
    """SLA clocks, without those of shadow: of those that run the one that is due first, of others
    the latest deadline first."""
    del caller
    wanted = ClockFilter(state, team, owner, since, until)
    rows = await state_of(request).ask(clocks_page, wanted, limit, position_of(cursor))
    return ClockPage(items=list(map(Clock.of, rows)), next=next_cursor(rows, limit))
