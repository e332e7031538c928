"""People's decisions through the API: checked and sent as those of `leadgate review resolve`."""

import asyncio
from typing import Annotated, Any

from aiokafka.errors import KafkaError
from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, ConfigDict, Field

from app.console.access.tokens import Token
from app.console.api.auth import Decider
from app.console.api.idempotency import StoredResponse, hash_request
from app.console.api.parameters import WITHOUT_NUL, LeadId
from app.console.api.problems import RETRY, ProblemError, problem_responses
from app.console.decisions import Answer, DecisionRefusedError, decide_on
from app.console.serving.state import ConsoleState, state_of
from leads.review_actions import ACTIONS

#: Starlette itself refuses a large body.
_TOO_LARGE: dict[int | str, dict[str, Any]] = {413: {"description": "Too large; plain text"}}
router = APIRouter(prefix="/api/v1", responses=problem_responses(400, 409) | _TOO_LARGE)
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
async def post_decision(
    request: Request, caller: Decider, lead: LeadId, wanted: Wanted, key: Key = ""
) -> Accepted:
    """Decide about a lead that waits. Once this is answered with 202, the decision is in the log;
    409 says why it is refused."""
    state = state_of(request)
    request_hash = hash_request(f"{lead}\n{wanted.model_dump_json()}".encode())
    if key and (known := await _known(state, caller, key, request_hash)):
        return known
    accepted = await _decide(state, caller, lead, wanted, key)
    if key:
        response = StoredResponse(request_hash, accepted.model_dump_json().encode())
        await asyncio.to_thread(state.responses.add, caller.name, key, response, state.clock.now())
    return accepted


async def _known(
    state: ConsoleState, caller: Token, key: str, request_hash: str
) -> Accepted | None:
    """The stored response to this request. Raises ProblemError for another one with its key."""
    response = await asyncio.to_thread(state.responses.find, caller.name, key)
    if response is None:
        return None
    if response.request_hash != request_hash:
        raise ProblemError(422, f"the key {key} belongs to another request: take a new one")
    return Accepted.model_validate_json(response.body)


async def _decide(
    state: ConsoleState, caller: Token, lead: str, wanted: Wanted, key: str
) -> Accepted:
    """Have a decision checked and sent. Raises ProblemError."""
    answer = Answer(
        lead, wanted.step, wanted.action, wanted.fields, caller.name, wanted.reason, key
    )
    try:
        sent = await decide_on(state.settings, answer, dry_run=wanted.dry_run)
    except DecisionRefusedError as error:
        raise ProblemError(409, str(error)) from None
    except KafkaError:
        raise ProblemError(503, "the broker does not answer; ask again", RETRY) from None
    return Accepted(
        decision_id=sent.decision.decision_id,
        lead=sent.decision.lead_id,
        action=sent.decision.action,
        step=sent.decision.step,
        dry_run=wanted.dry_run,
        workers=sent.workers,
    )
