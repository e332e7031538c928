"""Access tokens of Zoho.

A refresh token gives one for an hour, at most ten in ten minutes; fifteen are valid at once
(docs/design/vendors.md Zoho 2.1). So the processes of a machine share one, in a file that only they
may read.
"""

from pathlib import Path

import httpx
import structlog

from connectors.core.answers import foreign, token_of, words
from connectors.core.errors import Unauthorised, Unavailable
from connectors.core.oauth import login_error
from connectors.core.private_files import read_private, write_private

log = structlog.get_logger(__name__)

_THROTTLED = 600.0
#: Zoho's words for a wrong key. Any other refusal may pass.
_WRONG = frozenset(
    {"invalid_client", "invalid_client_secret", "invalid_grant", "unauthorized_client"}
)


class ZohoGrant:
    """See oauth.TokenGrant.

    `accounts` is the data centre's host, https://accounts.zoho.com for one.
    """

    scheme = "Zoho-oauthtoken"

    def __init__(
        self, accounts: str, client_id: str, client_secret: str, refresh_token: str
    ) -> None:
        self._url = accounts.rstrip("/") + "/oauth/v2/token"
        self._form = {
            "grant_type": "refresh_token",
            "client_id": client_id,
            "client_secret": client_secret,
            "refresh_token": refresh_token,
        }

    def ask(self) -> httpx.Request:
        return httpx.Request("POST", self._url, data=self._form)

    def has_ended(self, response: httpx.Response) -> bool:
        """Not where a scope is missing: each new token counts, ten in ten minutes."""
        return words(foreign(response.content), "code") != "OAUTH_SCOPE_MISMATCH"

    def take(self, response: httpx.Response) -> str:
        """The token of an answer; Zoho refuses with status 200, too: only a token is success.

        Raises Unauthorised for a wrong key, Unavailable or Unreadable for what may pass.
        """
        body = foreign(response.content)
        if response.status_code == httpx.codes.OK and (token := token_of(body)):
            return token
        code = words(body, "error")
        said = (
            f"Zoho's login: {response.status_code} {code}"
            f" {words(body, 'error_description') or response.text[:200]}".rstrip()
        )
        if code == "Access Denied":
            raise Unavailable(f"{said} (ten tokens in ten minutes)", _THROTTLED, not_sent=True)
        if code == "invalid_code":
            raise Unauthorised(
                f"{said} (a wrong or revoked refresh token, or perhaps one of another data centre"
                f" than {self._url})"
            )
        raise login_error(response, said, wrong_key=code in _WRONG and response.status_code < 500)


class TokenFile:
    """The shared token.

    Where the file can't be read or written, or is a link or another user's, a warning says so, and
    each process has a token of its own.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def recall(self) -> str:
        """The token that a process of this machine has stored, '' for none."""
        try:
            token = read_private(self._path).strip()
        except FileNotFoundError:
            return ""
        except (OSError, ValueError) as error:
            log.warning("Zoho's shared token can't be read", why=str(error))
            return ""
        return token if token.isascii() and token.isprintable() else ""

    def keep(self, token: str) -> None:
        """Store a token for the other processes (see write_private)."""
        try:
            write_private(self._path, token)
        except OSError as error:
            log.warning("Zoho's token can't be shared", why=str(error))
