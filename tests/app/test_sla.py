"""The SLA board and the API's clocks: which are shown where, in which order, and how many."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from sqlalchemy import insert

from app.console.access.scopes import Scope
from app.console.clock_rows import State
from app.console.schema import LEADS
from leads import topics
from leads.records import SlaOutcome, encode
from streams.testing.log import LogRecord
from tests.app.fixed_clock import NOW
from tests.app.test_api import Client, ok
from tests.app.test_pages import HOSTILE, PagedSite, site
from tests.read_model import changes

__all__ = ["site"]
OWNER, OTHER = "ben@acme.test", "ada@acme.test"
DAY = 86_400.0


@pytest.fixture
def board(site: PagedSite) -> Iterator[PagedSite]:
    """A site with clocks of two teams, by the seconds from now to their deadlines."""
    site.api.model.clear()
    site.api.fill()
    records = [
        *clock("late", "opened", -60.0, "west"),
        *clock("soon", "opened", 1800.0, "west"),
        *clock("calm", "opened", 1801.0, "east"),
        *clock("missed", "breached", -DAY, "west"),
        *clock("missed before", "breached", -6 * DAY, "east"),
        *clock("missed long ago", "breached", -8 * DAY, "west"),
        *clock("met", "met", -3600.0, "west"),
        *clock("met long ago", "met", -8 * DAY, "west"),
        *clock("withdrawn", "withdrawn", -60.0, "west"),
        *clock("in shadow", "opened", 60.0, "west", shadow=True),
        *clock("missed in shadow", "breached", -60.0, "west", shadow=True),
    ]
    records = [one._replace(offset=number) for number, one in enumerate(records)]
    site.api.model.apply(changes(records), [], NOW)
    with site.api.model.writing() as connection:
        owners = {"late": OWNER, "soon": OTHER, "missed": OWNER, "met": HOSTILE}
        rows = [{"lead": lead, "owner": owner} for lead, owner in owners.items()]
        connection.execute(insert(LEADS).values(company=HOSTILE), rows)
    yield site
    site.api.model.clear()
    site.api.fill()


def clock(
    lead: str, kind: State, due: float, team: str, *, shadow: bool = False
) -> list[LogRecord]:
    """A lead's clock, from its start to what became of it."""
    said = []
    states: tuple[State, State] = ("opened", kind)
    for state in dict.fromkeys(states):
        outcome = SlaOutcome(
            outcome_id=f"{lead} {state}",
            kind=state,
            team=team,
            clock_id=f"{lead}@{NOW - 9 * DAY}",
            deadline=NOW + due,
            shadow=shadow,
        )
        value = encode(outcome)
        said.append(LogRecord(topics.SLA_OUTCOMES.full, 0, 0, b"", value, 1000))
    return said


def leads_in(text: str) -> list[str]:
    """The leads of a board, in its order."""
    return re.findall(r'<tr><td><a href="/leads/([^"]+)"', text)


@pytest.mark.parametrize(
    ("query", "leads"),
    [
        ("", ["late", "soon", "calm"]),
        ("?view=due", ["late", "soon"]),
        ("?view=breached", ["missed", "missed before"]),
        ("?view=met", ["met"]),
        ("?team=west", ["late", "soon"]),
        ("?team=nowhere", []),
        (f"?owner={OWNER}", ["late"]),
        (f"?view=breached&team=west&owner={OWNER}", ["missed"]),
        (f"?view=breached&team=east&owner={OWNER}", []),
    ],
)
def test_each_view_shows_its_clocks_the_most_urgent_first(
    board: PagedSite, query: str, leads: list[str]
) -> None:
    assert leads_in(board.get(f"/sla{query}").text) == leads


def test_the_first_page_counts_and_leads_to_the_same_clocks(board: PagedSite) -> None:
    text = board.get("/").text
    for view in ("breached", "due"):
        shown = re.search(rf'<a href="/sla\?view={view}"><b[^>]*>(\d+)</b>', text)
        assert shown
        assert int(shown[1]) == len(leads_in(board.get(f"/sla?view={view}").text)) == 2
    assert text.index('href="/leads/late"') < text.index('href="/leads/soon"')
    assert "missed long ago" not in text


def test_views_and_teams_are_counted(board: PagedSite) -> None:
    text = unescape(board.get("/sla").text)
    for view, number in (("running", 3), ("due", 2), ("breached", 2), ("met", 1)):
        link = rf'<a href="/sla\?view={view}&team=&owner="[^>]*>'
        assert re.search(rf"{link}[^<]+<b>{number}</b>", text)
    for team, numbers in (("east", "0 1 1 0"), ("west", "2 2 1 1")):
        found = re.findall(rf"view=\w+&team={team}&owner=\">(\d+)</a>", text)
        assert " ".join(found) == numbers, "due, running, missed, met"
    assert "50 %" in text
    assert "0 %" in text
    mine = unescape(board.get(f"/sla?owner={OWNER}").text)
    assert re.findall(r"view=\w+&team=west&owner=ben%40acme.test\">(\d+)</a>", mine) == [*"1110"]


def test_a_deadline_says_whether_it_was_kept(board: PagedSite) -> None:
    text = re.sub(r"\s+", " ", board.get("/sla").text)
    dots = re.findall(r'<span class="dot (\w+)"></span>(missed )?', text)
    assert dots == [("red", "missed "), ("amber", ""), ("green", "")]


def test_hostile_text_is_shown_as_text(board: PagedSite) -> None:
    for path in ("/sla?view=met", "/sla", f"/sla?owner={HOSTILE}&team={HOSTILE}"):
        text = board.get(path).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text


@pytest.mark.parametrize(
    ("state", "leads"),
    [
        ("opened", ["late", "soon", "calm"]),
        ("breached", ["missed", "missed before", "missed long ago"]),
        ("met", ["met", "met long ago"]),
        ("withdrawn", ["withdrawn"]),
    ],
)
def test_the_pages_of_the_api_hold_each_clock_once_in_order(
    board: PagedSite, state: str, leads: list[str]
) -> None:
    client = board.api.caller(Scope.READ)
    found, cursor = [], ""
    for _ in range(len(leads) + 3):
        page = ok(client, "clocks", state=state, limit=1, cursor=cursor)
        found += [one["lead"] for one in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert found[: len(leads)] == leads, "the simulated site's own are older"
    assert len(set(found)) == len(found)


def test_the_api_finds_clocks_by_team_owner_and_deadline(board: PagedSite) -> None:
    client = board.api.caller(Scope.READ)

    def leads(**query: object) -> list[str]:
        return [one["lead"] for one in ok(client, "clocks", **query)["items"]]

    assert leads(team="east") == ["calm"]
    assert leads(owner=OTHER) == ["soon"]
    assert leads(since=NOW) == ["soon", "calm"]
    assert leads(until=NOW) == ["late"]
    assert leads(state="breached", since=NOW - 7 * DAY) == ["missed", "missed before"]
    [late] = ok(client, "clocks", until=NOW)["items"]
    assert (late["state"], late["team"], late["owner"]) == ("opened", "west", OWNER)
    assert late["started_at"] < late["deadline"]


def test_clocks_are_for_callers_with_the_scope(board: PagedSite) -> None:
    assert board.api.caller(Scope.DECIDE).get("/api/v1/clocks").status_code == 403
    assert Client(board.api.app).get("/api/v1/clocks").status_code == 401
