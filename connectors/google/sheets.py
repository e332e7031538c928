"""One tab of a Google spreadsheet: rows read, appended, and cells set. Source: facts/salesforce_zoho_slack.md 5.

An append is not idempotent, and several at once overwrite each other: there is one writer, and it reads before it appends,
so that one whose answer was lost is found and not made again.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import httpx

from connectors.bearer import Bearer
from connectors.errors import RowRejected, Unauthorised, Unavailable, VendorError
from connectors.http import Budget, VendorHttp, retry_after
from connectors.signing import assertion_of

_SCOPE = "https://www.googleapis.com/auth/spreadsheets"
_MINUTE_LIMIT = 50  # of the 60 reads and 60 writes that one user may make a minute


def classify(response: httpx.Response) -> VendorError | None:
    """What to do about an answer."""
    status = response.status_code
    if status < 300:
        return None
    said = f"Google Sheets {response.request.method} {response.request.url.path}: {status} {_message(response)}"
    if status in {401, 403}:
        return Unauthorised(f"{said}; share the spreadsheet with the service account's address")
    if status == 429:
        return Unavailable(said, retry_after(response, 60.0), undone=True)
    return Unavailable(said, 5.0) if status >= 500 else RowRejected(said)


def _message(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return response.text[:200]


class GoogleGrant:
    """See bearer.Grant: a service account's signed word for an access token. Raises RowRejected for a file that is no key."""

    scheme = "Bearer"

    def __init__(self, key: Path, clock: Callable[[], float]) -> None:
        try:
            told = json.loads(key.read_text())
            self._email, self._key, self._at = told["client_email"], told["private_key"], told["token_uri"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RowRejected(f"{key} is no service account's JSON key: {error!r}") from None
        self._clock = clock

    def ask(self) -> httpx.Request:
        now = int(self._clock())
        claims = {"iss": self._email, "scope": _SCOPE, "aud": self._at, "iat": now, "exp": now + 3600}
        return httpx.Request("POST", self._at, data=assertion_of(claims, self._key))

    def take(self, response: httpx.Response) -> str:
        if response.status_code >= 500:
            raise Unavailable(f"Google's login: {response.status_code}", 2.0, undone=True)
        if response.status_code != httpx.codes.OK:
            raise Unauthorised(f"Google's login: {response.status_code} {response.text[:200]}")
        return str(response.json()["access_token"])


class GoogleTab:
    """A tab by its name. Values travel RAW, so that nothing in them becomes a formula."""

    def __init__(
        self,
        base: str,
        sheet: str,
        tab: str,
        grant: GoogleGrant,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        budget = Budget(_MINUTE_LIMIT, 60.0)
        self._http = VendorHttp(base.rstrip("/"), {}, classify, budget, transport, auth=Bearer(grant))
        self._sheet, self._tab = f"/v4/spreadsheets/{sheet}", tab

    async def rows(self) -> list[list[str]]:
        """Every row, the header first; trailing empty cells are left out."""
        response = await self._http.call("GET", f"{self._sheet}/values/{self._range('A1:Z')}")
        found: list[list[str]] = response.json().get("values", [])
        return found

    async def append(self, rows: Sequence[Sequence[str]]) -> None:
        """Put rows below the table, in one call that is made once: after an unknown outcome read before it is tried again."""
        await self._http.call(
            "POST",
            f"{self._sheet}/values/{self._range('A1')}:append",
            params={"valueInputOption": "RAW", "insertDataOption": "INSERT_ROWS"},
            json={"values": [list(row) for row in rows]},
            until=float("inf"),
        )

    async def set(self, cells: Mapping[str, str]) -> None:
        """Set cells by their addresses, such as B7."""
        data = [{"range": f"'{self._tab}'!{cell}", "values": [[value]]} for cell, value in cells.items()]
        body = {"valueInputOption": "RAW", "data": data}
        await self._http.call("POST", f"{self._sheet}/values:batchUpdate", json=body)

    def _range(self, cells: str) -> str:
        return quote(f"'{self._tab}'!{cells}", safe="")

    async def close(self) -> None:
        """Let connections go."""
        await self._http.close()
