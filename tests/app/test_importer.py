"""Which CSV files are imported, and what is refused before a row is captured."""

import codecs
from pathlib import Path
from typing import Any

import pytest

from app.base.errors import UsageError
from app.base.settings import Settings
from app.commands.imports import FileImport
from app.ingest.csv_file import ImportFileError, check_file, read_rows
from app.rules.store import load_rules
from leads.export_columns import COLUMNS, unused_columns
from leads.exportrow import map_row
from leads.records import Captured
from tests.app.command_line import DEMO_RULES

HEADER = "First Name,Last Name,Title,Company Name,Email\n"
ROW = "Jörg,Müller,VP Sales,Straße AG,joerg@strasse.test\n"


def file_of(directory: Path, content: bytes) -> Path:
    path = directory / "leads.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf8_is_read(tmp_path: Path, encoding: str) -> None:
    [row] = read_rows(file_of(tmp_path, (HEADER + ROW).encode(encoding)))
    assert (row["First Name"], row["Company Name"]) == ("Jörg", "Straße AG")


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_a_code_page_is_refused_with_its_line(tmp_path: Path, encoding: str) -> None:
    ascii_row = "Ann,Lee,CEO,Acme,ann@acme.test\n"
    path = file_of(tmp_path, (HEADER + ascii_row + ROW).encode(encoding))
    rows = read_rows(path)
    with pytest.raises(UsageError) as refused:
        next(rows)
    assert str(refused.value) == f"{path}, line 3: not UTF-8; save it as 'CSV UTF-8'"
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
def test_utf16_is_named(tmp_path: Path, mark: bytes) -> None:
    encoding = "utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be"
    path = file_of(tmp_path, mark + HEADER.encode(encoding))
    with pytest.raises(UsageError, match="line 1: UTF-16, not UTF-8; save it as 'CSV UTF-8'"):
        list(read_rows(path))


def test_utf16_without_its_mark_is_refused(tmp_path: Path) -> None:
    path = file_of(tmp_path, HEADER.encode("utf-16-le"))
    with pytest.raises(UsageError, match="line 1: not UTF-8"):
        list(read_rows(path))


def csv_of(directory: Path, *lines: str) -> Path:
    return file_of(directory, "".join(f"{line}\n" for line in (HEADER.strip(), *lines)).encode())


ANN = "Ann,Lee,CEO,Acme,ann@acme.test"
BEN = "Ben,Poe,CTO,Acme,ben@acme.test"


def test_rows_and_exact_copies_are_counted_and_copies_left_out(tmp_path: Path) -> None:
    path = csv_of(tmp_path, ANN, BEN, "", ANN)
    check = check_file(path)
    assert (check.rows, check.copies, check.short) == (3, 1, [])
    assert [row["First Name"] for row in read_rows(path)] == ["Ann", "Ben"]


def test_a_short_row_is_taken_and_its_line_noted(tmp_path: Path) -> None:
    path = csv_of(tmp_path, ANN, "Ben,Poe,CTO")
    assert check_file(path).short == [3]
    assert list(read_rows(path))[1] == {"First Name": "Ben", "Last Name": "Poe", "Title": "CTO"}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((), ": no rows below the header"),
        ((ANN, f"{BEN},more"), ", line 3: 6 values for 5 columns"),
        ((ANN, 'Ben,"Poe,CTO,Acme,x', BEN), ", line 3: a quote is opened and never closed"),
        ((ANN, 'Ben,"Po"e,CTO,Acme,x'), ", line 3: not CSV"),
    ],
)
def test_what_is_no_sound_file_is_refused(
    tmp_path: Path, lines: tuple[str, ...], message: str
) -> None:
    path = csv_of(tmp_path, *lines)
    with pytest.raises(ImportFileError) as refused:
        check_file(path)
    assert str(refused.value).startswith(f"{path}{message}")
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (HEADER.replace(",", ";"), "line 1: semicolons between the columns; save it with commas"),
        (HEADER.replace(",", "\t"), "line 1: tabs between the columns"),
        (HEADER.lower(), "'First Name' is written 'first name'"),
        (HEADER.replace("Email", "E-mail"), "no column Email: 'Email' is written 'E-mail' here"),
        (HEADER.replace("Title,", ""), "no column Title; is it an Apollo contact export?"),
        ("", "the file is empty"),
    ],
)
def test_a_wrong_header_is_named_as_it_is(tmp_path: Path, header: str, message: str) -> None:
    path = file_of(tmp_path, header.encode())
    with pytest.raises(ImportFileError, match=r"no column|between the columns") as refused:
        check_file(path)
    assert message in str(refused.value)


def test_unused_columns_come_with_near_names() -> None:
    header = ["First Name", "lists", "Countri", "Demoed", "Tier", "", "City"]
    assert unused_columns(header, ["Tier"]) == {
        "lists": "Lists",
        "Countri": "Country",
        "Demoed": "",
    }


def test_every_column_that_is_read_is_listed() -> None:
    read: set[str] = set()

    class Recording(dict[str, str]):
        def get(self, name: str, default: object = None) -> Any:
            read.add(name)
            return default

    map_row(
        Captured(source="csv", source_id="1", captured_at=0.0, raw=Recording()),
        load_rules(DEMO_RULES),
    )
    assert read == {column.name for column in COLUMNS}


def test_progress_off_a_terminal_is_a_line_every_five_thousand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = load_rules(DEMO_RULES)
    work = FileImport(Settings.model_construct(), rules, tmp_path / "x.csv", 500)
    for rows in (500, 12_000):
        with work._progress(rows) as show:
            for captured in range(100, rows + 1, 100):
                show(captured)
    assert capsys.readouterr().err.splitlines() == [
        "5000 of 12000 rows are captured",
        "10000 of 12000 rows are captured",
    ]
