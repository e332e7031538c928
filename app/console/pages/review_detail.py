"""What the review page shows: the queue, and the selected lead with its possible answers."""

import secrets
from functools import partial
from typing import Any

from starlette.datastructures import FormData
from starlette.responses import Response

from app.console import figures
from app.console.access.sessions import Session
from app.console.api.paging import next_cursor, position_of
from app.console.pages import review_forms
from app.console.pages.comparison import other_lead
from app.console.pages.rendering import render
from app.console.queue_rows import Waiting, queue_page
from app.console.serving.state import ConsoleState
from leads.review_actions import effects_of

_ROWS = 50


async def queue_of(
    state: ConsoleState, session: Session, place: str, reason: str, cursor: str
) -> dict[str, Any]:
    """The list, and what it can be narrowed to."""
    asked = partial(queue_page, kind=reason, places=(place,))
    rows = await state.ask(asked, _ROWS, position_of(cursor))
    return {
        "session": session,
        "page": "review",
        "now": state.clock.now(),
        "counts": await state.cache.get(figures.count_waiting),
        "rows": await state.opened_items(session.scopes, rows),
        "next": next_cursor(rows, _ROWS),
        "cursor": cursor,
        "place": place,
        "reason": reason,
        "selected": None,
    }


async def detail_of(
    state: ConsoleState, row: Waiting, session: Session, typed: dict[str, str] | None = None
) -> dict[str, Any]:
    """What is shown of the selected lead; `typed` is what was in the form that was refused."""
    item = row.item
    return {
        "selected": row,
        "other": await other_lead(state, session.scopes, item) if item else None,
        "effects": effects_of(item) if item and session.decides else {},
        "facts": review_forms.facts_of(item) if item else [],
        "typed": typed or {},
        "key": (typed or {}).get("key") or secrets.token_urlsafe(16),
    }


async def show_again(
    state: ConsoleState,
    session: Session,
    row: Waiting,
    form: FormData,
    refusal: tuple[int, str],
    place: str,
    reason: str,
) -> Response:
    """The same page with the status and the text of a refusal, and with what was typed."""
    status, why = refusal
    shown = await queue_of(state, session, place, reason, "")
    detail = await detail_of(state, row, session, review_forms.typed_in(form))
    return render("review.html", status, done=None, why=why, **shown | detail)
