"""Values of a spreadsheet: read, set, appended, cleared.

Source: Sheets API, `spreadsheets.values`, and "Read & write cell values".
"""

from itertools import zip_longest
from typing import Any

from sandbox.google.a1 import column_letters
from sandbox.google.cells import Cell, entered, shown
from sandbox.google.errors import invalid
from sandbox.google.spreadsheets import (
    Box,
    box_of,
    put_cell,
    refuse_too_many_cells,
    size_of,
)
from sandbox.store import Thing

_DIMENSIONS = ("ROWS", "COLUMNS")
_RENDERED = ("FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA")
_ENTERED = ("RAW", "USER_ENTERED")


def _chosen(name: str, given: str, allowed: tuple[str, ...]) -> str:
    if given not in allowed:
        raise invalid(f"Invalid value at '{name}', \"{given}\"")
    return given


def input_option(given: str | None) -> str:
    """RAW or USER_ENTERED. Raises GoogleRefusal for none, which the API doesn't take."""
    if not given or given == "INPUT_VALUE_OPTION_UNSPECIFIED":
        raise invalid("'valueInputOption' is required but not specified")
    return _chosen("value_input_option", given, _ENTERED)


def read(spreadsheet: Thing, text: str, dimension: str, render: str) -> dict[str, Any]:
    """A ValueRange; `values` is left out where all cells are empty."""
    box = box_of(spreadsheet, text)
    option = _chosen("value_render_option", render or _RENDERED[0], _RENDERED)
    by = _chosen("major_dimension", dimension or _DIMENSIONS[0], _DIMENSIONS)
    rows = [[shown(cell, option) for cell in row] for row in box.rows()]
    values = rows if by == "ROWS" else _turned(rows)
    found: dict[str, Any] = {"range": str(box), "majorDimension": by}
    return {**found, "values": values} if values else found


def _turned(rows: list[list[Cell]]) -> list[list[Cell]]:
    columns = [list(column) for column in zip_longest(*rows, fillvalue="")]
    for column in columns:
        while column and column[-1] == "":
            column.pop()
    return columns


def update(spreadsheet: Thing, text: str, body: Thing, option: str) -> dict[str, Any]:
    """Set the cells of a range from its first on; an UpdateValuesResponse."""
    box = box_of(spreadsheet, text)
    if body.get("range") not in {None, text}:
        raise invalid(f"Requested range [{text}] doesn't match the body's range [{body['range']}].")
    rows = _rows_of(body)
    _refuse_overflow(box, text, rows)
    return {
        "spreadsheetId": spreadsheet["spreadsheetId"],
        **_put(box.tab, box.top, box.left, rows, option),
    }


def _rows_of(body: Thing) -> list[list[Any]]:
    values = body.get("values") or []
    if not isinstance(values, list) or not all(isinstance(row, list) for row in values):
        raise invalid(
            "Invalid value at 'data.values' (type.googleapis.com/google.protobuf.ListValue)"
        )
    by = _chosen("data.major_dimension", body.get("majorDimension") or "ROWS", _DIMENSIONS)
    return values if by == "ROWS" else [list(row) for row in zip_longest(*values)]


def _refuse_overflow(box: Box, text: str, rows: list[list[Any]]) -> None:
    """A range of one cell takes any number of values, as far as the grid goes."""
    one = (box.bottom - box.top, box.right - box.left) == (1, 1)
    bottom, right = size_of(box.tab) if one else (box.bottom, box.right)
    widest = max(map(len, rows), default=0)
    if one and (box.top + len(rows) > bottom or box.left + widest > right):
        raise invalid(
            f"Range ({text}) exceeds grid limits. Max rows: {bottom}, max columns: {right}"
        )
    if box.top + len(rows) > bottom:
        raise invalid(
            f"Requested writing within range [{box}], but tried writing to row [{bottom + 1}]"
        )
    if box.left + widest > right:
        raise invalid(
            f"Requested writing within range [{box}], but tried writing to column"
            f" [{column_letters(right)}]"
        )


def _put(tab: Thing, top: int, left: int, rows: list[list[Any]], option: str) -> dict[str, Any]:
    """Set cells, after each has been judged: a refused one leaves nothing behind."""
    cells = [[entered(value, option) for value in row] for row in rows]
    for down, row in enumerate(cells):
        for right, cell in enumerate(row):
            if cell is not None:
                put_cell(tab, top + down, left + right, cell)
    widest = max(map(len, rows), default=0)
    area = Box(tab, top, left, top + max(len(rows), 1), left + max(widest, 1))
    return {
        "updatedRange": str(area),
        "updatedRows": len(rows),
        "updatedColumns": widest,
        "updatedCells": sum(map(len, rows)),
    }


def append(spreadsheet: Thing, text: str, body: Thing, option: str, insert: str) -> dict[str, Any]:
    """Write rows behind the table that the range lies in, else at the range's first cell."""
    how = _chosen("insert_data_option", insert or "OVERWRITE", ("OVERWRITE", "INSERT_ROWS"))
    box = box_of(spreadsheet, text)
    rows = _rows_of(body)
    table = table_at(box)
    top, left = (table.bottom, table.left) if table else (box.top, box.left)
    widest = max(map(len, rows), default=0)
    for row in rows:
        for value in row:
            entered(value, option)
    grid = box.tab["gridProperties"]
    if how == "INSERT_ROWS" and table:
        box.tab["cells"][top:top] = [[] for _ in rows]
        grid["rowCount"] += len(rows)
    grid["rowCount"] = max(grid["rowCount"], top + len(rows))
    grid["columnCount"] = max(grid["columnCount"], left + widest)
    refuse_too_many_cells(spreadsheet)
    ident = {"spreadsheetId": spreadsheet["spreadsheetId"]}
    done = {**ident, "updates": {**ident, **_put(box.tab, top, left, rows, option)}}
    return {**done, "tableRange": str(table)} if table else done


def table_at(box: Box) -> Box | None:
    """The last table that begins in or around a range: cells that touch, as Ctrl+A selects them."""
    filled: set[tuple[int, int]] = set()
    for number, row in enumerate(box.tab["cells"]):
        filled |= {(number, column) for column, cell in enumerate(row) if cell != ""}
    inside = [at for at in filled if _within(box, at)]
    if not inside:
        return None
    top, left = max(inside)
    bottom, right = top + 1, left + 1
    while True:
        near = [
            (row, column)
            for row, column in filled
            if top - 1 <= row <= bottom and left - 1 <= column <= right
        ]
        rows, columns = [row for row, _ in near], [column for _, column in near]
        grown = (min(rows), min(columns), max(rows) + 1, max(columns) + 1)
        if grown == (top, left, bottom, right):
            return Box(box.tab, *grown)
        top, left, bottom, right = grown


def _within(box: Box, at: tuple[int, int]) -> bool:
    return box.top <= at[0] < box.bottom and box.left <= at[1] < box.right


def clear(spreadsheet: Thing, text: str) -> str:
    """Empty the cells of a range; the range as it was cleared."""
    box = box_of(spreadsheet, text)
    for row in box.tab["cells"][box.top : box.bottom]:
        for column in range(box.left, min(box.right, len(row))):
            row[column] = ""
    return str(box)
