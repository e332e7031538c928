"""The console's pages over a simulated site: who sees what, what forms must bring, hostile text."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import update

from app.console.access.roles import Role
from app.console.access.sessions import SessionStore
from app.console.access.users import UserStore
from app.console.database import ConsoleDatabase
from app.console.figures import count_places
from app.console.lead_rows import LeadRow
from app.console.pages.comparison import compare
from app.console.pages.lead_pages import fold_story
from app.console.pages.review_forms import changed_in, decision_key, typed_in
from app.console.pages.signed_in import COOKIE
from app.console.pages.words import ACTIONS, KEYS, PLACES
from app.console.schema import LEADS
from leads.records import Audit, Company, Person, Place, Reason
from leads.review_actions import ACTIONS as EVERY_ACTION
from tests.app.conftest import KINDS, new_database
from tests.app.fixed_clock import NOW
from tests.app.test_api import Api, Client

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>\u202e'
PASSWORD = "a long enough text"


@pytest.fixture(scope="module", params=KINDS)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["PagedSite"]:
    """The console on each kind of database, for all tests here."""
    made = PagedSite(new_database(request, tmp_path_factory.mktemp("pages")))
    yield made
    made.api.model.engine.dispose()


class PagedSite:
    """A simulated site's console, with a viewer and a reviewer."""

    def __init__(self, address: str) -> None:
        self.api = Api(address)
        self.database = ConsoleDatabase(address)
        self.users, self.sessions = UserStore(self.database), SessionStore(self.database)
        self.signed_in = {role: self._sign_in(f"{role}@acme.test", role) for role in Role}

    def _sign_in(self, email: str, role: Role) -> str:
        self.users.set_password(self.users.add(email, role, NOW), PASSWORD, NOW)
        return self.sessions.begin(email, NOW)

    def get(
        self, path: str, role: Role | None = Role.REVIEWER, **options: Any
    ) -> httpx.Response:
        """Ask for a page."""
        cookies = {COOKIE: self.signed_in[role]} if role else {}
        return Client(self.api.app).get(path, cookies=cookies, **options)

    def post(
        self,
        path: str,
        role: Role | None = Role.REVIEWER,
        csrf: str | None = None,
        **more: str | list[str],
    ) -> httpx.Response:
        """Send a form as a page of the console would, or with another `csrf`."""
        cookies: dict[str, str] = {}
        form: dict[str, str | list[str]] = dict(more)
        if role:
            cookies = {COOKIE: self.signed_in[role]}
            session = self.sessions.find(self.signed_in[role], NOW)
            assert session is not None
            form["csrf"] = session.csrf if csrf is None else csrf
        return Client(self.api.app).request("POST", path, data=form, cookies=cookies)



def lead_row(company: str, domain: str) -> LeadRow:
    """A lead of the read model."""
    return LeadRow("l", "review", NOW, "csv", company, domain, None, None, None, None, None)


def waiting(site: PagedSite) -> str:
    """The lead that waits for a person."""
    found = re.search(r'data-row="([^"]+)"', site.get("/review").text)
    assert found
    return found[1]


PAGES = (
    *("/", "/review", "/leads", "/leads?place=nurtured", "/leads?q=acme", "/imports"),
    *("/imports/poll", "/sla", "/sla?view=met", "/measures", "/changes"),
)


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_a_page_without_signing_in(site: PagedSite, path: str) -> None:
    answer = site.get(path, None)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?back=/")
    lead = waiting(site)
    assert site.get(f"/leads/{lead}", None).status_code == 303
    assert site.get(f"/review/{lead}", None).status_code == 303
    assert site.post(f"/review/{lead}", None, step="1").status_code == 303


@pytest.mark.parametrize("path", [*PAGES[:-1], "/sign-in", "/nothing"])
def test_each_page_says_that_browsers_may_trust_nothing_else(site: PagedSite, path: str) -> None:
    headers = site.get(path).headers
    assert headers["content-type"].startswith("text/html")
    assert headers["cache-control"] == "no-store"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "style=" not in site.get(path).text
    assert not re.search(r"<script(?![^>]*src=)", site.get(path).text)


