"""One tab of a Google spreadsheet: rows read, appended, and cells set.

Source: docs/design/vendors.md Google 5.

An append is not idempotent, and concurrent appends overwrite each other: there is one writer, and
it reads before it appends, so that an append whose answer was lost is found and not repeated.
"""

from collections.abc import Mapping, Sequence

import httpx
import msgspec

from connectors.core.answers import Scalar, foreign, words
from connectors.core.errors import (
    AccountLimited,
    NotInPlan,
    RecordRejected,
    Unauthorised,
    Unavailable,
    VendorError,
)
from connectors.core.http import SlidingWindowLimiter, VendorHttp, retry_after
from connectors.core.oauth import TokenAuth
from connectors.google.auth import GoogleGrant

_MINUTE_LIMIT = 50  # of the 60 reads and 60 writes that one user may make a minute


#: Characters that a cell holds (Google's help: "Files you can store in Google Drive", cell limit).
MOST_CELL = 50_000


def classify(response: httpx.Response) -> VendorError | None:
    """What an answer means; None for a success."""
    status = response.status_code
    if status < 300:
        return None
    body = foreign(response.content)
    message = words(body, "error", "message") or response.text[:200]
    code = words(body, "error", "status")
    text = (
        f"Google Sheets {response.request.method} {response.request.url.path}: {status} {message}"
    )
    if status == 401 and body is not None:
        return Unauthorised(text)
    if status == 403 and ("RATE" in code or "RESOURCE_EXHAUSTED" in code):
        return Unavailable(text, 60.0, not_sent=True)
    if status == 403 and "has not been used" in message:
        return NotInPlan(
            f"{text}; switch the Google Sheets API on for the service account's project"
        )
    if status == 403 and body is not None:
        return Unauthorised(f"{text}; share the spreadsheet with the service account's address")
    if status == 429:
        return Unavailable(text, retry_after(response, 60.0), not_sent=True)
    if "above the limit of 10000000 cells" in message:
        return AccountLimited(f"the spreadsheet is full: empty it, or name another ({text})")
    if "Unable to parse range" in message:
        return RecordRejected(f"{text}; make a tab of that name in the spreadsheet")
    if status >= 500 or 300 <= status < 400 or status in {401, 403, 408}:
        return Unavailable(text, 5.0)
    return RecordRejected(text)


def cell_of(text: str) -> str:
    """A text as a cell takes it; a text that is cut ends with a note of that."""
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


class GoogleTab:
    """A tab by its name. Values are sent RAW, so that none becomes a formula."""

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
        return list(map(_texts, found.values or ()))

    async def append(self, rows: Sequence[Sequence[str]]) -> None:
        """Put rows below the table, in one call that is made once: after an unknown outcome read
        before it is tried again.

        A text that no cell holds is cut, and says so.
        """
        values = [list(map(cell_of, row)) for row in rows]
        await self._http.call(
            _Appended,
            "POST",
            "/v4/spreadsheets/{}/values/{}:append",
            self._sheet,
            self._range("A1"),
            params={"valueInputOption": "RAW", "insertDataOption": "INSERT_ROWS"},
            json={"values": values},
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
        """Close connections."""
        await self._http.close()


def _texts(row: Sequence[Scalar]) -> list[str]:
    """The cells of a row as texts, '' for an empty one."""
    texts: list[str] = []
    for cell in row:
        texts.append("" if cell is None else str(cell))
    return texts
