"""Who calls, and whether they may."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.console.access.scopes import Scope
from app.console.access.tokens import Token
from app.console.api.problems import ProblemError
from app.console.serving.state import state_of

_BEARER = HTTPBearer(auto_error=False, description="A token of `leadgate token add`.")
_ASK = {"www-authenticate": "Bearer"}


def _caller(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
) -> Token:
    """The caller of a request. Raises ProblemError without a token that is known."""
    if given is None:
        raise ProblemError(401, "send a token: Authorization: Bearer …; leadgate token add", _ASK)
    token = state_of(request).tokens.find(given.credentials)
    if token is None:
        raise ProblemError(401, "the token is not known, or was revoked; leadgate token add", _ASK)
    return token


Caller = Annotated[Token, Depends(_caller)]


def _requirement(scope: Scope) -> Callable[[Token], Token]:
    def require(caller: Caller) -> Token:
        if scope not in caller.scopes:
            raise ProblemError(
                403, f"the token {caller.name} lacks the scope {scope}: {scope.allows}"
            )
        return caller

    return require


#: Callers who may read, and those who may decide, too.
Reader = Annotated[Token, Depends(_requirement(Scope.READ))]
Decider = Annotated[Token, Depends(_requirement(Scope.DECIDE))]
