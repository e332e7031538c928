"""Tokens of Salesforce: client credentials or a signed JWT.

Source: docs/design/vendors.md Salesforce 1.1. Neither flow has a refresh token: an expired token is
answered with 401, and the same request gives a new one.
"""

from collections.abc import Callable

import httpx

from connectors.core.answers import foreign, token_of, words
from connectors.core.jwt_assertion import assertion_of
from connectors.core.oauth import login_error

_PATH = "/services/oauth2/token"
_JWT_SECONDS = 180
#: Salesforce's error codes for a wrong key, by "OAuth 2.0 Flow Errors": `unknown_error: retry your
#: request` is none of them.
_WRONG = frozenset(
    "invalid_client invalid_client_id invalid_client_credentials invalid_grant"
    " unauthorized_client inactive_org inactive_user invalid_app_access"
    " unsupported_grant_type invalid_assertion_type".split()
)


class SalesforceGrant:
    """See oauth.TokenGrant.

    `user_id` is the integration user's, once logged in. Made by `by_secret` or `by_key`.
    """

    scheme = "Bearer"

    def __init__(self, base: str, form: Callable[[], dict[str, str]]) -> None:
        self._base, self.form = base.rstrip("/"), form
        self.user_id = ""

    def ask(self) -> httpx.Request:
        return httpx.Request("POST", self._base + _PATH, data=self.form())

    def has_ended(self, response: httpx.Response) -> bool:
        del response
        return True

    def take(self, response: httpx.Response) -> str:
        """The token.

        Only the codes in `_WRONG` state that the key is wrong; any other refusal may pass.
        """
        body = foreign(response.content)
        token, ident = token_of(body), words(body, "id")
        if response.status_code == httpx.codes.OK and token and ident:
            self.user_id = ident.rsplit("/", 1)[-1]
            return token
        code = words(body, "error")
        detail = words(body, "error_description") or response.text[:200]
        text = f"Salesforce's login: {response.status_code} {code} {detail}".rstrip()
        wrong_key = response.status_code in {400, 401} and code in _WRONG
        raise login_error(response, text, wrong_key=wrong_key)


def by_secret(base: str, client_id: str, client_secret: str) -> SalesforceGrant:
    """The client credentials flow of an External Client App with an integration user."""
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret,
    }
    return SalesforceGrant(base, lambda: form)


def by_key(
    base: str, client_id: str, username: str, key: str, audience: str, clock: Callable[[], float]
) -> SalesforceGrant:
    """The JWT bearer flow; `key` is the PEM of the app's certificate, `audience` the login host."""

    def form() -> dict[str, str]:
        claims = {
            "iss": client_id,
            "sub": username,
            "aud": audience,
            "exp": int(clock()) + _JWT_SECONDS,
        }
        return assertion_of(claims, key)

    return SalesforceGrant(base, form)
