"""The sheet of what waits in Google Sheets: people correct it in place, so rows are added and
closed, never rewritten."""

import time
from collections.abc import Awaitable, Callable

from app.base.settings import Settings
from app.review.sheets import COLUMNS, CsvSheet, Row, Sheet, check_columns
from connectors.core.errors import RecordRejected, VendorError
from connectors.google.sheets import GoogleGrant, GoogleTab

TAB = "Leadgate"
_HEADER = (*COLUMNS, "status")
_OPEN, _SETTLED = "open", "settled"


class GoogleSheet:
    """See sheets.Sheet.

    A row that waits no longer is marked settled; what a person has written stays.
    """

    def __init__(self, tab: GoogleTab) -> None:
        self._tab = tab

    async def show(self, rows: list[Row]) -> None:
        there = await self._tab.rows()
        if not there:
            await self._tab.append([_HEADER])
            there = [list(_HEADER)]
        places = {name: i for i, name in enumerate(there[0])}
        if not {"record_id", "status"} <= set(places):
            raise RecordRejected(
                f"the tab {TAB} has no columns record_id and status in its first row: give Leadgate"
                " an empty tab"
            )
        known = {
            _cell(cells, places["record_id"]): number for number, cells in enumerate(there[1:], 2)
        }
        wanted = {row["record_id"] for row in rows}
        fresh = [row for row in rows if row["record_id"] not in known]
        if fresh:
            await self._tab.append(
                [[{**row, "status": _OPEN}.get(name, "") for name in there[0]] for row in fresh]
            )
        status, letter = places["status"], _letter(places["status"])
        ended = {
            f"{letter}{number}": _SETTLED
            for ident, number in known.items()
            if ident not in wanted and _cell(there[number - 1], status) == _OPEN
        }
        if ended:
            await self._tab.set(ended)

    async def read(self) -> list[Row]:
        """The open rows, as people have left them. Raises ValueError if it is no sheet of ours."""
        there = await self._tab.rows()
        header = there[0] if there else list(_HEADER)
        rows = [{name: _cell(cells, i) for i, name in enumerate(header)} for cells in there[1:]]
        check_columns(rows[0] if rows else dict.fromkeys(header, ""), f"the tab {TAB}")
        return [row for row in rows if row.get("status") == _OPEN]


def _cell(cells: list[str], i: int) -> str:
    return cells[i] if i < len(cells) else ""


def _letter(i: int) -> str:
    """The column's letter; the sheet has fewer than 26."""
    return chr(ord("A") + i)


def make_sheets(settings: Settings) -> tuple[list[Sheet], Callable[[], Awaitable[None]]]:
    """The sheets of these settings, and what lets their connections go."""
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
    """What stands in the way of the spreadsheet, one line a fault."""
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
    """No connection to let go."""
