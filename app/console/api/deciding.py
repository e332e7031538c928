"""People's decisions through the API: checked and sent as those of `leadgate review resolve`."""

import asyncio
from typing import Annotated, Any

from aiokafka.errors import KafkaError
from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, ConfigDict, Field

from app.console.api.access import Decider
from app.console.api.answers import Answer, digest_of
from app.console.api.parameters import WITHOUT_NUL, LeadId
from app.console.api.problems import answers, refusal
from app.console.api.state import ApiState, state_of
from app.console.api.tokens import Token
from app.review import queue
from leads.review_actions import ACTIONS

#: Starlette itself refuses a large body.
_TOO_LARGE: dict[int | str, dict[str, Any]] = {413: {"description": "Too large; plain text"}}
router = APIRouter(prefix="/api/v1", responses=answers(400, 409) | _TOO_LARGE)
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=255,
        pattern=WITHOUT_NUL,
        description="Of your choice: the same request with the same key is one decision, and"
        " answered as the first.",
    ),
]
_WORDS = "|".join(ACTIONS)


class Wanted(BaseModel):
    """A decision about a lead that waits."""

    model_config = ConfigDict(extra="forbid")

    action: str = Field(pattern=f"^({_WORDS})$", description=", ".join(ACTIONS))
    step: int = Field(description="of the lead, as it was when you looked at it")
    reason: str = Field(min_length=1, max_length=2000, description="for the audit")
    fields: dict[str, str] = Field(
        default={}, max_length=50, description="of `set`: the fields; of `route`: `to`, the address"
    )
    dry_run: bool = Field(default=False, description="only say whether it would be accepted")


class Accepted(BaseModel):
    """A decision that is in the log. The lead's story tells when it is carried out."""

    decision_id: str
    lead: str
    action: str
    step: int
    dry_run: bool
    workers: int = Field(description="that run now: without one the decision waits")


@router.post("/leads/{lead}/decisions", status_code=202)
async def decide_on(
    request: Request, caller: Decider, lead: LeadId, wanted: Wanted, key: Key = ""
) -> Accepted:
    """Decide about a lead that waits. Once this is answered with 202, the decision is in the log;
    409 says why it is refused."""
    state = state_of(request)
    asked = digest_of(f"{lead}\n{wanted.model_dump_json()}".encode())
    if key and (known := await _known(state, caller, key, asked)):
        return known
    accepted = await _decide(state, caller, lead, wanted, key)
    if key:
        answer = Answer(asked, accepted.model_dump_json().encode())
        await asyncio.to_thread(state.answers.add, caller.name, key, answer, state.clock.now())
    return accepted


async def _known(state: ApiState, caller: Token, key: str, asked: str) -> Accepted | None:
    """What was answered to this request before. Raises Refusal for another one with its key."""
    answer = await asyncio.to_thread(state.answers.find, caller.name, key)
    if answer is None:
        return None
    if answer.asked != asked:
        raise refusal(422, f"the key {key} belongs to another request: take a new one")
    return Accepted.model_validate_json(answer.body)


async def _decide(
    state: ApiState, caller: Token, lead: str, wanted: Wanted, key: str
) -> Accepted:
    """Have a decision checked and sent. Raises Refusal."""
    chosen, by = queue.Chosen(lead, wanted.step), (caller.name, wanted.reason)
    try:
        report = await queue.resolve(
            state.settings,
            chosen,
            wanted.action,
            wanted.fields,
            by,
            key=key,
            dry_run=wanted.dry_run,
        )
    except queue.NotWaitingError as error:
        raise refusal(409, str(error)) from None
    except KafkaError:
        raise refusal(503, "the broker does not answer; ask again", {"retry-after": "5"}) from None
    if report.refused:
        raise refusal(409, "; ".join(report.refused.values()))
    [taken] = report.taken
    return Accepted(
        decision_id=taken.decision_id,
        lead=taken.lead_id,
        action=taken.action,
        step=taken.step,
        dry_run=wanted.dry_run,
        workers=report.workers,
    )
