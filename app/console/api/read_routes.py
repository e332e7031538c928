"""What the API tells: figures, the queue, leads and their stories."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection

from app.console import figures
from app.console.api.auth import Reader
from app.console.api.figure_models import Clock, DayCount, Now, WaitingFor, time_of
from app.console.api.lead_models import (
    LeadPage,
    LeadSummary,
    Story,
    StoryEvent,
    WaitingLead,
    WaitingPage,
    latest_person,
)
from app.console.api.paging import CursorText, Limit, next_cursor, position_of
from app.console.api.parameters import (
    Address,
    Import,
    Kind,
    LeadId,
    Places,
    Reason,
    Source,
    Waits,
)
from app.console.api.problems import ProblemError, problem_responses
from app.console.clock_rows import ClockFilter, clocks_page
from app.console.lead_rows import LeadFilter, find_lead, leads_page
from app.console.measures.wording import date_of
from app.console.queue_rows import queue_page
from app.console.serving.state import state_of
from leads.records import Place

router = APIRouter(prefix="/api/v1", responses=problem_responses())
_FOR_PEOPLE: tuple[Waits] = ("review",)
_MOST_CLOCKS = 200
_MOST_KINDS = 20
_EPOCH = date(1970, 1, 1)


@router.get("/now")
async def now(
    request: Request,
    caller: Reader,
    until: Annotated[
        float, Query(ge=0, description="Clocks that are due until this time, seconds since 1970.")
    ] = 0.0,
) -> Now:
    """Where all leads are, what waits, and which clocks run out."""
    del caller
    state = state_of(request)
    lag = await state.lag()
    places = await state.cache.get(figures.count_places)
    return Now(
        captured=sum(places.values()),
        places=places,
        waiting=list(map(WaitingFor.of, await state.cache.get(figures.count_waiting))),
        clocks=await state.ask(_late_clocks, until),
        behind=lag.behind,
        read_at=time_of(lag.read_at),
    )


def _late_clocks(connection: Connection, until: float) -> list[Clock]:
    """Those that are breached, and those that are due until then; the latest deadline first."""
    wanted = ClockFilter("opened", until=until), ClockFilter("breached")
    rows = [row for one in wanted for row in clocks_page(connection, one, _MOST_CLOCKS)]
    latest = sorted(rows, key=lambda row: row.position, reverse=True)
    return list(map(Clock.of, latest[:_MOST_CLOCKS]))


@router.get("/days")
async def days(
    request: Request,
    caller: Reader,
    kind: Annotated[list[Kind], Query(max_length=_MOST_KINDS, description="Kinds of events.")],
    first: Annotated[date, Query(description="The first day, UTC.")],
    last: Annotated[date, Query(description="The last day, UTC.")],
) -> list[DayCount]:
    """How many leads had which event on which day; days without any are left out."""
    del caller
    counts = await state_of(request).ask(
        figures.count_by_day, kind, _number_of(first), _number_of(last)
    )
    return [
        DayCount(day=date_of(day), kind=name, leads=leads)
        for (day, name), leads in sorted(counts.items())
    ]


@router.get("/waiting", responses=problem_responses(400))
async def waiting(
    request: Request,
    caller: Reader,
    place: Annotated[Sequence[Waits], Query(description="Where it waits.")] = _FOR_PEOPLE,
    reason: Reason = "",
    limit: Limit = 50,
    cursor: CursorText = "",
) -> WaitingPage:
    """What waits, the oldest first."""
    state = state_of(request)
    rows = await state.ask(
        partial(queue_page, kind=reason, places=place), limit, position_of(cursor)
    )
    rows = await state.opened_items(caller.scopes, rows)
    return WaitingPage(items=list(map(WaitingLead.of, rows)), next=next_cursor(rows, limit))


@router.get("/leads", responses=problem_responses(400))
async def leads(
    request: Request,
    caller: Reader,
    place: Annotated[
        Places | None, Query(description="Where the leads are; may be left out with `import`.")
    ] = None,
    owner: Address = "",
    source: Source = "",
    imported: Import = "",
    reason: Reason = "",
    limit: Limit = 50,
    cursor: CursorText = "",
) -> LeadPage:
    """The leads of a place or an import, those first that came first to where they are.

    Raises ProblemError: 422 without either.
    """
    del caller
    if place is None and not imported:
        raise ProblemError(422, "query.place: Field required, unless `import` is given")
    wanted = LeadFilter(Place(place) if place else None, owner, source, imported, reason)
    rows = await state_of(request).ask(leads_page, wanted, limit, position_of(cursor))
    return LeadPage(items=list(map(LeadSummary.of, rows)), next=next_cursor(rows, limit))


@router.get("/leads/{lead}", responses=problem_responses(404))
async def lead_by_id(request: Request, caller: Reader, lead: LeadId) -> Story:
    """A lead and its events in order, in sentences. What is personal needs the scope `people`.

    Raises ProblemError: 404 for a lead that is not known.
    """
    state = state_of(request)
    row = await state.ask(find_lead, lead)
    if row is None:
        raise ProblemError(404, f"no lead {lead} was captured, or it is not read yet")
    events = await state.opened(caller.scopes, await state.ask(figures.story, lead))
    return Story(
        lead=LeadSummary.of(row),
        person=latest_person(events),
        events=list(map(StoryEvent.of, events)),
    )


def _number_of(day: date) -> int:
    """A day as the read model counts them."""
    return (day - _EPOCH).days
