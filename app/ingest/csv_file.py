"""An export of Apollo's as a CSV file: read whole and checked before its first row is captured."""

import csv
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.base.errors import UsageError
from leads.encodings import EncodingError, require_utf8
from leads.export_columns import missing_columns, near_name

Row = dict[str, str]
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


class ImportFileError(UsageError):
    """The file can't be imported as an export of Apollo's; the text says where and why."""


@dataclass(slots=True)
class FileCheck:
    """What a whole file holds: the columns, the number of rows, those that are copies of an earlier
    row, and the first lines of rows that have fewer values than there are columns."""

    header: list[str]
    rows: int = 0
    copies: int = 0
    short: list[int] = field(default_factory=list)


def check_file(path: Path) -> FileCheck:
    """Read a whole file.

    Raises ImportFileError when it is not UTF-8, no CSV, lacks a column that every export has, has a
    row with more values than there are columns, or no rows.
    """
    short: list[int] = []
    rows = _read(path, short.append)
    check = FileCheck(next(rows), short=short)
    seen: set[bytes] = set()
    for values in rows:
        key = _digest(values)
        check.rows += 1
        check.copies += key in seen
        seen.add(key)
    if not check.rows:
        raise ImportFileError(f"{path}: no rows below the header")
    return check


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a file by column name, without empty values and without exact copies of an
    earlier row. Raises ImportFileError as check_file does."""
    rows = _read(path, lambda _: None)
    header = next(rows)
    seen: set[bytes] = set()
    for values in rows:
        if (key := _digest(values)) not in seen:
            seen.add(key)
            pairs = zip(header, values, strict=False)
            yield {name: value for name, value in pairs if name and value}


def _read(path: Path, note_short: Callable[[int], None]) -> Iterator[list[str]]:
    """The header, and each row that is not blank, with at most as many values."""
    _require_utf8(path)
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file, strict=True)
        line = 1
        try:
            header = next(reader, [])
            _check_header(path, header)
            yield header
            line = reader.line_num + 1
            for values in reader:
                if any(values[len(header) :]):
                    raise ImportFileError(
                        f"{path}, line {line}: {len(values)} values for {len(header)} columns; is a"
                        " value with a comma without quotes?"
                    )
                if values:
                    if len(values) < len(header):
                        note_short(line)
                    yield values[: len(header)]
                line = reader.line_num + 1
        except csv.Error as error:
            raise ImportFileError(f"{path}, line {line}: {_explain(error)}") from None


def _digest(values: list[str]) -> bytes:
    """Stands for a row, so that a large file's rows need not lie in memory."""
    return hashlib.blake2b(repr(values).encode(), digest_size=16).digest()


def _explain(error: csv.Error) -> str:
    """A fault of the row that begins there."""
    if "unexpected end of data" in str(error):
        return "a quote is opened and never closed"
    return f"not CSV ({error}); is a quote not doubled, or not closed?"


def _check_header(path: Path, header: list[str]) -> None:
    missing = missing_columns(header)
    if not missing:
        return
    if not header:
        raise ImportFileError(f"{path}: no column {', '.join(missing)}: the file is empty")
    for delimiter, name in _OTHER_DELIMITERS.items():
        if delimiter in header[0] and len(missing_columns("".join(header).split(delimiter))) < len(
            missing
        ):
            raise ImportFileError(
                f"{path}, line 1: {name} between the columns; save it with commas, as 'CSV UTF-8'"
            )
    near = [f"{meant!r} is written {name!r}" for name, meant in _near(header, missing)]
    if near:
        raise ImportFileError(
            f"{path}, line 1: no column {', '.join(missing)}: {', '.join(near)} here; rename the"
            " columns as Apollo's export writes them"
        )
    raise ImportFileError(
        f"{path}: no column {', '.join(missing)}; is it an Apollo contact export?"
    )


def _near(header: list[str], missing: list[str]) -> Iterator[tuple[str, str]]:
    for name in header:
        if meant := near_name(name, missing):
            yield name, meant


def _require_utf8(path: Path) -> None:
    with path.open("rb") as lines:
        try:
            require_utf8(lines, str(path))
        except EncodingError as error:
            raise ImportFileError(str(error)) from None
