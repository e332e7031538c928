"""Every refusal of the console: a problem for programs, a page for people."""

from fastapi import FastAPI, Request
from starlette.responses import Response

from app.console.api.problems import REFUSED, problem_response, refusal_of
from app.console.pages.error_page import show_error
from app.console.pages.signed_in import SignInNeededError, ask_to_sign_in


def answer_errors(app: FastAPI) -> None:
    """Have an app answer with them."""
    for error in REFUSED:
        app.add_exception_handler(error, _refuse)
    app.add_exception_handler(SignInNeededError, ask_to_sign_in)


async def _refuse(request: Request, error: Exception) -> Response:
    refusal = refusal_of(request, error)
    if request.url.path.startswith("/api/"):
        return problem_response(refusal)
    return show_error(refusal.problem.status, refusal.problem.detail, refusal.headers)
