"""One access token for all calls of a process.

The token is renewed once, however many calls find that it has expired.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Protocol

import httpx

from connectors.core.answers import foreign
from connectors.core.errors import Unauthorised, Unavailable, Unreadable, VendorError

#: Seconds after which a refused login is tried again: after a server error, after anything else.
_AFTER_STUMBLE, _AFTER_REFUSAL = 2.0, 30.0


class TokenGrant(Protocol):
    """How a vendor gives tokens."""

    scheme: str  # what stands before the token in the authorization header

    def ask(self) -> httpx.Request:
        """The request for a new token."""
        ...

    def has_ended(self, response: httpx.Response) -> bool:
        """Whether a 401, whose body has been read, says that the token has expired: a new token
        helps against nothing else."""
        ...

    def take(self, response: httpx.Response) -> str:
        """The token in the answer to a login.

        Raises Unauthorised for a wrong key, Unavailable for a refusal that may pass.
        """
        ...


def login_error(response: httpx.Response, said: str, *, wrong_key: bool) -> VendorError:
    """The error of a refused login; `wrong_key` states that the vendor blames the key.

    Any other refusal may pass. `not_sent` holds for all of them: no token was given.
    """
    if wrong_key:
        return Unauthorised(said)
    if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        return Unavailable(said, _AFTER_STUMBLE, not_sent=True)
    if foreign(response.content) is None:
        return Unreadable(said, _AFTER_REFUSAL, not_sent=True)
    return Unavailable(said, _AFTER_REFUSAL, not_sent=True)


class TokenAuth(httpx.Auth):
    """Puts the token on every request.

    Logs in before the first request, and once more when the token has expired, unless another call
    has renewed it meanwhile. `recall` and `keep` share the token with other processes, for a vendor
    that limits the number of tokens.
    """

    def __init__(
        self,
        grant: TokenGrant,
        recall: Callable[[], str] = lambda: "",
        keep: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._grant, self._recall, self._keep = grant, recall, keep
        self._token = ""
        self.logins = 0
        self._lock = asyncio.Lock()

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """See httpx.Auth.

        A 401 did nothing at the vendor, so that the same request may be sent again.
        """
        async with self._lock:
            if not self._token:
                self._token = self._recall()
            if not self._token:
                await self._take((yield self._ask()))
            used = self._token
        self._sign(request)
        response = yield request
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return
        await response.aread()
        if not self._grant.has_ended(response):
            return
        async with self._lock:
            if self._token == used and (shared := self._recall()) not in {"", used}:
                self._token = shared
            if self._token == used:
                await self._take((yield self._ask()))
        self._sign(request)
        yield request

    def _sign(self, request: httpx.Request) -> None:
        request.headers["authorization"] = f"{self._grant.scheme} {self._token}"

    def _ask(self) -> httpx.Request:
        self.logins += 1
        return self._grant.ask()

    async def _take(self, response: httpx.Response) -> None:
        await response.aread()
        self._token = self._grant.take(response)
        self._keep(self._token)
