"""What waits for people, and their answers."""

from typing import Annotated

from aiokafka.errors import KafkaError
from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from app.console.api.paging import CursorText
from app.console.api.parameters import LeadId, Reason, Waits
from app.console.decisions import Answer, DecisionRefusedError, decide_on
from app.console.pages import review_forms, words
from app.console.pages.rendering import render
from app.console.pages.review_detail import detail_of, queue_of, show_again
from app.console.pages.signed_in import Decider, SignedIn
from app.console.queue_rows import decided_already, find_waiting
from app.console.serving.state import state_of

router = APIRouter(include_in_schema=False)
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
    several: int = 0,
    workers: int = 1,
) -> Response:
    """The queue; beside it the first lead of it."""
    state = state_of(request)
    shown = await queue_of(state, session, place, reason, cursor)
    title = words.ACTIONS.get(action, "")
    done = {"lead": decided, "several": several, "action": title, "workers": workers}
    first = next((row for row in shown["rows"] if row.lead != decided), None)
    if first is not None and not several:  # the oldest may be one of them, not carried out yet
        shown |= await detail_of(state, first, session)
    return render("review.html", done=done if decided or several else None, why="", **shown)


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
    shown = await queue_of(state, session, place, reason, cursor)
    [opened] = await state.opened_items(session.scopes, [row])
    shown |= await detail_of(state, opened, session)
    return render("review.html", done=None, why="", **shown)


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
        own = await state.ask(decided_already, {lead: step}, session.email, choice)
        return RedirectResponse(f"/leads/{lead}" + ("" if own else "?late=true"), 303)
    [opened] = await state.opened_items(session.scopes, [row])
    fields = review_forms.fields_of(form, choice, opened)
    once = review_forms.decision_key(key, choice, fields)
    answer = Answer(lead, step, choice, fields, session.email, why, once)
    if refused := review_forms.fault(answer):
        return await show_again(state, session, opened, form, (422, refused), place, reason)
    try:
        sent = await decide_on(state.settings, answer)
    except DecisionRefusedError as error:
        return await show_again(state, session, opened, form, (409, f"{error}."), place, reason)
    except KafkaError:
        return await show_again(state, session, opened, form, (503, _NO_BROKER), place, reason)
    back = f"/review?place={place}&reason={reason}&decided={lead}&action={choice}"
    return RedirectResponse(f"{back}&workers={sent.workers}", 303)
