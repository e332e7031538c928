"""Who asks for a page, and whether they may."""

import asyncio
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.console.access.sessions import LONGEST, Session
from app.console.api.problems import ProblemError
from app.console.serving.state import state_of

#: The prefix has browsers take the cookie only from this host, over TLS or from this machine.
COOKIE = "__Host-leadgate"
_ELSEWHERE = "this form was not sent by a page of the console: open it there, and send it again"


class SignInNeededError(Exception):
    """The request has no valid session."""


async def ask_to_sign_in(request: Request, _error: Exception) -> Response:
    """Send a person to the sign-in page, and afterwards back."""
    back = request.url.path if request.method == "GET" else "/"
    if request.url.query and request.method == "GET":
        back += f"?{request.url.query}"
    return RedirectResponse(f"/sign-in?back={quote(back)}", 303)


async def _session(request: Request) -> Session:
    """Who is signed in. Raises SignInNeededError."""
    state, text = state_of(request), request.cookies.get(COOKIE, "")
    if text:
        found = await asyncio.to_thread(state.sessions.find, text, state.clock.now())
        if found is not None:
            return found
    raise SignInNeededError


SignedIn = Annotated[Session, Depends(_session)]


def require_same_site(request: Request) -> None:
    """Raises ProblemError for a form that another site's page has sent: browsers say so."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin, host = request.headers.get("origin"), request.headers.get("host", "")
    elsewhere = origin is not None and origin.partition("://")[2] != host
    if elsewhere or site not in {"same-origin", "none"}:
        raise ProblemError(403, _ELSEWHERE)


async def _sender(
    request: Request, session: SignedIn, csrf: Annotated[str, Form()] = ""
) -> Session:
    """Who has sent a form of ours. Raises ProblemError."""
    require_same_site(request)
    if not session.sent(csrf):
        raise ProblemError(403, _ELSEWHERE)
    return session


Sender = Annotated[Session, Depends(_sender)]


async def _decider(session: Sender) -> Session:
    """A sender who may decide. Raises ProblemError."""
    if not session.decides:
        raise ProblemError(
            403, f"{session.email} is a {session.role}, and may not decide; ask for the role"
            " reviewer"
        )
    return session


Decider = Annotated[Session, Depends(_decider)]


def keep_signed_in(response: Response, text: str) -> Response:
    """Give the browser the session's cookie, which no script can read."""
    response.set_cookie(
        COOKIE, text, max_age=int(LONGEST), secure=True, httponly=True, samesite="lax", path="/"
    )
    return response
