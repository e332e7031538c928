"""Which CSV files are imported, and what is refused before a row is captured."""

from pathlib import Path
from typing import Any

import pytest

from app.base.errors import UsageError
from app.base.settings import Settings
from app.commands.imports import FileImport
from app.ingest.csv_file import FileForm, ImportFileError, check_file, read_form, read_rows
from app.ingest.importer import to_captured
from app.rules.store import load_rules
from leads.export_columns import _ALSO, COLUMNS, _fold, read_header
from leads.exportrow import map_row
from leads.records import Captured
from tests.app.command_line import DEMO_RULES

HEADER = "First Name,Last Name,Title,Company Name,Email\n"
ROW = "Jörg,Müller,VP Sales,Straße AG,joerg@strasse.test\n"


def rows_of(form: FileForm) -> list[dict[str, str]]:
    """The rows as they are read."""
    return [row.read for row in read_rows(form)]


def file_of(directory: Path, content: bytes) -> Path:
    path = directory / "leads.csv"
    path.write_bytes(content)
    return path


ACCENTS = "José,Muñoz,CEO,Peñalver,jose@b.test\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_is_read_whose_letters_are_known(tmp_path: Path, encoding: str) -> None:
    """A code page is taken where every page that people could mean reads the same."""
    path = file_of(tmp_path, (HEADER + ROW).encode(encoding))
    [row] = rows_of(read_form(path))
    assert (row["First Name"], row["Company Name"]) == ("Jörg", "Straße AG")


def test_of_two_readings_a_person_says_which(tmp_path: Path) -> None:
    ascii_row = "Ann,Lee,CEO,Acme,ann@acme.test\n"
    path = file_of(tmp_path, (HEADER + ascii_row + ACCENTS).encode("cp1252"))
    with pytest.raises(UsageError) as refused:
        read_form(path)
    assert str(refused.value) == (
        f"{path}, line 3: not UTF-8; save it as 'CSV UTF-8', or say its encoding with --encoding:"
        " cp1252 reads Muñoz Peñalver, cp1250 reads Muńoz Peńalver"
    )
    assert refused.value.exit_code == 2
    _, row = rows_of(read_form(path, "cp1252"))
    assert row["Last Name"] == "Muñoz"


@pytest.mark.parametrize(
    ("content", "encoding", "message"),
    [
        (HEADER.encode("utf-16-le"), "", ", line 1: no text; is it a spreadsheet's own format?"),
        (bytes(range(256)) * 9, "", ", line 2: no text"),
        (HEADER.encode(), "cp9", "'cp9' is no encoding; cp1252 is one"),
        ((HEADER + ROW).encode("cp1252"), "utf-8", ", line 2: not utf-8"),
        ((HEADER + ROW).encode("cp1252"), "ascii", ", line 2: not ascii"),
    ],
)
def test_what_is_no_text_is_refused_with_its_line(
    tmp_path: Path, content: bytes, encoding: str, message: str
) -> None:
    with pytest.raises(UsageError) as refused:
        read_form(file_of(tmp_path, content), encoding)
    assert message in str(refused.value)


TEXTS = {
    "cp1252": "Søren,Ærø,Direktør,Lægemiddel,s@b.test",
    "cp1250": "Jiří,Dvořák,Ředitel,Škoda,j@b.test",
    "cp1251": "Юлия,Иванова,Директор,Ромашка,y@b.test",
    "cp1253": "Γιώργος,Παπάς,Διευθυντής,Ελλάς,g@b.test",
    "cp1254": "Ayşe,Şahin,Müdür,Şişecam,o@b.test",
    "cp1257": "Jānis,Bērziņš,Direktors,Rīga,j@b.test",
    "mac_roman": "José,Marín,Director,Peñalver,j@b.test",
    "cp932": "太郎,山田,営業部長,株式会社東京,t@b.test",
    "gb18030": "伟,王,销售总监,北京公司,w@b.test",
    "cp850": "Jürgen,Groß,Chef,Müller,j@b.test",
    "cp437": "Jürgen,Groß,Chef,Müller,j@b.test",
    "iso8859_15": "Lœuf,Anne,Chef,Lœuf,l@b.test",
    "cp874": "สมชาย,ใจดี,ผู้จัดการ,บริษัท,s@b.test",
    "cp949": "민수,김,영업 이사,삼성,m@b.test",
}


@pytest.mark.parametrize(("encoding", "row"), TEXTS.items(), ids=TEXTS)
def test_no_file_is_read_wrong(tmp_path: Path, encoding: str, row: str) -> None:
    """It is read as it was written, or its encoding is among those that are said."""
    path = file_of(tmp_path, f"{HEADER}{row}\n".encode(encoding))
    try:
        [found] = rows_of(read_form(path))
    except UsageError as refused:
        assert " reads " in str(refused)  # noqa: PT017  either is right
    else:
        assert ",".join(found.values()) == row


def csv_of(directory: Path, *lines: str) -> Path:
    return file_of(directory, "".join(f"{line}\n" for line in (HEADER.strip(), *lines)).encode())


ANN = "Ann,Lee,CEO,Acme,ann@acme.test"
BEN = "Ben,Poe,CTO,Acme,ben@acme.test"


def test_rows_and_exact_copies_are_counted_and_copies_left_out(tmp_path: Path) -> None:
    path = csv_of(tmp_path, ANN, BEN, "", ANN)
    form = read_form(path)
    check = check_file(form)
    assert (check.rows, check.copies, check.short) == (3, 1, [])
    assert [row["First Name"] for row in rows_of(form)] == ["Ann", "Ben"]


