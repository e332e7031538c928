"""A1 notation: which cells a text names.

Source: Sheets API, "Cells, A1 notation". A name that looks like a cell must be quoted, or it is
one (dataiku-contrib 215).
"""

import re
from dataclasses import dataclass

_CELL = re.compile(r"\$?(?P<column>[A-Za-z]{0,3})\$?(?P<row>[1-9]\d*)?")
_PLAIN = re.compile(r"[A-Za-z_]\w*")
_QUOTED = re.compile(r"'((?:[^']|'')+)'")


@dataclass(frozen=True, slots=True)
class Area:
    """Cells of a tab by numbers from 0, the ends not included; None is an end that is open."""

    top: int = 0
    left: int = 0
    bottom: int | None = None
    right: int | None = None


def split_tab(text: str) -> tuple[str | None, str]:
    """The tab's name, None for the first tab, and the cells, '' for all of the tab.

    Raises ValueError for quotes that don't close.
    """
    if text.startswith("'"):
        quoted = _QUOTED.match(text)
        rest = text[quoted.end() :] if quoted else ""
        if quoted is None or (rest and not rest.startswith("!")):
            raise ValueError(text)
        return quoted[1].replace("''", "'"), rest[1:]
    if "!" in text:
        tab, _, cells = text.rpartition("!")
        return tab, cells
    return (None, text) if is_area(text) else (text, "")


def is_area(text: str) -> bool:
    """Whether a text names cells, and no tab."""
    try:
        area_of(text)
    except ValueError:
        return False
    return True


def area_of(cells: str) -> Area:
    """The cells that a text such as B2, B2:C3, B:B, 2:3 or B2:B names.

    Raises ValueError for another text.
    """
    first, colon, last = cells.partition(":")
    column, row = _corner(first)
    if not colon:
        if column is None or row is None:
            raise ValueError(cells)
        return Area(row, column, row + 1, column + 1)
    end_column, end_row = _corner(last)
    if (column is None) != (end_column is None) and row is None:
        raise ValueError(cells)
    rows, columns = _ordered(row, end_row), _ordered(column, end_column)
    return Area(rows[0], columns[0], rows[1], columns[1])


def _ordered(first: int | None, last: int | None) -> tuple[int, int | None]:
    """Start and end of a span, in order whichever corner was named first."""
    if first is None or last is None:
        return first if first is not None else last or 0, None
    return min(first, last), max(first, last) + 1


def _corner(text: str) -> tuple[int | None, int | None]:
    found = _CELL.fullmatch(text)
    if not text or found is None:
        raise ValueError(text)
    row = int(found["row"]) - 1 if found["row"] else None
    return (column_number(found["column"]) if found["column"] else None), row


def column_number(letters: str) -> int:
    """Of A it is 0."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def column_letters(number: int) -> str:
    """Of 0 it is A."""
    letters, number = "", number + 1
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(65 + letter) + letters
    return letters


def written(title: str, top: int, left: int, bottom: int, right: int) -> str:
    """A closed area of a tab as the API writes it; `bottom` and `right` are not included."""
    plain = _PLAIN.fullmatch(title) and not is_area(title)
    name = title if plain else "'" + title.replace("'", "''") + "'"
    first = f"{column_letters(left)}{top + 1}"
    last = f"{column_letters(right - 1)}{bottom}"
    return f"{name}!{first}" if first == last else f"{name}!{first}:{last}"
