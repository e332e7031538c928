"""Tells open pages when the read model has changed, as server-sent events."""

from collections.abc import AsyncIterator
from time import monotonic

from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from app.console.pages.signed_in import SignedIn
from app.console.serving.state import ConsoleState, state_of

router = APIRouter(include_in_schema=False)
#: Seconds of a stream; the browser opens the next one by itself. The server cuts off longer ones.
LONGEST = 50.0
#: Milliseconds until the browser does.
_RETRY = b"retry: 1000\n\n"
#: A proxy such as nginx would hold the events back.
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


@router.get("/changes")
async def changes(request: Request, session: SignedIn) -> StreamingResponse:
    """An event after each change, until the page goes away or the stream has lasted its time."""
    del session
    stream = _events(state_of(request), request)
    return StreamingResponse(
        stream, media_type="text/event-stream", headers=_HEADERS
    )


async def _events(state: ConsoleState, request: Request) -> AsyncIterator[bytes]:
    until = monotonic() + LONGEST
    known = await state.changes.get()
    yield _RETRY
    while monotonic() < until and not await request.is_disconnected():
        number = await state.changes.next()
        if number != known:
            known = number
            yield f"data: {number}\n\n".encode()