def test_the_first_page_counts_what_the_api_counts(site: PagedSite) -> None:
    text = site.get("/").text
    with site.api.model.reading() as connection:
        places = count_places(connection)
    assert f"Where all {sum(places.values())} leads are" in text
    for place, leads in places.items():
        if leads:
            assert f"{PLACES[place]} <b>{leads}</b>" in text


def test_a_form_sent_with_another_answer_is_another_decision() -> None:
    first = decision_key("k", "set", {"title": "VP", "city": "Ghent"})
    assert first == decision_key("k", "set", {"city": "Ghent", "title": "VP"})
    others = [("k", "set", {"title": "VP"}), ("k", "redrive", {}), ("q", "set", {"title": "VP"})]
    assert len({first, *(decision_key(*one) for one in others)}) == 4
    assert decision_key("", "set", {}) == ""


def test_every_place_and_decision_has_its_words() -> None:
    assert {*PLACES} == {str(place) for place in Place if place}
    assert {*ACTIONS} == {*KEYS} == {*EVERY_ACTION}
    assert len({*KEYS.values()}) == len(KEYS)
    assert not {*KEYS.values()} & {"j", "k", "x", "/", "?"}


def test_a_waiting_lead_shows_what_each_answer_does(site: PagedSite) -> None:
    text = site.get(f"/review/{waiting(site)}").text
    assert "They are two people, which is remembered" in text
    assert "Look again" in text
    assert "You may look, and not decide" in site.get("/review", Role.VIEWER).text


def test_a_possible_duplicate_is_shown_beside_the_other_lead(site: PagedSite) -> None:
    text = site.get(f"/review/{waiting(site)}").text
    [table] = re.findall(r'<section class="beside.*?</section>', text, re.DOTALL)
    other = re.search(r'href="/leads/([^"]+)"', table)
    assert other
    story = site.get(f"/leads/{other[1]}").text
    email = re.search(r"<dt>E-mail</dt><dd>([^<]+)</dd>", story)
    assert email
    assert f"<td>{email[1]}</td>" in table
    rows = re.findall(r'<tr( class="differs")?><th scope="row">', table)
    assert rows == sorted(rows, reverse=True), "what differs comes first"


def test_fields_are_compared_whatever_their_case() -> None:
    here = Person(first_name="Ada", email="ada@acme.test", title="VP Sales")
    there = Person(first_name="ADA", email="ada@zeta.test", title="CRO")
    row = lead_row(company="Acme", domain="zeta.test")
    found = compare(here, Company(name="Acme", domain="acme.test"), there, row)
    assert [(one.name, one.differs) for one in found] == [
        ("title", True),
        ("email", True),
        ("company.domain", True),
        ("first_name", False),
        ("company.name", False),
    ]
    erased = compare(here, Company(), None, row)
    assert ("title", "VP Sales", "") in erased
    assert not any(one.differs for one in erased), "nothing is known of the other"


def test_several_leads_are_asked_about_before_anything_is_sent(site: PagedSite) -> None:
    lead = waiting(site)
    [box] = re.findall(rf'name="chosen" value="({lead}:\d+)"', site.get("/review").text)
    asked = site.post("/decide", chosen=[box], place="review", reason="variant").text
    assert "Decide about 1 lead at once" in asked
    assert "Nothing is sent yet" in asked
    assert 'value="set"' not in asked, "a correction is of one lead alone"
    assert "They are two people, which is remembered" in asked
    for choice in ("", "redrive"):
        none = site.post("/decide", choice=choice, why="so", confirmed="true")
        assert (none.status_code, "No lead is chosen" in none.text) == (422, True)
    missing = site.post("/decide", chosen=[box], choice="redrive")
    assert (missing.status_code, "Say why" in missing.text) == (422, True)
    assert site.post("/decide", Role.VIEWER, chosen=[box]).status_code == 403
    assert site.post("/decide", csrf="x" * 64, chosen=[box]).status_code == 403
    assert site.post("/decide", chosen=["nonsense"]).status_code == 422
    assert 'name="chosen"' not in site.get("/review", Role.VIEWER).text


