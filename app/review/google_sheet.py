"""The review sheet in Google Sheets: people correct it in place, so rows are added and marked as
settled, never rewritten."""

import time
from collections.abc import Awaitable, Callable

from app.base.settings import Settings
from app.review.google_erasing import empty_rows
from app.review.sheets import COLUMNS, CsvSheet, PersonRows, Row, Sheet, check_columns
from connectors.core.errors import RecordRejected, VendorError
from connectors.google.auth import GoogleGrant
from connectors.google.sheets import GoogleTab
from leads.erasure import Erasure, ErasureOutcome

TAB = "Leadgate"
_HEADER = (*COLUMNS, "status")
_OPEN, _SETTLED = "open", "settled"
_HISTORY = (
    "Google keeps earlier values in the spreadsheet's version history: copy the tab into a new"
    " spreadsheet and delete this one, or tell Google how long versions last"
)


class GoogleSheet:
    """See sheets.Sheet.

    The row of a lead that waits no longer is marked settled; what a person has written stays.
    """

    def __init__(self, tab: GoogleTab) -> None:
        self._tab = tab

    async def show(self, rows: list[Row]) -> None:
        """See Sheet. Raises RecordRejected if the tab is not one of Leadgate's."""
        there = await self._tab.rows()
        if not there:
            await self._tab.append([_HEADER])
            there = [list(_HEADER)]
        header = there[0]
        columns = dict(zip(header, range(len(header)), strict=True))
        if "record_id" not in columns or "status" not in columns:
            raise RecordRejected(
                f"the tab {TAB} has no columns record_id and status in its first row: give Leadgate"
                " an empty tab"
            )
        known: dict[str, int] = {}  # row numbers by record id; the header is row 1
        for number, cells in enumerate(there[1:], 2):
            known[_cell(cells, columns["record_id"])] = number
        wanted = {row["record_id"] for row in rows}
        fresh = [_open_cells(row, header) for row in rows if row["record_id"] not in known]
        if fresh:
            await self._tab.append(fresh)
        status, letter = columns["status"], _letter(columns["status"])
        ended: dict[str, str] = {}
        for ident, number in known.items():
            if ident not in wanted and _cell(there[number - 1], status) == _OPEN:
                ended[f"{letter}{number}"] = _SETTLED
        if ended:
            await self._tab.set(ended)

    async def erase(self, person: PersonRows) -> Erasure:
        """See Sheet, and google_erasing."""
        ids = await empty_rows(self._tab, person)
        outcome: ErasureOutcome = "erased" if ids else "gone"
        return Erasure(
            system="Google Sheets", what="row", outcome=outcome, ids=tuple(ids), remains=_HISTORY
        )

    async def read(self) -> list[Row]:
        """The open rows, as people have left them. Raises ValueError if the tab is not one of
        Leadgate's."""
        header, *filled = await self._tab.rows() or [list(_HEADER)]
        check_columns(header, f"the tab {TAB}")
        rows = []
        for cells in filled:
            row = {name: _cell(cells, i) for i, name in enumerate(header)}
            if row.get("status") == _OPEN:
                rows.append(row)
        return rows


def _open_cells(row: Row, header: list[str]) -> list[str]:
    """The cells of a new row, in the order of the tab's columns."""
    shown = {**row, "status": _OPEN}
    return [shown.get(name, "") for name in header]


def _cell(cells: list[str], i: int) -> str:
    """A cell; '' where the row ends before it."""
    if i < len(cells):
        return cells[i]
    return ""


def _letter(i: int) -> str:
    """The column's letter; the sheet has fewer than 26."""
    return chr(ord("A") + i)


def make_sheets(settings: Settings) -> tuple[list[Sheet], Callable[[], Awaitable[None]]]:
    """The sheets of these settings, and a function that closes their connections."""
    sheets: list[Sheet] = [CsvSheet(settings.sheet)]
    if not settings.google_sheet:
        return sheets, _nothing
    tab = _tab(settings)
    return [*sheets, GoogleSheet(tab)], tab.close


async def read_google(settings: Settings) -> list[Row]:
    """The open rows of the settings' spreadsheet."""
    settings.require("google_sheet")
    tab = _tab(settings)
    try:
        return await GoogleSheet(tab).read()
    finally:
        await tab.close()


async def check_google(settings: Settings) -> list[str]:
    """The faults of the spreadsheet's settings and access, one sentence each."""
    try:
        await read_google(settings)
    except (VendorError, ValueError) as error:
        return [str(error)]
    return []


def _tab(settings: Settings) -> GoogleTab:
    settings.require("google_key")
    assert settings.google_key is not None
    return GoogleTab(
        settings.google_url, settings.google_sheet, TAB, GoogleGrant(settings.google_key, time.time)
    )


async def _nothing() -> None:
    """There is no connection to close."""
