"""Signing in and out, and setting a password by a link."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from app.console.access.passwords import SHORTEST, why_refused
from app.console.access.sign_in import SignInRefusedError
from app.console.access.users import LINK_PATH
from app.console.pages.rendering import render
from app.console.pages.signed_in import COOKIE, Sender, keep_signed_in, require_same_site
from app.console.serving.state import state_of

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=1000)]
_NO_LINK = "This link was used already, or is older than a day. Ask for a new one."


@router.get("/sign-in")
async def sign_in_page(back: Annotated[str, Query(max_length=2000)] = "/") -> Response:
    """The form."""
    return render("sign_in.html", back=back, email="", why="")


@router.post("/sign-in")
async def sign_in(
    request: Request, email: Text = "", password: Text = "", back: Text = "/"
) -> Response:
    """Begin a session, and go on to where the person wanted to be."""
    require_same_site(request)
    state = state_of(request)
    try:
        text = await state.hashing.run(
            state.sign_in.sign_in, email, password, state.clock.now()
        )
    except SignInRefusedError as error:
        return render("sign_in.html", 403, back=back, email=email, why=str(error))
    return keep_signed_in(RedirectResponse(_ours(back), 303), text)


@router.post("/sign-out")
async def sign_out(request: Request, sender: Sender) -> Response:
    """End the session."""
    del sender
    await asyncio.to_thread(state_of(request).sessions.end, request.cookies[COOKIE])
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(COOKIE, secure=True, httponly=True)
    return response


@router.get(LINK_PATH + "{link}")
async def welcome_page(request: Request, link: str) -> Response:
    """The form by which a person sets the password."""
    state = state_of(request)
    email = await asyncio.to_thread(state.users.of_link, link, state.clock.now())
    return _welcome(email, "" if email else _NO_LINK, 200 if email else 404)


@router.post(LINK_PATH + "{link}")
async def welcome(request: Request, link: str, password: Text = "") -> Response:
    """Set the password, and begin a session."""
    require_same_site(request)
    state, now = state_of(request), state_of(request).clock.now()
    email = await asyncio.to_thread(state.users.of_link, link, now)
    if email and (why := why_refused(password, email)):
        return _welcome(email, f"{why[:1].upper()}{why[1:]}.", 422)
    if email:
        email = await state.hashing.run(state.users.set_password, link, password, now)
    if not email:
        return _welcome("", _NO_LINK, 404)
    text = await asyncio.to_thread(state.sessions.begin, email, now)
    return keep_signed_in(RedirectResponse("/", 303), text)


def _welcome(email: str, why: str, status: int) -> Response:
    return render("welcome.html", status, email=email, why=why, shortest=SHORTEST)


def _ours(back: str) -> str:
    """A path of this server: no address that leads elsewhere."""
    if not back.startswith("/") or back.startswith(("//", "/\\")) or not back.isprintable():
        return "/"
    return back