def test_a_lead_that_waits_no_longer_is_shown_with_its_story(site: PagedSite) -> None:
    lead = re.findall(r'/leads/([0-9a-f-]{36})"', site.get("/leads?place=nurtured").text)[0]
    answer = site.get(f"/review/{lead}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/leads/{lead}")
    story = site.get(f"/leads/{lead}").text
    assert "It came in" in story
    assert "In nurture" in story


def test_leads_are_found_by_company_id_and_address(site: PagedSite) -> None:
    page = site.get("/leads?place=nurtured").text
    lead = re.findall(r'/leads/([0-9a-f-]{36})"', page)[0]
    story = unescape(site.get(f"/leads/{lead}").text)
    email = re.search(r"<dt>E-mail</dt><dd>([^<]+)</dd>", story)
    assert email
    for text in (lead[:8], lead.upper(), email[1], email[1].upper()):
        assert lead in site.get(f"/leads?q={text}").text, text
    assert "Nothing is found" in site.get("/leads?q=nobody@nowhere.test").text
    assert "Nothing is found" in site.get("/leads?q=%25").text, "a wildcard is a letter"


@pytest.mark.parametrize("csrf", ["", "x" * 64])
def test_a_form_without_the_sessions_own_token_changes_nothing(site: PagedSite, csrf: str) -> None:
    lead = waiting(site)
    answer = site.post(f"/review/{lead}", csrf=csrf, step="1", choice="redrive", why="so")
    assert answer.status_code == 403
    assert site.post("/sign-out", csrf=csrf).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.test"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}],
)
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
def test_another_sites_form_is_refused(
    site: PagedSite, path: str, headers: dict[str, str]
) -> None:
    session = site.sessions.find(site.signed_in[Role.REVIEWER], NOW)
    assert session is not None
    answer = Client(site.api.app).request(
        "POST",
        path,
        data={"csrf": session.csrf, "email": "reviewer@acme.test", "password": PASSWORD},
        cookies={COOKIE: site.signed_in[Role.REVIEWER]},
        headers=headers,
    )
    assert answer.status_code == 403
    assert site.sessions.find(site.signed_in[Role.REVIEWER], NOW)


