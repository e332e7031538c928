"""No cell that is written is a formula, in whatever way a spreadsheet divides the line."""

import csv
import io
import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.files.formulas import escape_formulas, unescape_formulas

SIGNS_OF_FORMULAS = {*"=+-@\uff1d\uff0b\uff0d\uff20\t\r\n"}
#: Text that is mostly what makes a formula.
NASTY = (
    st.text(st.sampled_from("=+-@\uff1d\uff0b\uff0d\uff20;,|\t\r\n\"' \xa0a1(!"), max_size=30)
    | st.text()
)


def cells(text: str, delimiter: str) -> list[str]:
    """The cells of one written cell's line, for a spreadsheet of that locale: with quotes heeded,
    and without."""
    line = io.StringIO(newline="")
    csv.writer(line).writerow(["before", text, "after"])
    written = line.getvalue()
    heeded = csv.reader(io.StringIO(written, newline=""), delimiter=delimiter)
    return [cell for row in heeded for cell in row] + written.split(delimiter)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@given(NASTY)
def test_no_cell_begins_as_a_formula_in_any_locale(delimiter: str, text: str) -> None:
    for cell in cells(escape_formulas(text), delimiter):
        # without the line's own end, and the quotes and space that a spreadsheet drops
        assert cell.removesuffix("\r\n").lstrip('" \xa0')[:1] not in SIGNS_OF_FORMULAS


@given(NASTY)
def test_a_cell_is_read_back_as_it_was(text: str) -> None:
    assert unescape_formulas(escape_formulas(text)) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("Acme;=1+1", "Acme;'=1+1"),
        ('Acme; "=1+1"', 'Acme;\' "=1+1"'),
        ("\uff1d1+1", "'\uff1d1+1"),
        (" \t=1", "' \t'=1"),
        ("+49 30 1234", "'+49 30 1234"),
        *((plain,) * 2 for plain in ("O'Brien, Inc.", "a-b", "ada@acme.com", "R&D; Sales", "")),
    ],
)
def test_only_what_could_run_is_changed(text: str, written: str) -> None:
    assert escape_formulas(text) == written


@pytest.mark.parametrize("text", ["\t", ";", " ", "'", ";'", '" ', "=", " \t"], ids=repr)
def test_100_kb_take_no_time(text: str) -> None:
    begun = process_time()
    unescape_formulas(escape_formulas(text * (100_000 // len(text))))
    assert process_time() - begun < 1.0, "what is not linear takes seconds"


def test_the_check_sees_a_formula_that_is_not_escaped() -> None:
    assert any(re.match("[=]", cell) for cell in cells("a;=1", ";"))
