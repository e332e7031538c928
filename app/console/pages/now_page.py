"""The first page: where all leads are, what is late, and what waits."""

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from app.console import figures, trends
from app.console.clock_rows import clocks_page, count_clocks, sum_of
from app.console.pages.people import people_of
from app.console.pages.rendering import render
from app.console.pages.shares import shares_of
from app.console.pages.signed_in import SignedIn
from app.console.pages.sla_views import AT_RISK, SHOWN_FOR, VIEWS
from app.console.pages.words import WEEK
from app.console.serving.state import ConsoleState, state_of
from leads.records import Place

router = APIRouter(include_in_schema=False)
_SHOWN_CLOCKS = 8


@router.get("/")
async def now_page(request: Request, session: SignedIn) -> Response:
    """Each figure leads to its rows."""
    state = state_of(request)
    now = state.clock.now()
    shown = {**await _counts(state, state.today()), **await state.ask(_late, now)}
    people = await people_of(state, session.scopes, [one.lead for one in shown["clocks"]])
    lag = await state.lag()
    return render(
        "now.html", session=session, page="now", now=now, lag=lag, people=people, **shown
    )


async def _counts(state: ConsoleState, today: int) -> dict[str, Any]:
    """What does not depend on the time of day, counted once for all open pages."""
    places = await state.cache.get(figures.count_places)
    waiting = await state.cache.get(figures.count_waiting)
    return {
        "captured": sum(places.values()),
        "places": places,
        "shares": shares_of(places, always=(Place.IN_FLIGHT,)),
        "waiting": waiting,
        "oldest": figures.oldest_by_place(waiting),
        "week": await state.cache.get_recent(_week, today),
        "sources": await state.cache.get_recent(trends.sources, today),
    }


def _week(connection: Connection, today: int) -> list[trends.WeekChange]:
    return trends.count_weeks(connection, tuple(WEEK), today)


def _late(connection: Connection, now: float) -> dict[str, Any]:
    """First contacts that are late or due soon."""
    counts = sum_of(count_clocks(connection, now + AT_RISK, now - SHOWN_FOR))
    due = clocks_page(connection, VIEWS["due"].clocks(now), _SHOWN_CLOCKS - 3)
    breached = clocks_page(connection, VIEWS["breached"].clocks(now), _SHOWN_CLOCKS)
    return {
        "at_risk": counts.due,
        "breached": counts.breached,
        "clocks": [*due, *breached][:_SHOWN_CLOCKS],
    }