def test_a_short_row_is_taken_and_its_line_noted(tmp_path: Path) -> None:
    path = csv_of(tmp_path, ANN, "Ben,Poe,CTO")
    assert check_file(read_form(path)).short == [3]
    assert list(rows_of(read_form(path)))[1] == {
        "First Name": "Ben",
        "Last Name": "Poe",
        "Title": "CTO",
    }


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
        check_file(read_form(path))
    assert str(refused.value).startswith(f"{path}{message}")
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (HEADER.replace("Last Name", "Last Name1"), "'Last Name' is written 'Last Name1'"),
        (HEADER.replace("Title,", ""), "no column Title; is it an Apollo contact export?"),
        ("", "the file is empty"),
        (HEADER.replace("Email", '"Email'), "line 1: a quote is opened and never closed"),
    ],
)
def test_a_wrong_header_is_named_as_it_is(tmp_path: Path, header: str, message: str) -> None:
    with pytest.raises(ImportFileError) as refused:
        read_form(file_of(tmp_path, header.encode()))
    assert message in str(refused.value)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_what_is_between_the_columns_is_seen(tmp_path: Path, delimiter: str) -> None:
    content = (HEADER + ROW).replace(",", delimiter)
    form = read_form(file_of(tmp_path, content.encode()))
    [row] = rows_of(form)
    assert row["Email"] == "joerg@strasse.test"


@pytest.mark.parametrize(
    "header",
    [
        "first name,LAST NAME,title,company name,email",
        "First Name,Last Name,Title,Company Name,Email ",
        "FirstName,last_name,Job Title,Organization,E-mail",
        "Given Name,Surname,Position,Account Name,E-Mail Address",
    ],
)
def test_columns_are_read_whatever_people_call_them(tmp_path: Path, header: str) -> None:
    form = read_form(file_of(tmp_path, f"{header}\n{ROW}".encode()))
    [row] = rows_of(form)
    names = ["First Name", "Last Name", "Title", "Company Name", "Email"]
    assert list(row) == names
    changed = {a: b for a, b in zip(header.split(","), names, strict=True) if a != b}
    assert form.header.renamed == changed


def test_one_column_may_hold_the_whole_name(tmp_path: Path) -> None:
    content = "Full Name,Title,Company,Email\nAda Byron,CEO,Acme,ada@acme.test\n"
    [row] = rows_of(read_form(file_of(tmp_path, content.encode())))
    record = Captured(source="csv", source_id="1", captured_at=0.0, raw=dict(row), format="csv")
    person = map_row(record, load_rules(DEMO_RULES)).person
    assert (person.first_name, person.last_name) == ("Ada", "Byron")


def test_a_column_under_its_own_name_comes_before_one_under_another() -> None:
    header = read_header(["E-mail", "Email", "Company", "Organization", "Phone"], ["Phone"])
    assert header.names == ["E-mail", "Email", "Company", "Organization", "Phone"]
    assert header.renamed == {}
    assert list(header.unused) == ["E-mail", "Organization"]


def test_unused_columns_come_with_near_names() -> None:
    given = ["First Name", "Listss", "Countri", "Demoed", "Tier", "", "City"]
    header = read_header(given, ["Tier"])
    assert header.unused == {"Listss": "Lists", "Countri": "Country", "Demoed": ""}


def test_a_lead_keeps_its_id_whatever_its_columns_are_read_as(tmp_path: Path) -> None:
    """An earlier release, or other rules, read them otherwise."""
    path = file_of(tmp_path, (HEADER.strip() + ",Phone\n" + ROW.strip() + ",1\n").encode())
    ids = set()
    for mapped in ((), ("Phone",)):
        [row] = read_rows(read_form(path, mapped=mapped))
        ids.add(to_captured(row, "x", 0.0, "fresh").source_id)
    assert len(ids) == 1


def test_every_value_in_quotes_is_as_good(tmp_path: Path) -> None:
    lines = (HEADER + ROW).splitlines()
    quoted = "\n".join(";".join(f'"{v}"' for v in line.split(",")) for line in lines)
    [row] = rows_of(read_form(file_of(tmp_path, quoted.encode())))
    assert row["Email"] == "joerg@strasse.test"


def test_of_two_columns_of_one_name_the_first_with_text_counts(tmp_path: Path) -> None:
    content = f"{HEADER.strip()},Email\n{ROW.strip()},other@x.test\n"
    [row] = rows_of(read_form(file_of(tmp_path, content.encode())))
    assert row["Email"] == "joerg@strasse.test"


@pytest.mark.parametrize("name", ["hex", "rot13", "zip", "a\0b"])
def test_what_is_no_encoding_of_text_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="is no encoding"):
        read_form(file_of(tmp_path, (HEADER + ROW).encode()), name)


def test_no_two_columns_share_another_name() -> None:
    folded = [_fold(column.name) for column in COLUMNS]
    others = [name for names in _ALSO.values() for name in names.split()]
    assert len({*folded, *others}) == len(folded) + len(others)


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
    check = check_file(read_form(csv_of(tmp_path, ANN)))
    work = FileImport(Settings.model_construct(), check, 500)
    for rows in (500, 12_000):
        with work._progress(rows) as show:
            for captured in range(100, rows + 1, 100):
                show(captured)
    assert capsys.readouterr().err.splitlines() == [
        "5000 of 12000 rows are captured",
        "10000 of 12000 rows are captured",
    ]
