"""What waits for people, and their answers."""

import secrets
from functools import partial
from typing import Annotated, Any

from aiokafka.errors import KafkaError
from fastapi import APIRouter, Form, Query, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from app.console import figures
from app.console.access.sessions import Session
from app.console.api.paging import CursorText, next_cursor, position_of
from app.console.api.parameters import LeadId, Reason, Waits
from app.console.decisions import Answer, DecisionRefusedError, decide_on
from app.console.pages import review_forms, words
from app.console.pages.rendering import render
from app.console.pages.signed_in import Decider, SignedIn
from app.console.queue_rows import Waiting, find_waiting, queue_page
from app.console.serving.state import ConsoleState, state_of
from leads.review_actions import effects_of

router = APIRouter(include_in_schema=False)
_ROWS = 50
_NO_BROKER = (
    "The broker does not answer, so it is not known whether this was decided. Send it again as it"
    " is: it counts once."
)
Lead = Annotated[str, Query(max_length=100)]
Action = Annotated[str, Query(max_length=20)]


@router.get("/review")
async def review_page(
    request: Request,
    session: SignedIn,
    place: Waits = "review",
    reason: Reason = "",
    cursor: CursorText = "",
    decided: Lead = "",
    action: Action = "",
    workers: int = 1,
) -> Response:
    """The queue; beside it the first lead of it."""
    state = state_of(request)
    shown = await _queue(state, session, place, reason, cursor)
    done = {"lead": decided, "action": words.ACTIONS.get(action, ""), "workers": workers}
    first = next((row for row in shown["rows"] if row.lead != decided), None)
    if first is not None:
        shown |= _detail(first, session)
    return render("review.html", done=done if decided else None, why="", **shown)


@router.get("/review/{lead}")
async def waiting_lead_page(
    request: Request,
    session: SignedIn,
    lead: LeadId,
    place: Waits = "review",
    reason: Reason = "",
    cursor: CursorText = "",
) -> Response:
    """One lead of the queue; its own page, once it waits no longer."""
    state = state_of(request)
    row = await state.ask(find_waiting, lead)
    if row is None:
        return RedirectResponse(f"/leads/{lead}", 303)
    shown = await _queue(state, session, place, reason, cursor)
    [opened] = await state.opened_items(session.scopes, [row])
    return render("review.html", done=None, why="", **shown | _detail(opened, session))


@router.post("/review/{lead}")
async def decide(
    request: Request,
    session: Decider,
    lead: LeadId,
    step: Annotated[int, Form()],
    why: Annotated[str, Form(max_length=2000)] = "",
    choice: Annotated[str, Form(max_length=20)] = "",
    key: Annotated[str, Form(max_length=100)] = "",
    place: Waits = "review",
    reason: Reason = "",
) -> Response:
    """Decide, and go on with the queue; what is refused is shown with what was typed."""
    state, form = state_of(request), await request.form()
    row = await state.ask(find_waiting, lead)
    if row is None:
        return RedirectResponse(f"/leads/{lead}?late=true", 303)
    [opened] = await state.opened_items(session.scopes, [row])
    answer = Answer(
        lead, step, choice, review_forms.fields_of(form, choice, opened), session.email, why, key
    )
    if refused := review_forms.fault(answer):
        return await _again(state, session, opened, form, (422, refused), place, reason)
    try:
        sent = await decide_on(state.settings, answer)
    except DecisionRefusedError as error:
        return await _again(state, session, opened, form, (409, f"{error}."), place, reason)
    except KafkaError:
        return await _again(state, session, opened, form, (503, _NO_BROKER), place, reason)
    back = f"/review?place={place}&reason={reason}&decided={lead}&action={choice}"
    return RedirectResponse(f"{back}&workers={sent.workers}", 303)


async def _again(
    state: ConsoleState,
    session: Session,
    row: Waiting,
    form: FormData,
    refusal: tuple[int, str],
    place: str,
    reason: str,
) -> Response:
    """The same page with the reason, and with what was typed."""
    status, why = refusal
    shown = await _queue(state, session, place, reason, "")
    detail = _detail(row, session, review_forms.typed_in(form))
    return render("review.html", status, done=None, why=why, **shown | detail)


async def _queue(
    state: ConsoleState, session: Session, place: str, reason: str, cursor: str
) -> dict[str, Any]:
    """The list, and what it can be narrowed to."""
    asked = partial(queue_page, kind=reason, places=(place,))
    rows = await state.ask(asked, _ROWS, position_of(cursor))
    return {
        "session": session,
        "page": "review",
        "now": state.clock.now(),
        "counts": await state.ask(figures.count_waiting),
        "rows": await state.opened_items(session.scopes, rows),
        "next": next_cursor(rows, _ROWS),
        "cursor": cursor,
        "place": place,
        "reason": reason,
        "selected": None,
    }


def _detail(
    row: Waiting, session: Session, typed: dict[str, str] | None = None
) -> dict[str, Any]:
    """What is shown of the selected lead; `typed` is what was in the form that was refused."""
    item = row.item
    return {
        "selected": row,
        "effects": effects_of(item) if item and session.decides else {},
        "facts": review_forms.facts_of(item) if item else [],
        "typed": typed or {},
        "key": (typed or {}).get("key") or secrets.token_urlsafe(16),
    }
