"""Access tokens of Google for a service account.

Source: docs/design/vendors.md Google 5.
"""

import json
from collections.abc import Callable
from pathlib import Path

import httpx

from connectors.core.answers import foreign, token_of, words
from connectors.core.errors import RecordRejected
from connectors.core.jwt_assertion import assertion_of
from connectors.core.oauth import login_error

_SCOPE = "https://www.googleapis.com/auth/spreadsheets"
_TOKEN_SECONDS = 3600
_WRONG_KEY = frozenset(
    {"invalid_grant", "invalid_client", "unauthorized_client", "deleted_client", "disabled_client"}
)


class GoogleGrant:
    """See oauth.TokenGrant: a service account's signed JWT for an access token.

    Raises RecordRejected for a file that holds no key.
    """

    scheme = "Bearer"

    def __init__(self, key: Path, clock: Callable[[], float]) -> None:
        try:
            account = json.loads(key.read_text())
            self._email = account["client_email"]
            self._key = account["private_key"]
            self._token_uri = account["token_uri"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RecordRejected(f"{key} is no service account's JSON key: {error!r}") from None
        self._clock = clock

    def ask(self) -> httpx.Request:
        now = int(self._clock())
        claims = {
            "iss": self._email,
            "scope": _SCOPE,
            "aud": self._token_uri,
            "iat": now,
            "exp": now + _TOKEN_SECONDS,
        }
        return httpx.Request("POST", self._token_uri, data=assertion_of(claims, self._key))

    def has_ended(self, response: httpx.Response) -> bool:
        del response
        return True

    def take(self, response: httpx.Response) -> str:
        body = foreign(response.content)
        if response.status_code == httpx.codes.OK and (token := token_of(body)):
            return token
        text = f"Google's login: {response.status_code} {response.text[:200]}"
        wrong_key = response.status_code < 500 and words(body, "error") in _WRONG_KEY
        raise login_error(response, text, wrong_key=wrong_key)
