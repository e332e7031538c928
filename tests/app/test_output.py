"""What a lead, a file or a vendor says reaches a terminal and a log as text: it moves no cursor,
forges no line and turns no direction."""

import logging
import unicodedata
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from app.cli.output import as_lines, complain, notify, show
from app.commands.import_report import FileFacts
from app.ingest.import_preview import RowPreview, preview_text
from app.monitoring.logs import Format, set_up_logging
from app.operations.undo import UndoReport
from leads.explain import describe_event, describe_item, reasons, review_line
from leads.records import Audit, Company, Person, Reason, ReviewItem
from leads.text import visible, visible_lines

#: ESC, C1's CSI, the override of direction, carriage return, bell, line separators, half an emoji.
HOSTILE = "\x1b[2J\x9b31m\u202e\r\x07\x85\u2028\n\x00\ud83d\ufeff\u200d"
TEXTS = st.text(st.sampled_from(HOSTILE) | st.characters(), max_size=30)


def is_safe(line: str) -> bool:
    """Whether a terminal shows the line as it is: no control, no mark of direction, no break."""
    return not any(
        unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        and letter not in "\u200c\u200d"
        for letter in line
    )


def item(text: str) -> ReviewItem:
    return ReviewItem(
        lead_id="l",
        kind="review",
        stage="intake",
        partition=0,
        step=1,
        since=1.0,
        reasons=(Reason(rule="r", decisive=True, why=text),),
        person=Person(
            email=text, first_name=text, title=text, phone=text, city=text, state=text, country=text
        ),
        company=Company(name=text, domain=text, industry=text),
    )


def event(text: str) -> Audit:
    return Audit(
        id="e",
        lead="l",
        stage="intake",
        kind="reviewed",
        step=1,
        place="review",
        at=1.0,
        actor=text,
        cause="c",
        rules="r",
        inputs=None,
        trace=(Reason(rule=text, decisive=True, why=text),),
        outcome={"dropped": [text]},
    )


def row(text: str) -> RowPreview:
    return RowPreview(
        name=text,
        email=text,
        company=text,
        title=text,
        seniority=text,
        function=text,
        becomes="rep",
        owner=text,
        why=text,
        dropped=(text,),
    )


def facts(text: str) -> FileFacts:
    columns = {text: text}
    return FileFacts(
        rows=1,
        copies=0,
        encoding="utf-8",
        delimiter="commas",
        renamed_columns=columns,
        unused_columns=columns,
        short_rows=[],
    )


#: What is printed of foreign text, line by line.
LINES: dict[str, Callable[[str], list[str]]] = {
    "visible": lambda text: [visible(text)],
    "review list": lambda text: [review_line(item(text))],
    "review show": lambda text: describe_item(item(text)).split("\n"),
    "why": lambda text: [describe_event(event(text)), *reasons(event(text))],
    "a row of import --dry-run": lambda text: [row(text).text()],
    "import --dry-run": lambda text: preview_text([row(text)]).split("\n"),
    "the report of an import": lambda text: facts(text).lines(),
    "undo": lambda text: UndoReport(refused={"1": text}).text().split("\n"),
    "doctor": lambda text: as_lines([text, text]).split("\n"),
}
#: How many lines each of them has.
COUNTS = {"review show": range(3, 10), "why": [3], "import --dry-run": [3], "undo": [2]}
COUNTS |= {"the report of an import": [2], "doctor": [2]}


@pytest.mark.parametrize("command", LINES)
@given(TEXTS)
def test_a_line_is_one_line_and_safe(command: str, text: str) -> None:
    lines = LINES[command](text)
    assert len(lines) in COUNTS.get(command, [1])
    assert all(map(is_safe, lines))


@given(TEXTS)
def test_what_a_command_prints_is_safe(text: str) -> None:
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        show([text], True, text)
        show([text], False, text)
        notify(text)
        complain(text)
    assert all(map(is_safe, (out.getvalue() + err.getvalue()).split("\n")))


@given(TEXTS.filter(str.isprintable))
def test_what_can_be_shown_is_left(text: str) -> None:
    assert visible(text) == visible_lines(text) == text


def test_a_name_in_any_script_is_left_and_a_trick_is_seen() -> None:
    persian = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    for name in ("Jos\u00e9 Nu\u00f1ez", persian, "a\xa0b", "\u4e2d\u6587"):
        assert visible(name) == name
    assert visible("a\x1b[2Jb\u202ec\nd") == r"a\x1b[2Jb\u202ec\nd"
    assert visible_lines("a\x1bb\nc") == "a\\x1bb\nc"


@pytest.mark.parametrize("form", ["console", "json"])
@given(TEXTS)
def test_a_log_line_is_one_line_and_safe(form: Format, text: str) -> None:
    root = logging.getLogger()
    before, level, err = root.handlers[:], root.level, StringIO()
    root.handlers = []
    try:
        with redirect_stderr(err):
            set_up_logging("INFO", form)
        structlog.get_logger("app.sample").info(text, name=text, error=repr(text), cause=[text])
        logging.getLogger("faust").warning("said %s", text)
    finally:
        logging.captureWarnings(capture=False)
        root.handlers, root.level = before, level
        structlog.reset_defaults()
    lines = err.getvalue().removesuffix("\n").split("\n")
    assert len(lines) == 2
    assert all(map(is_safe, lines))


def test_a_traceback_keeps_its_lines_and_is_safe(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers = []
    try:
        set_up_logging("INFO", "console")
        try:
            raise ValueError("a\x1b[2J")
        except ValueError:
            structlog.get_logger("app.sample").exception("failed")
    finally:
        logging.captureWarnings(capture=False)
        root.handlers, root.level = before, level
        structlog.reset_defaults()
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == r"ValueError: a\x1b[2J"
    assert len(lines) > 3
    assert all(map(is_safe, lines))
