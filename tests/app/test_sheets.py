"""The sheet of what waits: projected without doubles and formulas, and read back as decisions."""

import asyncio
from pathlib import Path
from threading import Thread

import pytest

from app.files.encodings import EncodingError
from app.review.read_back import read
from app.review.sheets import CsvSheet, PersonRows, Row, read_csv, row_of
from leads.keys import Keys
from leads.records import Company, Person, Reason, ReviewItem


def held(ident: str = "l", **fields: object) -> ReviewItem:
    """A lead that waits for its title."""
    given = {
        "lead_id": ident,
        "kind": "review",
        "stage": "intake",
        "partition": 3,
        "step": 7,
        "since": 1_800_000_000.0,
        "reasons": (Reason(rule="required.title", decisive=True, why="title is missing"),),
        "person": Person(email="a@b.com", first_name="=cmd()"),
        "company": Company(name="Acme", domain="b.com"),
    }
    return ReviewItem(**{**given, **fields})  # type: ignore[arg-type]


def changed(**cells: str) -> Row:
    """Its row, corrected."""
    return {**row_of(held()), **cells}


def test_a_sheet_comes_back_as_it_went_and_no_cell_is_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "waiting.csv"
    asyncio.run(CsvSheet(path).show([row_of(held())]))
    assert "'=cmd()" in path.read_text()
    assert ",=" not in path.read_text()
    assert read_csv(path) == [row_of(held())]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_sheet_is_not_written_through_a_link(tmp_path: Path) -> None:
    other, link = tmp_path / "theirs", tmp_path / "waiting.csv"
    other.write_text("kept")
    link.symlink_to(other)
    with pytest.raises(OSError, match="symbolic link"):
        asyncio.run(CsvSheet(link).show([row_of(held())]))
    assert other.read_text() == "kept"


def test_corrections_and_decisions_are_read_and_untouched_rows_ask_for_nothing() -> None:
    reading = read(
        [changed(title="VP Sales"), changed(decision="route eve@acme.test"), changed()], [held()]
    )
    assert [(w.action, w.fields) for w in reading.wanted] == [
        ("set", {"title": "VP Sales"}),
        ("route", {"to": "eve@acme.test"}),
    ]
    assert (reading.untouched, reading.problems) == (1, [])


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"decision": "perhaps"}, "no such decision 'perhaps'"),
        ({"decision": "route nobody"}, "no such decision"),
        ({"decision": "merge", "title": "VP"}, "both a decision"),
        ({"record_id": "l:6", "decision": "merge"}, "waits no longer at that step"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_row(cells: dict[str, str], said: str) -> None:
    reading = read([changed(**cells)], [held()])
    assert reading.wanted == []
    [problem] = reading.problems
    assert problem.startswith("row 2: ")
    assert said in problem


def test_a_file_that_is_no_sheet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="no column record_id, decision"):
        read_csv(tmp_path / "x.csv")


def test_a_sheet_in_a_code_page_is_read_where_it_is_known(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("record_id,decision\nMüller,\n".encode("cp1252"))
    assert read_csv(path)[0]["record_id"] == "Müller"
    path.write_bytes("record_id,decision\nMuñoz,\n".encode("cp1252"))
    with pytest.raises(EncodingError, match="line 2: not UTF-8; save it as 'CSV UTF-8'"):
        read_csv(path)


KEYS = Keys("site")


def rows_of(*idents: str, email: str = "a@b.com") -> list[Row]:
    """A row of each lead."""
    person = Person(email=email, first_name="Ada")
    return [row_of(held(ident, person=person)) for ident in idents]


@pytest.mark.parametrize(
    "person",
    [
        PersonRows({"l1"}, set(), KEYS.address),
        PersonRows(set(), {KEYS.address("A@b.com")}, KEYS.address),
    ],
)
def test_a_persons_rows_leave_the_file_and_no_others(tmp_path: Path, person: PersonRows) -> None:
    path = tmp_path / "waiting.csv"
    others = rows_of("l2", email="bob@b.com")
    sheet = CsvSheet(path)
    asyncio.run(sheet.show([*rows_of("l1"), *others]))
    erased = asyncio.run(sheet.erase(person))
    assert (erased.outcome, erased.ids, erased.system) == ("erased", ("l1:7",), "waiting.csv")
    assert read_csv(path) == others
    assert asyncio.run(sheet.erase(person)).outcome == "gone"
    assert "Ada" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_sheet_that_is_not_on_this_machine_has_no_rows_and_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "waiting.csv"
    erased = asyncio.run(CsvSheet(path).erase(PersonRows({"l1"}, set(), KEYS.address)))
    assert erased.outcome == "gone"
    assert "isn't on this machine" in erased.remains
    assert not path.exists()


def test_no_row_is_lost_that_another_process_writes_while_a_persons_are_erased(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An erasure reads and writes under one lock, for which the poller's own write waits."""
    path = tmp_path / "waiting.csv"
    asyncio.run(CsvSheet(path).show(rows_of("l1", "l2", email="bob@b.com")))
    poller = Thread(target=lambda: asyncio.run(CsvSheet(path).show(rows_of("l2", "l3"))))

    def read_and_be_overtaken(file: Path) -> list[Row]:
        rows = read_csv(file)
        poller.start()
        poller.join(timeout=0.3)  # it would be through by then if nothing held it
        return rows

    monkeypatch.setattr("app.review.sheets.read_csv", read_and_be_overtaken)
    asyncio.run(CsvSheet(path).erase(PersonRows({"l1"}, set(), KEYS.address)))
    poller.join()
    assert [row["record_id"] for row in read_csv(path)] == ["l2:7", "l3:7"]
