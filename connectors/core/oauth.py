"""One token for all calls of a process, renewed once however many of them meet its end."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Protocol

import httpx


class TokenGrant(Protocol):
    """How a vendor gives tokens."""

    scheme: str  # what stands before the token in the authorization header

    def ask(self) -> httpx.Request:
        """The request for a new token."""
        ...

    def has_ended(self, response: httpx.Response) -> bool:
        """Whether a 401, which has been read, says that the token has ended: a new one is no cure
        for anything else."""
        ...

    def take(self, response: httpx.Response) -> str:
        """The token in its answer.

        Raises Unauthorised, or Unavailable for a server that stumbles.
        """
        ...


class TokenAuth(httpx.Auth):
    """Puts the token on every request; logs in first, and once more when it has ended unless
    another call has done so meanwhile.

    `recall` and `keep` share the token with other processes, where a vendor counts its tokens.
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
