"""The page of the measures, its file, and the API: the same figures, narrowed alike, hostile
text."""

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from app.console.access.roles import Role
from app.console.access.scopes import Scope
from app.console.measures.definitions import MEASURES
from tests.app.conftest import KINDS, new_database
from tests.app.event_rows import Event, store
from tests.app.fixed_clock import NOW
from tests.app.test_api import ok, problem
from tests.app.test_pages import HOSTILE, PagedSite

TODAY = int(NOW // 86_400)
FORMULA = '=HYPERLINK("http://evil.test")'


@pytest.fixture(scope="module", params=KINDS)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PagedSite]:
    """A console with some leads of today and of before, on each kind of database."""
    made = PagedSite(new_database(request, tmp_path_factory.mktemp("measures")))
    made.api.model.clear()
    yield made
    made.api.model.engine.dispose()


@pytest.fixture(autouse=True)
def _leads(site: PagedSite) -> Iterator[None]:
    """Two exports of today and one of yesterday that was written, and two clocks."""
    took = Event("captured", "intake", TODAY)
    wrote = Event("written", "write", TODAY)
    start = Event("sla_started", "sla", TODAY, {"team": HOSTILE}, place="")
    met = Event("sla_met", "sla", TODAY, {"seconds": 600.0}, place="")
    enrolled = Event("enrolled", "engage", TODAY - 8, place="", rules="v2")
    with site.api.model.writing() as connection:
        store(connection, "a", [took, Event("invalid", "intake", TODAY), start, met])
        store(connection, "b", [took._replace(rules=HOSTILE), wrote], lists=(HOSTILE, FORMULA))
        store(connection, "c", [took._replace(day=TODAY - 1), wrote, enrolled], lists=(FORMULA,))
        late = start._replace(outcome={"team": "north"}), met._replace(kind="breached")
        store(connection, "d", [Event("moved", "engage", TODAY), *late])
    yield
    site.api.model.clear()


def read(site: PagedSite, query: str = "") -> str:
    """The page's text without its tags."""
    answer = site.get(f"/measures{query}")
    assert answer.status_code == 200
    return " ".join(unescape(re.sub("<[^>]*>", " ", answer.text)).split())


def asked(site: PagedSite, **query: Any) -> dict[str, Any]:
    """The API's measures by their keys."""
    found = ok(site.api.caller(Scope.READ), "measures", **query)
    return {one["key"]: one for one in found["measures"]}


def test_each_measure_is_shown_with_its_definition_its_n_and_its_share(site: PagedSite) -> None:
    text = read(site)
    for one in MEASURES:
        assert one.title in text
        assert one.definition in text
    assert "66.7 % written to the CRM without a flag n = 3 exports" in text
    assert "1 failed validation" in text
    assert "50.0 % not contacted in time n = 2 clocks that ended" in text
    assert "Median 10 min , p90 past the deadline" in text
    assert '<a href="/measures" aria-current="page">' in site.get("/measures").text
    assert '<a href="/measures">Measures</a>' in site.get("/").text


def test_nothing_is_no_leads_yet_and_not_zero_percent(site: PagedSite) -> None:
    site.api.model.clear()
    text = read(site)
    assert text.count("no leads yet") == len(MEASURES)
    assert "0 %" not in text
    assert "<svg" not in site.get("/measures").text
    for one in asked(site).values():
        assert one["total"]["share"] is None


def test_today_is_marked_as_not_over(site: PagedSite) -> None:
    text = read(site)
    assert "15 Jan not over 1 2 50.0 %" in text
    assert "15 Jan not over no leads yet" in text
    assert "14 Jan 0 0 no leads" in text
    weeks = read(site, "?by=week")
    assert "11 Jan to 17 Jan not over 2 3 66.7 %" in weeks
    assert "4 Jan to 10 Jan 0 0 no leads" in weeks
    [*_, day] = asked(site)["import_success"]["periods"]
    assert (day["first"], day["over"], day["figures"]["n"]) == ("2027-01-15", False, 2)