def test_a_viewer_may_not_decide(site: PagedSite) -> None:
    answer = site.post(
        f"/review/{waiting(site)}", Role.VIEWER, step="1", choice="redrive", why="so"
    )
    assert answer.status_code == 403
    assert "is a viewer, and may not decide" in answer.text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "Choose what is to be done"),
        ({"choice": "nonsense", "why": "so"}, "Choose what is to be done"),
        ({"choice": "redrive"}, "Say why"),
        ({"choice": "set", "why": "so"}, "No field is changed"),
        ({"choice": "route", "why": "so", "to": "ben"}, "Name the rep by e-mail address"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_is_kept(
    site: PagedSite, form: dict[str, str], said: str
) -> None:
    typed = {"was.title": "", "set.title": "VP of “Sales”", **form}
    if typed.get("choice") == "set":
        del typed["set.title"]
    answer = site.post(f"/review/{waiting(site)}", Role.REVIEWER, None, step="1", **typed)
    assert answer.status_code == 422
    text = unescape(answer.text)
    assert said in text
    assert "What you typed is kept" in text
    for name in ("set.title", "to"):
        if name in typed:
            assert f'value="{typed[name]}"' in text


def test_what_a_colleague_has_corrected_meanwhile_is_not_set_back() -> None:
    """The form showed the old address, and its sender has changed the title alone."""
    form = {"was.email": "old@a.test", "set.email": "old@a.test", "was.title": "", "choice": "set"}
    form |= {"set.title": " VP ", "set.unknown": "x", "was.unknown": "", "why": "so"}
    assert changed_in(form) == {"title": "VP"}
    assert typed_in(form) == {"choice": "set", "why": "so", "set.title": "VP"}


def test_signing_in_leads_back_and_nowhere_else(site: PagedSite) -> None:
    client = Client(site.api.app)
    form = {"email": "viewer@acme.test", "password": PASSWORD}
    for back, to in (
        ("/leads?q=x", "/leads?q=x"),
        ("//evil.test", "/"),
        ("/\\evil.test", "/"),
        ("https://evil.test", "/"),
        ("/\t/evil.test", "/"),
    ):
        answer = client.request("POST", "/sign-in", data={**form, "back": back})
        assert (answer.status_code, answer.headers["location"]) == (303, to)
    cookie = answer.headers["set-cookie"]
    assert all(word in cookie for word in ("__Host-", "HttpOnly", "Secure", "SameSite=lax"))
    wrong = client.request("POST", "/sign-in", data={**form, "password": "x", "back": "/leads"})
    assert wrong.status_code == 403
    assert 'value="viewer@acme.test"' in wrong.text
    assert 'value="x"' not in wrong.text


def test_a_link_leads_to_a_session_once(site: PagedSite) -> None:
    client, link = Client(site.api.app), site.users.add("new@acme.test", Role.VIEWER, NOW)
    assert "new@acme.test" in client.get(f"/welcome/{link}").text
    weak = client.request("POST", f"/welcome/{link}", data={"password": "short"})
    assert (weak.status_code, "12 to 200" in weak.text) == (422, True)
    done = client.request("POST", f"/welcome/{link}", data={"password": PASSWORD})
    assert done.status_code == 303
    assert COOKIE in done.cookies
    for answer in (
        client.get(f"/welcome/{link}"),
        client.request("POST", f"/welcome/{link}", data={"password": PASSWORD}),
        client.get("/welcome/%00"),
    ):
        assert answer.status_code == 404
        assert "used already" in answer.text


def test_hostile_text_is_shown_as_text(site: PagedSite) -> None:
    lead = waiting(site)
    with site.api.model.writing() as connection:
        changed = update(LEADS).where(LEADS.c.lead == lead)
        connection.execute(changed.values(company=HOSTILE, owner=HOSTILE, source=HOSTILE))
    for path in (f"/leads/{lead}", "/leads?place=review", "/", f"/leads?q={lead[:8]}"):
        text = site.get(path).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
    assert "\u202e" not in site.get(f"/leads/{lead}").text
    assert "<b>x</b>" not in site.get("/leads?q=<b>x</b>").text
    site.api.model.clear()
    site.api.fill()


def test_what_is_no_page_is_a_page_that_leads_on(site: PagedSite) -> None:
    for path, status in (
        ("/nothing", 404),
        ("/leads/unknown", 404),
        ("/leads?place=nowhere", 422),
        ("/review?cursor=!", 400),
        ("/assets/none.css", 404),
    ):
        answer = site.get(path)
        assert answer.status_code == status, path
        assert "Go to the first page" in answer.text


def test_assets_are_kept_for_ever_under_the_hash_of_their_content(site: PagedSite) -> None:
    paths = re.findall(r'"(/assets/[^"]+)"', site.get("/sign-in", None).text)
    assert len(paths) == 2
    for path in paths:
        answer = site.get(path, None)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


def test_signing_out_ends_the_session(site: PagedSite) -> None:
    site.users.set_password(site.users.add("gone@acme.test", Role.VIEWER, NOW), PASSWORD, NOW)
    text = site.sessions.begin("gone@acme.test", NOW)
    session = site.sessions.find(text, NOW)
    assert session is not None
    client = Client(site.api.app)
    answer = client.request(
        "POST", "/sign-out", data={"csrf": session.csrf}, cookies={COOKIE: text}
    )
    assert answer.headers["location"] == "/sign-in"
    assert client.get("/", cookies={COOKIE: text}).status_code == 303


def test_what_comes_alike_in_a_row_is_told_once() -> None:
    def event(number: int, kind: str, why: str = "so") -> Audit:
        return Audit(
            id=str(number),
            lead="l",
            stage="assign",
            kind=kind,
            step=number,
            place="held",
            at=NOW + number,
            actor="",
            cause="",
            rules="",
            inputs=None,
            trace=(Reason(rule="r", decisive=True, why=why),),
        )

    events = [event(1, "unowned"), event(2, "unowned"), event(3, "unowned", "other")]
    told = fold_story([*events, event(4, "assigned"), event(5, "unowned")])
    assert [(one.event.kind, one.times) for one in told] == [
        ("unowned", 1),
        ("assigned", 1),
        ("unowned", 1),
        ("unowned", 2),
    ]
    assert (told[-1].event.at, told[-1].until) == (NOW + 1, NOW + 2)
    assert msgspec.json.encode(told[0].event)
