"""One answer about several leads of the queue: what it would do to each, and then that it is
done."""

import secrets
from collections.abc import Sequence
from typing import Annotated, NamedTuple

from aiokafka.errors import KafkaError
from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.console.access.sessions import Session
from app.console.api.parameters import WITHOUT_NUL, Waits
from app.console.decisions import SharedAnswer, decide_on_several
from app.console.pages import review_forms, words
from app.console.pages.rendering import render
from app.console.pages.signed_in import Decider
from app.console.queue_rows import Waiting, decided_already, find_several_waiting
from app.console.serving.state import ConsoleState, state_of
from app.review.decisions import DecisionReport
from leads.review_actions import ACTIONS, effects_of, refusal_of_several

router = APIRouter(include_in_schema=False)
#: Leads of one page of the queue.
_MOST = 50
_NOTHING = "No lead is chosen: tick some in the list, or press x at a lead."
_NO_BROKER = (
    "The broker does not answer, so it is not known what was decided. Send it again as it is: each"
    " lead is decided about once."
)
Seen = Annotated[str, Form(pattern=r"^[\w-]{1,100}:\d{1,9}$")]


class _Queue(NamedTuple):
    """The part of the queue that the leads were chosen from."""

    place: str
    reason: str


class _Preview(NamedTuple):
    """What an answer would do: the leads that it would be carried out for, and why not for the
    others, by lead."""

    taken: list[str]
    refused: dict[str, str]
    key: str


@router.post("/decide")
async def decide_about_several(
    request: Request,
    session: Decider,
    chosen: Annotated[list[Seen], Form(max_length=_MOST)] = [],  # noqa: B006  FastAPI copies it
    choice: Annotated[str, Form(max_length=20)] = "",
    to: Annotated[str, Form(max_length=320)] = "",
    why: Annotated[str, Form(max_length=2000)] = "",
    key: Annotated[str, Form(max_length=100)] = "",
    place: Annotated[Waits, Form()] = "review",
    reason: Annotated[str, Form(max_length=100, pattern=WITHOUT_NUL)] = "",
    confirmed: Annotated[bool, Form()] = False,
) -> Response:
    """Ask what is to be done; then show what that would do to each lead; then, confirmed, do it.
    Nothing is sent before that."""
    state, back = state_of(request), _Queue(place, reason)
    seen = _seen(chosen)
    fields = {"to": to.strip()} if choice == "route" else {}
    answer = SharedAnswer(
        seen, choice, fields, session.email, why, review_forms.decision_key(key, choice, fields)
    )
    if not seen:
        return await _show(state, session, answer, back, fault=_NOTHING, status=422)
    if not choice:
        return await _show(state, session, answer, back)
    if fault := review_forms.fault(answer):
        return await _show(state, session, answer, back, fault=fault, status=422)
    try:
        report = await decide_on_several(state.settings, answer, dry_run=not confirmed)
    except KafkaError:
        again = _Preview(list(seen), {}, key) if confirmed else None
        return await _show(
            state, session, answer, back, fault=_NO_BROKER, status=503, preview=again
        )
    done = await _done_before(state, answer, report) if confirmed else set()
    decided = {one.lead_id for one in report.taken} | done
    taken = [lead for lead in seen if lead in decided]
    refused = {lead: why for lead, why in report.refused.items() if lead not in done}
    if confirmed and not refused:
        address = f"/review?place={place}&reason={reason}&several={len(taken)}&action={choice}"
        return RedirectResponse(f"{address}&workers={report.workers}", 303)
    preview = _Preview(taken, refused, secrets.token_urlsafe(16))
    return await _show(state, session, answer, back, preview=preview, done=confirmed)


async def _done_before(
    state: ConsoleState, answer: SharedAnswer, report: DecisionReport
) -> set[str]:
    """The refused leads that the same form, sent before, has decided about."""
    asked = {lead: answer.seen[lead] for lead in report.refused}
    return await state.ask(decided_already, asked, answer.actor, answer.action)


def _seen(chosen: Sequence[str]) -> dict[str, int]:
    """The steps at which the chosen leads were seen, by lead."""
    pairs = (one.rpartition(":") for one in chosen)
    return {lead: int(step) for lead, _, step in pairs}


async def _show(
    state: ConsoleState,
    session: Session,
    answer: SharedAnswer,
    back: _Queue,
    *,
    fault: str = "",
    status: int = 200,
    preview: _Preview | None = None,
    done: bool = False,
) -> Response:
    rows = await state.ask(find_several_waiting, list(answer.seen))
    rows = await state.opened_items(session.scopes, rows)
    return render(
        "several.html",
        status,
        session=session,
        page="review",
        now=state.clock.now(),
        rows=rows,
        answer=answer,
        effects=_effects(rows),
        fault=fault,
        preview=preview,
        effect_on=_effect_on,
        done=done,
        chose=words.ACTIONS.get(answer.action, ""),
        place=back.place,
        reason=back.reason,
    )


def _effect_on(row: Waiting, action: str) -> str:
    """What an answer does to one lead. Without its person, who may be erased, not all is known."""
    effects = effects_of(row.item) if row.item is not None else {}
    return effects.get(action, "will be done")


def _effects(rows: Sequence[Waiting]) -> dict[str, str]:
    """Every answer that one of the leads may have here, with what it does, a sentence for each of
    the reasons. A correction is of one lead alone."""
    found: dict[str, dict[str, None]] = {}
    for item in (row.item for row in rows if row.item is not None):
        for action, effect in effects_of(item).items():
            if action != "set" and not refusal_of_several(item, action):
                found.setdefault(action, {})[effect] = None
    return {action: " ".join(found[action]) for action in ACTIONS if action in found}