def test_charts_are_titled_and_described(site: PagedSite) -> None:
    text = site.get("/measures").text
    charts = re.findall(r'<svg class="chart".*?</svg>', text, re.DOTALL)
    assert len(charts) == 4
    ids = set(re.findall(r'id="([^"]+)"', text))
    for chart in charts:
        [labels] = re.findall(r'role="img" aria-labelledby="([^"]+)"', chart)
        assert set(labels.split()) <= ids
        assert re.search(r"<desc[^>]*>From 19 Dec to 15 Jan: \d+", chart)
        assert len(re.findall('<text class="up"', chart)) == 3
    assert "15 Jan: 50.0 % of 2; not over</title>" in charts[0]


def test_hostile_names_are_text_on_the_page(site: PagedSite) -> None:
    for query in ("", f"?team={HOSTILE}", f"?rules={HOSTILE}", "?list=<b>x</b>"):
        text = site.get(f"/measures{query}").text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "<b>x</b>" not in text
        assert "\u202e" not in text


def test_filters_narrow_the_page_the_file_and_the_api_alike(site: PagedSite) -> None:
    for query, exports in (
        ({}, (2, 3)),
        ({"list": FORMULA}, (2, 2)),
        ({"rules": "v1"}, (1, 2)),
        ({"rules": "v1", "list": FORMULA, "days": 7}, (1, 1)),
        ({"list": "none"}, (0, 0)),
    ):
        found = asked(site, **query)["import_success"]["total"]
        assert (found["counted"], found["n"]) == exports, query
        assert [one["counted"] for one in of_file(site, query, "import_success", "range")] == [
            str(exports[0])
        ]
        shown = site.get("/measures", params=query).text
        assert f"n = {exports[1]} exports" in shown or exports == (0, 0), query


def of_file(site: PagedSite, query: dict[str, Any], key: str, by: str) -> list[dict[str, str]]:
    """Lines of the file."""
    answer = site.get("/measures.csv", params=query)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment")
    lines = csv.DictReader(io.StringIO(answer.text, newline=""))
    return [one for one in lines if (one["measure"], one["by"]) == (key, by)]


def test_with_a_team_there_are_clocks_alone(site: PagedSite) -> None:
    assert [*asked(site, team="north")] == ["first_contact", "breach_rate"]
    text = read(site, "?team=north")
    assert "100 % not contacted in time n = 1 clocks that ended" in text
    assert "Only SLA clocks belong to a team" in text
    assert "exports" not in text
    assert len(of_file(site, {}, "breach_rate", "team")) == 2


def test_the_file_holds_no_formula(site: PagedSite) -> None:
    [line] = of_file(site, {}, "bounces", "list")
    assert line["value"] == f"'{FORMULA}"
    link = re.search(r'href="(/measures\.csv\?[^"]+)"', site.get(f"/measures?list={FORMULA}").text)
    assert link
    answer = site.get(unescape(link[1]))
    assert answer.status_code == 200
    assert "bounces,range,,2026-12-19,2027-01-15,no,0,1,0" in answer.text


def test_the_page_and_the_file_need_a_person_and_the_api_a_token(site: PagedSite) -> None:
    for path in ("/measures", "/measures.csv"):
        assert site.get(path, None).status_code == 303
        assert site.get(path, Role.VIEWER).status_code == 200
    assert "scope" in problem(site.api.caller(Scope.DECIDE).get("/api/v1/measures"), 403)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("days=8", "query.days: Input should be 7, 28 or 90"),
        ("by=month", "query.by"),
        ("team=%00", "query.team"),
        ("list=%00", "query.list"),
        ("rules=%00", "query.rules"),
    ],
)
def test_what_is_asked_wrongly_is_named(site: PagedSite, query: str, said: str) -> None:
    client = site.api.caller(Scope.READ)
    assert said in problem(client.get(f"/api/v1/measures?{query}"), 422)
    assert site.get(f"/measures?{query}").status_code == 422
