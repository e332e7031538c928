"""One tab of a Google spreadsheet: rows read, appended, and cells set.

Source: docs/design/vendors.md Google 5.

An append is not idempotent, and several at once overwrite each other: there is one writer, and
it reads before it appends, so that one whose answer was lost is found and not made again.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import httpx
import msgspec

from connectors.core.answers import Scalar, foreign, token_of, words
from connectors.core.errors import (
    AccountLimited,
    NotInPlan,
    RecordRejected,
    Unauthorised,
    Unavailable,
    Unreadable,
    VendorError,
)
from connectors.core.http import SlidingWindowLimiter, VendorHttp, retry_after
from connectors.core.jwt_assertion import assertion_of
from connectors.core.oauth import TokenAuth

_SCOPE = "https://www.googleapis.com/auth/spreadsheets"
_WRONG_KEY = frozenset(
    {"invalid_grant", "invalid_client", "unauthorized_client", "deleted_client", "disabled_client"}
)
_MINUTE_LIMIT = 50  # of the 60 reads and 60 writes that one user may make a minute


#: Characters that a cell holds (Google's help: "Files you can store in Google Drive", cell limit).
MOST_CELL = 50_000


def classify(response: httpx.Response) -> VendorError | None:
    """What to do about an answer."""
    status = response.status_code
    if status < 300:
        return None
    body = foreign(response.content)
    message, word = (
        words(body, "error", "message") or response.text[:200],
        words(body, "error", "status"),
    )
    said = (
        f"Google Sheets {response.request.method} {response.request.url.path}: {status} {message}"
    )
    if status == 401 and body is not None:
        return Unauthorised(said)
    if status == 403 and ("RATE" in word or "RESOURCE_EXHAUSTED" in word):
        return Unavailable(said, 60.0, undone=True)
    if status == 403 and "has not been used" in message:
        return NotInPlan(
            f"{said}; switch the Google Sheets API on for the service account's project"
        )
    if status == 403 and body is not None:
        return Unauthorised(f"{said}; share the spreadsheet with the service account's address")
    if status == 429:
        return Unavailable(said, retry_after(response, 60.0), undone=True)
    if "above the limit of 10000000 cells" in message:
        return AccountLimited(f"the spreadsheet is full: empty it, or name another ({said})")
    passing = status >= 500 or status == 408 or 300 <= status < 400 or status in {401, 403}
    return Unavailable(said, 5.0) if passing else RecordRejected(said)


def cell_of(text: str) -> str:
    """A text as a cell takes it; one that is cut says so."""
    if len(text) <= MOST_CELL:
        return text
    mark = f"… [cut by Leadgate: the whole has {len(text):,} characters]"
    return text[: MOST_CELL - len(mark)] + mark


class _Values(msgspec.Struct, frozen=True):
    """A range's cells; Google leaves `values` out where all are empty."""

    range: str
    values: list[list[Scalar]] | None = None


class _Appended(msgspec.Struct, frozen=True):
    spreadsheetId: str  # noqa: N815  Google's name


class GoogleGrant:
    """See oauth.TokenGrant: a service account's signed word for an access token.

    Raises RecordRejected for a file that is no key.
    """

    scheme = "Bearer"

    def __init__(self, key: Path, clock: Callable[[], float]) -> None:
        try:
            told = json.loads(key.read_text())
            self._email, self._key, self._at = (
                told["client_email"],
                told["private_key"],
                told["token_uri"],
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RecordRejected(f"{key} is no service account's JSON key: {error!r}") from None
        self._clock = clock

    def ask(self) -> httpx.Request:
        now = int(self._clock())
        claims = {
            "iss": self._email,
            "scope": _SCOPE,
            "aud": self._at,
            "iat": now,
            "exp": now + 3600,
        }
        return httpx.Request("POST", self._at, data=assertion_of(claims, self._key))

    def has_ended(self, response: httpx.Response) -> bool:
        del response
        return True

    def take(self, response: httpx.Response) -> str:
        body = foreign(response.content)
        if response.status_code == httpx.codes.OK and (token := token_of(body)):
            return token
        said = f"Google's login: {response.status_code} {response.text[:200]}"
        if response.status_code < 500 and words(body, "error") in _WRONG_KEY:
            raise Unauthorised(said)
        if body is None and response.status_code < 500:
            raise Unreadable(said, 30.0, undone=True)
        raise Unavailable(said, 2.0 if response.status_code >= 500 else 30.0, undone=True)


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
        budget = SlidingWindowLimiter(_MINUTE_LIMIT, 60.0)
        self._http = VendorHttp(
            "Google Sheets",
            base.rstrip("/"),
            {},
            classify,
            budget,
            transport,
            auth=TokenAuth(grant),
        )
        self._sheet, self._tab = sheet, tab

    async def rows(self) -> list[list[str]]:
        """Every row, the header first; trailing empty cells are left out."""
        found = await self._http.call(
            _Values, "GET", "/v4/spreadsheets/{}/values/{}", self._sheet, self._range("A1:Z")
        )
        return [["" if cell is None else str(cell) for cell in row] for row in found.values or ()]

    async def append(self, rows: Sequence[Sequence[str]]) -> None:
        """Put rows below the table, in one call that is made once: after an unknown outcome read
        before it is tried again.

        A text that no cell holds is cut, and says so.
        """
        await self._http.call(
            _Appended,
            "POST",
            "/v4/spreadsheets/{}/values/{}:append",
            self._sheet,
            self._range("A1"),
            params={"valueInputOption": "RAW", "insertDataOption": "INSERT_ROWS"},
            json={"values": [[cell_of(cell) for cell in row] for row in rows]},
            until=float("inf"),
        )

    async def set(self, cells: Mapping[str, str]) -> None:
        """Set cells by their addresses, such as B7."""
        data = [
            {"range": self._range(cell), "values": [[cell_of(value)]]}
            for cell, value in cells.items()
        ]
        body = {"valueInputOption": "RAW", "data": data}
        await self._http.call(
            _Appended, "POST", "/v4/spreadsheets/{}/values:batchUpdate", self._sheet, json=body
        )

    def _range(self, cells: str) -> str:
        return f"'{self._tab}'!{cells}"

    async def close(self) -> None:
        """Let connections go."""
        await self._http.close()
