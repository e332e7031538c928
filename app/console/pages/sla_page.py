"""The SLA board: by when leads are to be contacted first, and what became of that."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.console.api.paging import CursorText, next_cursor, position_of
from app.console.api.parameters import Address, Team
from app.console.clock_rows import ClockCounts, clocks_page, count_clocks, sum_of
from app.console.pages.people import people_of
from app.console.pages.rendering import render
from app.console.pages.signed_in import SignedIn
from app.console.pages.sla_views import AT_RISK, SHOWN_FOR, VIEWS, ViewName
from app.console.serving.state import state_of

router = APIRouter(include_in_schema=False)
_ROWS = 50


@router.get("/sla")
async def sla_page(
    request: Request,
    session: SignedIn,
    view: ViewName = "running",
    team: Team = "",
    owner: Address = "",
    cursor: CursorText = "",
) -> Response:
    """Clocks of one view, and how many each team has of all."""
    state = state_of(request)
    now = state.clock.now()
    wanted = VIEWS[view].clocks(now, team, owner)
    rows = await state.ask(clocks_page, wanted, _ROWS, position_of(cursor))
    teams = await state.ask(count_clocks, now + AT_RISK, now - SHOWN_FOR, owner)
    return render(
        "sla.html",
        session=session,
        page="sla",
        now=now,
        soon=now + AT_RISK,
        rows=rows,
        people=await people_of(state, session.scopes, [row.lead for row in rows]),
        views=VIEWS,
        view=view,
        team=team,
        owner=owner,
        teams=dict(sorted(teams.items())),
        counts=teams.get(team, ClockCounts()) if team else sum_of(teams),
        next=next_cursor(rows, _ROWS),
    )
