"""Leads by place, by search, and one lead's story."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple, get_args

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.console import figures
from app.console.access.sessions import Session
from app.console.api.paging import CursorText, next_cursor, position_of
from app.console.api.parameters import (
    WITHOUT_NUL,
    Address,
    Import,
    LeadId,
    Places,
    Reason,
    Source,
)
from app.console.api.problems import ProblemError
from app.console.lead_rows import LeadFilter, LeadRow, find_lead, leads_page
from app.console.pages.people import is_named, people_of
from app.console.pages.rendering import render
from app.console.pages.signed_in import SignedIn
from app.console.pages.words import PLACES
from app.console.search import (
    MOST_CANDIDATES,
    Wanted,
    leads_of_domain,
    read_wanted,
    search_leads,
)
from app.console.serving.state import ConsoleState, state_of
from leads.explain import reasons
from leads.keys import fold_email
from leads.records import WAITING_PLACES, Audit, AuditPerson, Place

router = APIRouter(include_in_schema=False)
_ROWS = 50
_OPENED_AT_ONCE = 200  # people
Text = Annotated[str, Query(max_length=320, pattern=WITHOUT_NUL)]
assert {*get_args(Places)} == {*PLACES}


@router.get("/leads")
async def leads_list(
    request: Request,
    session: SignedIn,
    q: Text = "",
    place: Places | Literal[""] = "",
    owner: Address = "",
    source: Source = "",
    imported: Import = "",
    reason: Reason = "",
    cursor: CursorText = "",
) -> Response:
    """What was looked for, or the leads of a place or an import."""
    state = state_of(request)
    following = None
    if not (place or imported):
        place = Place.ENGAGED.value
    if q.strip():
        rows = await _search(state, session, q)
    else:
        wanted = LeadFilter(Place(place) if place else None, owner, source, imported, reason)
        rows = await state.ask(leads_page, wanted, _ROWS, position_of(cursor))
        following = next_cursor(rows, _ROWS)
    return render(
        "leads.html",
        session=session,
        page="leads",
        now=state.clock.now(),
        rows=rows,
        people=await people_of(state, session.scopes, [row.lead for row in rows]),
        places=PLACES,
        next=following,
        q=q,
        place=place,
        owner=owner,
        source=source,
        imported=imported,
        reason=reason,
    )


async def _search(state: ConsoleState, session: Session, text: str) -> list[LeadRow]:
    """By a text; by an address the leads whose people have it, and those of the owner who has
    it."""
    wanted = read_wanted(text)
    found = await _with_address(state, session, wanted) if wanted.domain else []
    rows = await state.ask(search_leads, wanted.text, _ROWS)
    return list(dict.fromkeys((*found, *rows)))[:_ROWS]


async def _with_address(
    state: ConsoleState, session: Session, wanted: Wanted
) -> list[LeadRow]:
    """Of the latest leads of an address's domain those whose people have the address."""
    rows = await state.ask(leads_of_domain, wanted.domain, MOST_CANDIDATES)
    address, found = fold_email(wanted.text), list[LeadRow]()
    while rows and len(found) < _ROWS:
        some, rows = rows[:_OPENED_AT_ONCE], rows[_OPENED_AT_ONCE:]
        people = await people_of(state, session.scopes, [row.lead for row in some])
        found += [row for row in some if address in _addresses(people.get(row.lead))]
    return found


def _addresses(person: AuditPerson | None) -> set[str]:
    return set(map(fold_email, (person.email, *person.emails))) if person else set()


class Entry(NamedTuple):
    """An event of a story with the rules that it looked at; `times` it came in a row alike, the
    last time at `until`."""

    event: Audit
    reasons: list[str]
    times: int
    until: float


@router.get("/leads/{lead}")
async def lead_page(
    request: Request, session: SignedIn, lead: LeadId, late: bool = False
) -> Response:
    """A lead and its story. Raises ProblemError for one that is not known."""
    state = state_of(request)
    row = await state.ask(find_lead, lead)
    if row is None:
        raise ProblemError(404, f"no lead {lead} was captured, or it is not read yet")
    events = await state.opened(session.scopes, await state.ask(figures.story, lead))
    shown: dict[str, Any] = {
        "row": row,
        "late": late,
        "waits": row.place in WAITING_PLACES,
        "person": latest_person(events),
        "entries": fold_story(events),
    }
    return render(
        "lead.html", session=session, page="leads", now=state.clock.now(), **shown
    )


def latest_person(events: Sequence[Audit]) -> AuditPerson | None:
    """Who it is, as the last event that could be opened says."""
    people = [event.person for event in events if event.person is not None]
    named = [person for person in people if is_named(person)]
    return named[-1] if named else None


def fold_story(events: Sequence[Audit]) -> list[Entry]:
    """The story, the newest first; what came several times in a row alike is one entry."""
    found: list[Entry] = []
    for event in events:
        why = reasons(event)
        if found and _is_alike(found[-1], event, why):
            found[-1] = found[-1]._replace(times=found[-1].times + 1, until=event.at)
        else:
            found.append(Entry(event, why, 1, event.at))
    return found[::-1]


def _is_alike(entry: Entry, event: Audit, why: list[str]) -> bool:
    last = entry.event
    same = (last.stage, last.kind, last.place) == (event.stage, event.kind, event.place)
    return same and entry.reasons == why
