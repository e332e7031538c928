"""An export of Apollo's as a CSV file: read whole and checked before its first row is captured."""

import csv
import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from app.base.errors import UsageError
from app.files.encodings import encoding_of
from leads.export_columns import Header, missing_columns, near_name, read_header


class Row(NamedTuple):
    """A row's values by the columns' names as the file has them, and by the names that they are
    read under."""

    given: dict[str, str]
    read: dict[str, str]


#: Between the columns; the one under which the most columns are known.
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


class ImportFileError(UsageError):
    """The file can't be imported as an export of Apollo's; the text says where and why."""


@dataclass(frozen=True, slots=True)
class FileForm:
    """How a file is read: its encoding as Python names it, what is between its columns, and what
    these are."""

    path: Path
    encoding: str
    delimiter: str
    header: Header

    @property
    def between(self) -> str:
        """What is between the columns, in words."""
        return _DELIMITERS[self.delimiter]


@dataclass(slots=True)
class FileCheck:
    """What a whole file holds: the number of rows, those that are copies of an earlier row, and the
    first lines of rows that have fewer values than there are columns."""

    form: FileForm
    rows: int = 0
    copies: int = 0
    short: list[int] = field(default_factory=list)


def read_form(path: Path, encoding: str = "", mapped: Collection[str] = ()) -> FileForm:
    """How a file is to be read. `encoding`: what a person says it has; `mapped`: the columns that
    the rules' mapping reads.

    Raises EncodingError, and ImportFileError where a column lacks that every export has.
    """
    encoding = encoding_of(path, encoding)
    forms: list[FileForm] = []
    faults: list[ImportFileError] = []
    for delimiter in _DELIMITERS:
        try:
            header = _read_header(path, encoding, delimiter, mapped)
        except ImportFileError as error:
            faults.append(error)
        else:
            forms.append(FileForm(path, encoding, delimiter, header))
    best = min(forms, key=_lacks, default=None)
    if best is None or (faults and _lacks(best) == _lacks_all()):
        raise faults[0]
    _require_columns(best)
    return best


def _lacks_all() -> int:
    return len(missing_columns(()))


def _lacks(form: FileForm) -> int:
    return len(missing_columns(form.header.names))


def _read_header(path: Path, encoding: str, delimiter: str, mapped: Collection[str]) -> Header:
    with path.open(newline="", encoding=encoding) as file:
        try:
            given = next(csv.reader(file, delimiter=delimiter, strict=True), [])
        except csv.Error as error:
            raise ImportFileError(f"{path}, line 1: {_explain(error)}") from None
    return read_header(given, mapped)


def check_file(form: FileForm) -> FileCheck:
    """Read a whole file.

    Raises ImportFileError when it is no CSV, has a row with more values than there are columns, or
    no rows.
    """
    check = FileCheck(form)
    seen: set[bytes] = set()
    for values in _read(form, check.short.append):
        key = _digest(values)
        check.rows += 1
        check.copies += key in seen
        seen.add(key)
    if not check.rows:
        raise ImportFileError(f"{form.path}: no rows below the header")
    return check


def read_rows(form: FileForm) -> Iterator[Row]:
    """The rows of a file by column name, without empty values and without exact copies of an
    earlier row. Raises ImportFileError as check_file does."""
    seen: set[bytes] = set()
    for values in _read(form, lambda _: None):
        if (key := _digest(values)) not in seen:
            seen.add(key)
            yield Row(_by_name(form.header.given, values), _by_name(form.header.names, values))


def _by_name(names: Sequence[str], values: Sequence[str]) -> dict[str, str]:
    """Without empty values; of two columns of one name the first that has text counts."""
    row: dict[str, str] = {}
    for name, value in zip(names, values, strict=False):
        if name and value:
            row.setdefault(name, value)
    return row


def _read(form: FileForm, note_short: Callable[[int], None]) -> Iterator[list[str]]:
    """Each row below the header that is not blank, with at most as many values as columns."""
    path, columns = form.path, len(form.header.names)
    with path.open(newline="", encoding=form.encoding) as file:
        reader = csv.reader(file, delimiter=form.delimiter, strict=True)
        line = 1
        try:
            next(reader, [])
            line = reader.line_num + 1
            for values in reader:
                if any(values[columns:]):
                    raise ImportFileError(
                        f"{path}, line {line}: {len(values)} values for {columns} columns; is a"
                        f" value with {form.between} without quotes?"
                    )
                if values:
                    if len(values) < columns:
                        note_short(line)
                    yield values[:columns]
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


def _require_columns(form: FileForm) -> None:
    path, names = form.path, form.header.names
    missing = missing_columns(names)
    if not missing:
        return
    if not names:
        raise ImportFileError(f"{path}: no column {', '.join(missing)}: the file is empty")
    near = [f"{meant!r} is written {name!r}" for name, meant in _near(names, missing)]
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
