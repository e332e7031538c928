"""Spreadsheets and their tabs on the store: grids of a size, and the cells in them.

Source: Sheets API, `spreadsheets` and "Sheets limits".
"""

from dataclasses import dataclass
from typing import Any

from sandbox.google.a1 import Area, area_of, split_tab, written
from sandbox.google.cells import Cell
from sandbox.google.errors import GoogleRefusal, invalid
from sandbox.store import Store, Thing

ROWS, COLUMNS = 1000, 26
MOST_CELLS = 10_000_000
KIND = "google.spreadsheets"


def new_tab(sheet_id: int, title: str, rows: int = ROWS, columns: int = COLUMNS) -> Thing:
    """An empty tab."""
    size = {"rowCount": rows, "columnCount": columns}
    return {"sheetId": sheet_id, "title": title, "gridProperties": size, "cells": []}


def new_spreadsheet(ident: str, *titles: str, title: str = "", shared: bool = True) -> Thing:
    """A spreadsheet with empty tabs; one that isn't `shared` with the account answers 403."""
    tabs = [new_tab(number, name) for number, name in enumerate(titles or ("Sheet1",))]
    return {"spreadsheetId": ident, "title": title or ident, "shared": shared, "tabs": tabs}


@dataclass(frozen=True, slots=True)
class Box:
    """A closed area of a tab, which lies within its grid."""

    tab: Thing
    top: int
    left: int
    bottom: int
    right: int

    def __str__(self) -> str:
        return written(self.tab["title"], self.top, self.left, self.bottom, self.right)

    def rows(self) -> list[list[Cell]]:
        """The cells, what is empty at a row's end and the empty rows at the end left out."""
        rows = [_trimmed(row[self.left : self.right]) for row in _cells(self)]
        while rows and not rows[-1]:
            rows.pop()
        return rows


def _cells(box: Box) -> list[list[Cell]]:
    cells: list[list[Cell]] = box.tab["cells"]
    return cells[box.top : box.bottom]


def _trimmed(row: list[Cell]) -> list[Cell]:
    end = len(row)
    while end and row[end - 1] == "":
        end -= 1
    return row[:end]


def find(store: Store, ident: str) -> Thing:
    """Raises GoogleRefusal for one that isn't there or isn't shared."""
    found = store.get(KIND, ident)
    if found is None:
        raise GoogleRefusal(404, "Requested entity was not found.")
    if not found["shared"]:
        raise GoogleRefusal(403, "The caller does not have permission")
    return found


def box_of(spreadsheet: Thing, text: str) -> Box:
    """The cells that a range names, an open end cut to the grid.

    Raises GoogleRefusal for what is no range, a tab that isn't there, and cells outside the grid.
    """
    try:
        title, cells = split_tab(text)
        area = area_of(cells) if cells else Area()
    except ValueError:
        raise invalid(f"Unable to parse range: {text}") from None
    tab = spreadsheet["tabs"][0] if title is None else tab_named(spreadsheet, title)
    if tab is None:
        raise invalid(f"Unable to parse range: {text}")
    rows, columns = size_of(tab)
    if area.top >= rows or area.left >= columns:
        raise invalid(
            f"Range ({text}) exceeds grid limits. Max rows: {rows}, max columns: {columns}"
        )
    bottom, right = min(area.bottom or rows, rows), min(area.right or columns, columns)
    return Box(tab, area.top, area.left, bottom, right)


def tab_named(spreadsheet: Thing, title: str) -> Thing | None:
    """A tab by its title; Google compares titles without regard to case."""
    folded = title.casefold()
    return next((t for t in spreadsheet["tabs"] if t["title"].casefold() == folded), None)


def size_of(tab: Thing) -> tuple[int, int]:
    """Rows and columns of a tab's grid."""
    return tab["gridProperties"]["rowCount"], tab["gridProperties"]["columnCount"]


def refuse_too_many_cells(spreadsheet: Thing) -> None:
    """Raises GoogleRefusal for a spreadsheet above the limit."""
    total = 0
    for tab in spreadsheet["tabs"]:
        rows, columns = size_of(tab)
        total += rows * columns
    if total > MOST_CELLS:
        raise invalid(
            "This action would increase the number of cells in the workbook above the limit of"
            f" {MOST_CELLS} cells."
        )


def put_cell(tab: Thing, row: int, column: int, cell: Cell) -> None:
    """Set one cell."""
    cells: list[list[Cell]] = tab["cells"]
    while len(cells) <= row:
        cells.append([])
    cells[row] += [""] * (column + 1 - len(cells[row]))
    cells[row][column] = cell


def properties_of(spreadsheet: Thing) -> list[dict[str, Any]]:
    """The tabs' properties as the API shows them."""
    shown: list[dict[str, Any]] = []
    for index, tab in enumerate(spreadsheet["tabs"]):
        known = {name: tab[name] for name in ("sheetId", "title", "gridProperties")}
        shown.append({"properties": {**known, "index": index, "sheetType": "GRID"}})
    return shown
