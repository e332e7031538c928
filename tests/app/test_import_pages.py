"""The pages of imports: figures that lead to their rows, errors in words, hostile names."""

import re
from html import unescape
from urllib.parse import quote

import msgspec
import pytest
from sqlalchemy import func, select

from app.console.import_rows import find_import
from app.console.lead_rows import LeadFilter, leads_page
from app.console.schema import LEADS
from leads import topics
from streams.testing.log import LogRecord
from tests.app.fixed_clock import NOW
from tests.app.test_pages import HOSTILE, PagedSite, site
from tests.read_model import changes

__all__ = ["site"]
FILE = "may & june <b>100%</b> #1.csv:0a1b2c3d"
NO_ADDRESS, NO_TITLE = "no usable e-mail address", "title is missing"


def start(name: str, at: float) -> LogRecord:
    """An import begins."""
    key, value = f"import:{name}".encode(), msgspec.json.encode({"at": at})
    return LogRecord(topics.CURSORS.full, 0, 0, key, value, 1000)


def held_back(number: int, place: str, kind: str, *whys: str) -> LogRecord:
    """Intake does not let a lead of FILE pass."""
    trace = [{"rule": f"required.{why}", "decisive": True, "why": why} for why in whys]
    trace.append({"rule": "required.company", "decisive": False, "why": "company is there"})
    lead = f"lead-{number}"
    value = {
        "id": f"event {number}",
        "lead": lead,
        "stage": "intake",
        "kind": kind,
        "step": 1,
        "place": place,
        "at": float(number),
        "actor": "leadgate",
        "cause": "c",
        "rules": "r",
        "trace": trace,
        "inputs": {"record": {"lead_id": lead, "source": "csv", "imported": FILE}},
    }
    return LogRecord(topics.AUDIT.full, 0, number, b"", msgspec.json.encode(value), 1000)


@pytest.fixture
def file(site: PagedSite) -> str:
    """The path of an import of which four leads were held back, on a site of its own."""
    site.api.model.clear()
    site.api.fill()
    records = [
        start(FILE, NOW - 60.0),
        held_back(1, "review", "invalid", NO_ADDRESS),
        held_back(2, "review", "invalid", NO_ADDRESS, NO_TITLE),
        held_back(3, "review", "job_change", HOSTILE),
        held_back(4, "dead", "dead", "title must be text, it is a int"),
    ]
    site.api.model.apply(changes(records), [], NOW)
    return f"/imports/{quote(FILE)}"


def test_an_import_is_listed_with_its_figures_and_each_leads_to_its_rows(
    site: PagedSite, file: str
) -> None:
    text = site.get("/imports").text
    assert f'href="{file}"' in text
    assert "may &amp; june &lt;b&gt;100%&lt;/b&gt; #1.csv<" in text, "without the hash"
    leads = f"/leads?import={quote(FILE)}"
    for more, number in (
        ("", 4),
        ("&place=review", 3),
        ("&place=dead", 1),
        ("&place=review&reason=invalid", 2),
        ("&place=review&reason=job_change", 1),
    ):
        assert f'href="{leads}{more}"' in text.replace("&amp;", "&"), more
        assert len(re.findall(r'<a href="/leads/lead-\d"', site.get(leads + more).text)) == number
    assert "All leads" in site.get(leads).text
    assert f'href="{file}"' in site.get(leads).text


def test_an_import_tells_its_errors_in_words(site: PagedSite, file: str) -> None:
    text = unescape(site.get(file).text)
    rows = re.findall(r"<tr><td><a [^>]*>([^<]+)</a></td><td class=\"n\">(\d+)</td></tr>", text)
    assert rows[0] == (NO_ADDRESS, "2")
    assert dict(rows[1:]).keys() >= {NO_TITLE, "title must be text, it is a int"}
    assert "company is there" not in text, "only what was wrong"


def test_a_hostile_error_and_name_are_shown_as_text(site: PagedSite, file: str) -> None:
    for path in (file, "/imports", f"/leads?import={quote(FILE)}"):
        text = site.get(path).text
        assert "<script>alert" not in text
        assert "<b>100%" not in text
        assert "\u202e" not in text


def test_what_still_comes_stands_before_files_the_newest_first(
    site: PagedSite, file: str
) -> None:
    names = ["old.csv:00000000", "new.csv:00000000"]
    starts = [start(name, NOW + at) for name, at in zip(names, (-90.0, -30.0), strict=True)]
    site.api.model.apply(changes(starts), [], NOW)
    shown = re.findall(r'<td><a href="/imports/([^"]+)"', site.get("/imports").text)
    assert shown == ["poll", quote(names[1]), file.removeprefix("/imports/"), quote(names[0])]
    assert "goes on, since" in site.get("/imports").text


def test_what_comes_without_a_file_began_with_its_first_lead(site: PagedSite) -> None:
    with site.api.model.reading() as connection:
        row = find_import(connection, "poll")
        assert row is not None
        leads = leads_page(connection, LeadFilter(imported="poll"), 100)
        captured = select(func.min(func.coalesce(LEADS.c.captured_at, LEADS.c.waiting_at)))
        first = connection.scalar(captured.where(LEADS.c.imported == "poll"))
    assert row.leads == len(leads) > 0
    assert row.endless
    assert row.began_at == first


def test_an_unknown_import_is_not_found(site: PagedSite) -> None:
    answer = site.get("/imports/unknown/file.csv")
    assert answer.status_code == 404
    assert "no lead came with import unknown/file.csv" in answer.text
    assert site.get("/imports/%00").status_code == 422
    assert site.get("/imports?cursor=!").status_code == 400
