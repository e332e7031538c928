"""Which CSV files are imported, and what is refused before a row is captured."""

import codecs
from pathlib import Path

import pytest

from app.base.errors import UsageError
from app.ingest.importer import read_rows

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
