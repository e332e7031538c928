"""Requests of spreadsheets.batchUpdate: tabs added, deleted, renamed, copied, resized.

Source: Sheets API, `spreadsheets.batchUpdate` and Requests. Either all of a call's requests are
done or none.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from sandbox.google.errors import GoogleRefusal, invalid
from sandbox.google.spreadsheets import (
    COLUMNS,
    ROWS,
    new_tab,
    refuse_too_many_cells,
    size_of,
    tab_named,
)
from sandbox.store import Thing

Reply = dict[str, Any]


def batch_update(spreadsheet: Thing, requests: list[Thing]) -> tuple[Thing, list[Reply]]:
    """The spreadsheet as it is afterwards, and a reply for each request.

    Raises GoogleRefusal, which names the request that is wrong.
    """
    if not requests:
        raise invalid("Must specify at least one request.")
    changed, replies = deepcopy(spreadsheet), list[Reply]()
    for number, request in enumerate(requests):
        name = next(iter(request), "")
        if len(request) != 1 or name not in _REQUESTS:
            raise invalid(f"Invalid requests[{number}]: one known kind of request is needed")
        try:
            replies.append(_REQUESTS[name](changed, request[name] or {}))
            refuse_too_many_cells(changed)
        except GoogleRefusal as refused:
            raise GoogleRefusal(
                refused.status, f"Invalid requests[{number}].{name}: {refused}"
            ) from None
    return changed, replies


def _tab(spreadsheet: Thing, ident: Any) -> Thing:
    tabs: list[Thing] = spreadsheet["tabs"]
    for tab in tabs:
        if tab["sheetId"] == (ident or 0):
            return tab
    raise invalid(f"No sheet with id: {ident}")


def _refuse_title(spreadsheet: Thing, title: str, own: Thing | None = None) -> None:
    other = tab_named(spreadsheet, title)
    if other is not None and other is not own:
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')


def _new_id(spreadsheet: Thing, wanted: int | None) -> int:
    taken = {tab["sheetId"] for tab in spreadsheet["tabs"]}
    if wanted in taken:
        raise invalid(f"A sheet with id {wanted} already exists.")
    return wanted if wanted is not None else max(taken) + 1


def _insert(spreadsheet: Thing, tab: Thing, index: int | None) -> Reply:
    tabs = spreadsheet["tabs"]
    tabs.insert(len(tabs) if index is None else index, tab)
    known = {name: tab[name] for name in ("sheetId", "title", "gridProperties")}
    return {"properties": {**known, "index": tabs.index(tab), "sheetType": "GRID"}}


def _add(spreadsheet: Thing, request: Thing) -> Reply:
    wanted = request.get("properties") or {}
    ident = _new_id(spreadsheet, wanted.get("sheetId"))
    title = wanted.get("title") or f"Sheet{len(spreadsheet['tabs']) + 1}"
    _refuse_title(spreadsheet, title)
    grid = wanted.get("gridProperties") or {}
    tab = new_tab(ident, title, grid.get("rowCount", ROWS), grid.get("columnCount", COLUMNS))
    return {"addSheet": _insert(spreadsheet, tab, wanted.get("index"))}


def _delete(spreadsheet: Thing, request: Thing) -> Reply:
    tab = _tab(spreadsheet, request.get("sheetId"))
    if len(spreadsheet["tabs"]) == 1:
        raise invalid("You can't remove all the sheets in a document.")
    spreadsheet["tabs"].remove(tab)
    return {}


def _duplicate(spreadsheet: Thing, request: Thing) -> Reply:
    tab = _tab(spreadsheet, request.get("sourceSheetId"))
    title = request.get("newSheetName") or f"Copy of {tab['title']}"
    _refuse_title(spreadsheet, title)
    ident = _new_id(spreadsheet, request.get("newSheetId"))
    copy = {**deepcopy(tab), "sheetId": ident, "title": title}
    return {"duplicateSheet": _insert(spreadsheet, copy, request.get("insertSheetIndex"))}


def _change(spreadsheet: Thing, request: Thing) -> Reply:
    """Only what the field mask names is changed."""
    wanted, mask = request.get("properties") or {}, request.get("fields")
    if not mask:
        raise invalid("At least one field must be listed in 'fields'. (use '*' to indicate all)")
    tab = _tab(spreadsheet, wanted.get("sheetId"))
    named = set(str(mask).split(","))
    if {"*", "title"} & named and wanted.get("title"):
        _refuse_title(spreadsheet, wanted["title"], tab)
        tab["title"] = wanted["title"]
    grid = wanted.get("gridProperties") or {}
    for name in ("rowCount", "columnCount"):
        if name in grid and {"*", "gridProperties", f"gridProperties.{name}"} & named:
            _resize(tab, name, grid[name])
    return {}


def _resize(tab: Thing, name: str, number: int) -> None:
    if number < 1:
        raise invalid(f"The {name} of a grid must be at least 1.")
    tab["gridProperties"][name] = number
    rows, columns = size_of(tab)
    tab["cells"] = [row[:columns] for row in tab["cells"][:rows]]


def _extend(spreadsheet: Thing, request: Thing) -> Reply:
    tab = _tab(spreadsheet, request.get("sheetId"))
    name = {"ROWS": "rowCount", "COLUMNS": "columnCount"}.get(request.get("dimension", ""))
    if name is None:
        raise invalid("Invalid dimension")
    tab["gridProperties"][name] += request.get("length", 0)
    return {}


_REQUESTS: dict[str, Callable[[Thing, Thing], Reply]] = {
    "addSheet": _add,
    "deleteSheet": _delete,
    "duplicateSheet": _duplicate,
    "updateSheetProperties": _change,
    "appendDimension": _extend,
}
