"""Tokens of Salesforce: client credentials or a signed JWT. Source: facts/salesforce_zoho_slack.md 1.1. Neither flow has a
refresh token: the old one's end is a 401, and the same question gives a new one."""

from collections.abc import Callable
from typing import Any

import httpx

from connectors.errors import Unauthorised, Unavailable
from connectors.signing import assertion_of

_PATH = "/services/oauth2/token"
_JWT_SECONDS = 180


class SalesforceGrant:
    """See bearer.Grant. `user_id` is the integration user's, once logged in. Made by `by_secret` or `by_key`."""

    scheme = "Bearer"

    def __init__(self, base: str, form: Callable[[], dict[str, str]]) -> None:
        self._base, self.form = base.rstrip("/"), form
        self.user_id = ""

    def ask(self) -> httpx.Request:
        return httpx.Request("POST", self._base + _PATH, data=self.form())

    def take(self, response: httpx.Response) -> str:
        if response.status_code >= 500:
            raise Unavailable(f"Salesforce's login: {response.status_code}", 2.0, undone=True)
        body: Any = response.json() if response.headers.get("content-type", "").startswith("application/json") else {}
        if response.status_code != httpx.codes.OK or not body.get("access_token"):
            said = f"{body.get('error', '')} {body.get('error_description', '')}".strip() or response.text[:200]
            raise Unauthorised(f"Salesforce's login: {response.status_code} {said}")
        self.user_id = str(body.get("id", "")).rsplit("/", 1)[-1]
        return str(body["access_token"])


def by_secret(base: str, client_id: str, client_secret: str) -> SalesforceGrant:
    """The client credentials flow of an External Client App with an integration user."""
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
    return SalesforceGrant(base, lambda: form)


def by_key(base: str, client_id: str, username: str, key: str, audience: str, clock: Callable[[], float]) -> SalesforceGrant:
    """The JWT bearer flow; `key` is the PEM of the app's certificate, `audience` the login host."""

    def form() -> dict[str, str]:
        claims = {"iss": client_id, "sub": username, "aud": audience, "exp": int(clock()) + _JWT_SECONDS}
        return assertion_of(claims, key)

    return SalesforceGrant(base, form)
