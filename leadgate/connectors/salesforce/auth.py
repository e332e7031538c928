"""Tokens of Salesforce: client credentials or a signed JWT, one token a process, one refresh however many calls meet a 401.

Source: facts/salesforce_zoho_slack.md 1.1. Neither flow has a refresh token: the old one's end is a 401, and the same
question gives a new one.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

import httpx
import jwt

from leadgate.connectors.errors import Unauthorised, Unavailable

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105  a path
_JWT_SECONDS = 180


class Grant:
    """What is asked of the token's path. Made by `by_secret` or `by_key`."""

    def __init__(self, form: Callable[[], dict[str, str]]) -> None:
        self.form = form


def by_secret(client_id: str, client_secret: str) -> Grant:
    """The client credentials flow of an External Client App with an integration user."""
    return Grant(lambda: {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret})


def by_key(client_id: str, username: str, key: str, audience: str, clock: Callable[[], float]) -> Grant:
    """The JWT bearer flow; `key` is the PEM of the app's certificate, `audience` the login host."""

    def form() -> dict[str, str]:
        claims = {"iss": client_id, "sub": username, "aud": audience, "exp": int(clock()) + _JWT_SECONDS}
        assertion = jwt.encode(claims, key, algorithm="RS256")
        return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}

    return Grant(form)


class Session(httpx.Auth):
    """Puts the token on every request. `user_id` is the integration user's, once logged in."""

    def __init__(self, base: str, grant: Grant) -> None:
        self._base, self._grant = base.rstrip("/"), grant
        self._token = ""
        self.user_id = ""
        self.logins = 0
        self._lock = asyncio.Lock()

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Log in if there is no token yet, and once more after a 401 unless another call has done so meanwhile."""
        used = self._token
        if not used:
            async with self._lock:
                if not self._token:
                    await self._take((yield self._login()))
                used = self._token
        request.headers["authorization"] = f"Bearer {used}"
        response = yield request
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return
        async with self._lock:
            if self._token == used:
                await self._take((yield self._login()))
        request.headers["authorization"] = f"Bearer {self._token}"
        yield request

    def _login(self) -> httpx.Request:
        self.logins += 1
        return httpx.Request("POST", self._base + TOKEN_PATH, data=self._grant.form())

    async def _take(self, response: httpx.Response) -> None:
        """Keep the token. Raises Unauthorised, or Unavailable for a server that stumbles."""
        await response.aread()
        if response.status_code >= 500:
            raise Unavailable(f"Salesforce's login: {response.status_code}", 2.0, undone=True)
        body: Any = response.json() if response.headers.get("content-type", "").startswith("application/json") else {}
        if response.status_code != httpx.codes.OK or not body.get("access_token"):
            said = f"{body.get('error', '')} {body.get('error_description', '')}".strip() or response.text[:200]
            raise Unauthorised(f"Salesforce's login: {response.status_code} {said}")
        self._token = body["access_token"]
        self.user_id = str(body.get("id", "")).rsplit("/", 1)[-1]
