"""What `leadgate import --dry-run` says of each row."""

from pathlib import Path

from app.commands.import_report import PreviewReport, facts_of
from app.ingest.csv_file import check_file, read_form
from app.ingest.import_preview import RowPreview, preview_rows
from app.rules.store import load_rules
from leads.keys import Keys
from tests.app.command_line import DEMO_RULES

HEADER = (
    "First Name;Last Name;Title;Company Name;E-mail;Email Status;Country;# Employees;Industry;"
    "Phone;Tier\n"
)
ROWS = (
    "ANN;LEE;VP Sales;ACME, INC.;ann@acme.test;Verified;United States;201-500;"
    "computer software;555-0132;A\n"
    "Ben;Poe;Sales Assistant;Acme;ben@acme.test;Verified;Chile;12;mining;;A\n"
    "Cleo;Roe;CEO;Acme;cleo at acme;Verified;UK;many;;;A\n"
)


def previewed(tmp_path: Path) -> PreviewReport:
    """The report on a file."""
    path = tmp_path / "leads.csv"
    path.write_text(HEADER + ROWS + ROWS.splitlines()[0] + "\n", encoding="cp1252")
    check = check_file(read_form(path))
    rows = preview_rows(check.form, load_rules(DEMO_RULES), Keys("secret"), 1_800_000_000.0)
    return PreviewReport(preview=list(rows), **facts_of(check))


def test_each_row_is_read_judged_scored_and_routed(tmp_path: Path) -> None:
    ann, ben, cleo = previewed(tmp_path).preview
    assert (ann.name, ann.company, ann.seniority, ann.function) == (
        "Ann Lee",
        "Acme, Inc.",
        "vp",
        "sales",
    )
    assert (ann.becomes, ann.points >= 70, "@" in ann.owner) == ("rep", True, True)
    assert ann.dropped == ("phone: no number that can exist in US",)
    assert (ben.becomes, ben.why) == ("nurture", "by threshold")
    assert (cleo.becomes, cleo.why) == ("review", "the e-mail address is malformed")
    assert cleo.dropped == ("employees are unknown: the value is not a number",)


def test_the_report_says_how_the_file_was_read(tmp_path: Path) -> None:
    lines = previewed(tmp_path).text().splitlines()
    assert lines[:4] == [
        "nothing was captured",
        "read as utf-8 with semicolons between the columns",
        "columns that are read under another name: E-mail as Email, Phone as Work Direct Phone",
        "columns that are not used: Tier",
    ]
    assert lines[4] == "3 rows: 1 rep, 1 nurture, 1 review"
    assert "  1 row: phone: no number that can exist in US" in lines


def test_a_row_is_one_line() -> None:
    row = RowPreview(name="Ann Lee", email="a@b.c", company="Acme", title="VP", becomes="nurture")
    assert row.text() == "Ann Lee, VP, Acme, a@b.c: nurture, 0 points"


def test_a_row_that_stops_the_person_is_no_lead_that_goes_on(tmp_path: Path) -> None:
    header = "First Name,Last Name,Title,Company,Email,Email Status,Email Bounced,Stage,Replied\n"
    rows = (
        "A,B,CEO,Acme,a@acme.test,Verified,TRUE,,\n"
        "C,D,CEO,Acme,c@acme.test,Verified,,Do Not Contact,\n"
        "E,F,Manager,Acme,e@acme.test,Verified,,,TRUE\n"
    )
    path = tmp_path / "stops.csv"
    path.write_text(header + rows)
    form = read_form(path)
    found = list(preview_rows(form, load_rules(DEMO_RULES), Keys("secret"), 1_800_000_000.0))
    assert [row.becomes for row in found] == ["suppressed", "suppressed", "review"]
