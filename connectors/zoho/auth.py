"""Tokens of Zoho: a refresh token gives one for an hour, ten in ten minutes at most, fifteen alive (facts 2.1). So the
processes of a machine share one, in a file that only they may read."""

import contextlib
import os
from pathlib import Path
from typing import Any

import httpx

from connectors.errors import Unauthorised, Unavailable

_THROTTLED = 600.0


class ZohoGrant:
    """See bearer.Grant. `accounts` is the data centre's host, https://accounts.zoho.com for one."""

    scheme = "Zoho-oauthtoken"

    def __init__(self, accounts: str, client_id: str, client_secret: str, refresh_token: str) -> None:
        self._url = accounts.rstrip("/") + "/oauth/v2/token"
        self._form = {
            "grant_type": "refresh_token",
            "client_id": client_id,
            "client_secret": client_secret,
            "refresh_token": refresh_token,
        }

    def ask(self) -> httpx.Request:
        return httpx.Request("POST", self._url, data=self._form)

    def take(self, response: httpx.Response) -> str:
        """Zoho refuses with status 200, too: only a token is success."""
        if response.status_code >= 500:
            raise Unavailable(f"Zoho's login: {response.status_code}", 2.0, undone=True)
        try:
            body: Any = response.json()
        except ValueError:
            body = {}
        if token := body.get("access_token"):
            return str(token)
        said = f"Zoho's login: {response.status_code} {body.get('error', '')} {body.get('error_description', '')}".strip()
        if body.get("error") == "Access Denied":
            raise Unavailable(f"{said} (ten tokens in ten minutes)", _THROTTLED, undone=True)
        raise Unauthorised(said)


class TokenFile:
    """The shared token. A file that isn't there, or can't be written, is no fault: each process then has its own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def recall(self) -> str:
        """The token that a process here has got, '' for none."""
        with contextlib.suppress(OSError):
            return self._path.read_text().strip()
        return ""

    def keep(self, token: str) -> None:
        """Let the others have it; replaced as a whole, readable for the owner alone."""
        with contextlib.suppress(OSError):
            new = self._path.with_suffix(f".{os.getpid()}")
            new.touch(0o600)
            new.write_text(token)
            new.replace(self._path)
