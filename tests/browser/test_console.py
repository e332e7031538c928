"""People at the console's pages: by mouse and by keys, with and without JavaScript, two at once,
and while the server ends."""

import json
import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route

from tests.browser.demo import Demo, Visitor, chromium, running_demo, visiting, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
PAGES = (
    *("/", "/review", "/review?place=held", "/leads?place=engaged", "/leads?q=nothing"),
    *("/imports", "/imports/poll", "/leads?import=poll", "/sla", "/sla?view=met", "/rules"),
    *("/measures", "/measures?days=90&by=week&team=nothing"),
)
VIEWS = (
    {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    {"viewport": {"width": 390, "height": 844}},
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One for all tests here: each decides about leads of its own."""
    chromium()
    with running_demo(tmp_path_factory.mktemp("console") / "demo") as found:
        yield found


@pytest.fixture(scope="module")
def olga(demo: Demo) -> Iterator[Visitor]:
    """A reviewer who is signed in."""
    with visiting(demo) as visitor:
        visitor.sign_in(demo.link)
        wait_until(lambda: _captured(visitor) == _verified(demo))
        yield visitor


@pytest.fixture(autouse=True)
def _no_fault(olga: Visitor) -> Iterator[None]:
    """No page breaks its own policy, or a script."""
    olga.faults.clear()
    yield
    assert olga.faults == []


def _captured(visitor: Visitor) -> dict[str, int]:
    """The places as the first page shows them."""
    page = visitor.open("/")
    found = page.locator(".legend a").all()
    places = {
        str(one.get_attribute("href")).rpartition("=")[2]: int(
            one.locator("b").inner_text().replace(",", "")
        )
        for one in found
    }
    page.context.close()
    return places


def _verified(demo: Demo) -> dict[str, int]:
    """The places as the log has them."""
    places: dict[str, int] = json.loads(demo.run("audit", "verify", "--json"))["places"]
    return {name: leads for name, leads in places.items() if leads or name == "in_flight"}


def place_of(page: Page) -> str:
    """Where the lead of a page is."""
    return page.locator(".place b").first.inner_text()


def open_waiting(visitor: Visitor, reason: str, number: int = 0, **options: object) -> Page:
    """The review page of a lead that waits for this reason."""
    page = visitor.open(f"/review?place=review&reason={reason}", **options)
    page.goto(str(page.locator("[data-row]").nth(number).evaluate("one => one.href")))
    return page


def lead_in(page: Page) -> str:
    """The lead of a review page."""
    found = re.search(r"/review/([0-9a-f-]+)", page.url)
    assert found
    return found[1]


def test_the_first_page_counts_what_audit_verify_counts(demo: Demo, olga: Visitor) -> None:
    assert _captured(olga) == _verified(demo)


@pytest.mark.parametrize("view", range(len(VIEWS)))
def test_pages_can_be_used_by_everybody_and_fit(olga: Visitor, view: int) -> None:
    some = olga.open("/leads?place=engaged")
    lead = str(some.locator("table a").first.get_attribute("href"))
    for path in (*PAGES, lead):
        page = olga.open(path, **VIEWS[view])
        _is_usable(page)
        page.context.close()


def _is_usable(page: Page) -> None:
    """Nothing on it keeps people out, and it needs no scrolling to the side."""
    found = Axe().run(page).response["violations"]
    serious = [one["id"] for one in found if one["impact"] in {"serious", "critical"}]
    assert serious == [], (page.url, [one["nodes"][0]["html"] for one in found])
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), page.url


def test_the_first_page_needs_no_scrolling(olga: Visitor) -> None:
    page = olga.open("/", **VIEWS[0])
    assert page.evaluate("document.documentElement.scrollHeight") <= 900


def test_a_lead_is_merged_by_keys_alone(olga: Visitor) -> None:
    page = open_waiting(olga, "variant")
    lead = lead_in(page)
    page.keyboard.press("m")
    page.locator("#why").press_sequentially("same LinkedIn profile")
    page.keyboard.press("Enter")
    page.wait_for_url("**/review?*decided=*")
    assert "Merge them" in page.locator(".notice.blue").inner_text()
    follow = olga.open(f"/leads/{lead}")
    follow.locator(".place b", has_text="Merged").wait_for()
    assert "was decided by a person: you@acme.test" in follow.locator(".story").inner_text()


def test_j_and_k_choose_the_next_lead_and_the_one_before(olga: Visitor) -> None:
    page = olga.open("/review")
    rows = [str(one.get_attribute("data-row")) for one in page.locator("[data-row]").all()]

    def shows(lead: str) -> None:
        page.locator(f"#decide[action*='{lead}']").wait_for()

    shows(rows[0])
    for key, lead in (("j", rows[1]), ("j", rows[2]), ("k", rows[1]), ("k", rows[0])):
        page.keyboard.press(key)
        shows(lead)
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()


def test_several_leads_are_ticked_by_keys_seen_first_and_then_decided_about(olga: Visitor) -> None:
    page = olga.open("/review?place=review&reason=invalid")
    boxes = page.locator("[name=chosen]")
    chosen = [str(one.get_attribute("value")).partition(":")[0] for one in boxes.all()[-2:]]
    for lead in chosen:
        page.locator(f"[data-row='{lead}']").click()
        page.locator(f"#detail[data-lead='{lead}']").wait_for()
        page.keyboard.press("x")
    page.evaluate("document.getElementById('queue').dataset.before = '1'")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.locator("#queue:not([data-before])").wait_for()  # the list is brought up to date
    assert page.locator("[name=chosen]:checked").count() == 2
    page.click("#several button")
    page.check("input[value=redrive]")
    page.fill("#why", "looked up by several")
    _is_usable(page)
    page.click("button.main")
    assert page.locator("td", has_text="It is looked at again").count() == 2
    page.click(".confirm button")
    assert "decided about 2 leads" in page.locator(".notice.blue").inner_text()
    for lead in chosen:
        follow = olga.open(f"/leads/{lead}")
        follow.locator(".story", has_text="you@acme.test").wait_for()
        follow.context.close()


def test_two_who_may_be_one_stand_side_by_side(olga: Visitor) -> None:
    page = open_waiting(olga, "variant", 1)
    beside = page.locator(".beside")
    assert beside.locator("tbody tr").first.get_attribute("class") == "differs"
    other = str(beside.locator("a").first.get_attribute("href"))
    address = beside.locator("tr", has_text="E-mail").locator("td").nth(1).inner_text()
    page.goto(f"{olga.demo.address}{other}")
    assert address in page.locator(".facts").inner_text()


def test_a_list_that_comes_while_a_lead_is_loading_marks_that_lead(olga: Visitor) -> None:
    """Else the next j would show the same lead again."""
    page = olga.open("/review")
    page.locator("#live[data-state=live]").wait_for()
    second = str(page.locator("[data-row]").nth(1).get_attribute("data-row"))
    held: list[Route] = []
    page.route(f"**/review/{second}?*", lambda route: held.append(route))  # noqa: PLW0108  it takes no method of C
    page.keyboard.press("j")
    page.locator(f"[data-row='{second}'][aria-current]").wait_for()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # has the list come
    page.locator(f"[data-row='{second}']:not([aria-current])").wait_for()
    [route] = held
    route.continue_()
    page.locator(f"#detail[data-lead='{second}']").wait_for()
    assert page.locator("[aria-current][data-row]").get_attribute("data-row") == second
    page.context.close()


def test_no_key_decides_about_a_lead_whose_successor_is_loading(olga: Visitor) -> None:
    page = olga.open("/review")
    before = page.locator("#detail").get_attribute("data-lead")
    page.route("**/review/*", lambda _route: None)  # it never comes
    page.keyboard.press("j")
    page.keyboard.press("n")
    assert page.locator("#detail").get_attribute("data-lead") == before
    assert page.locator("#decide :checked").count() == 0
    page.context.close()


def test_deciding_needs_no_javascript(olga: Visitor) -> None:
    page = open_waiting(olga, "invalid", java_script_enabled=False)
    lead = lead_in(page)
    page.check("input[value=suppress]")
    page.fill("#why", "asked for it")
    page.click("button.main")
    assert "Never contact them" in page.locator(".notice.blue").inner_text()

    def is_suppressed() -> bool:
        page.goto(f"{olga.demo.address}/leads/{lead}")
        return place_of(page) == "Not to be contacted"

    wait_until(is_suppressed)


def test_what_is_missing_is_said_before_and_after_sending(olga: Visitor) -> None:
    page = open_waiting(olga, "invalid", 1, java_script_enabled=False)
    page.check("input[value=set]")
    page.fill("#why", "nothing is changed")
    page.click("button.main")
    assert "No field is changed" in page.locator("[role=alert]").inner_text()
    assert page.input_value("#why") == "nothing is changed"


def test_a_colleagues_decision_takes_the_row_away_and_nothing_typed_is_lost(
    demo: Demo, olga: Visitor
) -> None:
    mine = open_waiting(olga, "subsidiary")
    lead = lead_in(mine)
    mine.fill("#why", "I am still typing")
    demo.run(
        *("review", "resolve", lead, "--separate", "--actor", "ben@acme.test"),
        *("--reason", "unrelated"),
    )
    mine.wait_for_selector(f"[data-row='{lead}']", state="detached")
    assert mine.locator("#gone").is_visible()
    assert mine.input_value("#why") == "I am still typing"
    mine.check("input[value=suppress]")
    mine.click("button.main")
    mine.wait_for_url(f"**/leads/{lead}?late=true")
    assert "Your answer was not taken" in mine.locator("[role=alert]").inner_text()
    assert "ben@acme.test" in mine.locator(".story").inner_text()


def test_a_server_that_is_killed_loses_nothing_typed(demo: Demo, olga: Visitor) -> None:
    page = open_waiting(olga, "invalid", 2)
    lead = lead_in(page)
    page.check("input[value=set]")
    page.fill("[name='set.title']", "VP Sales")
    page.fill("#why", "typed before the server ended")
    demo.kill_console()
    page.locator("#live[data-state=away]").wait_for()
    with demo.console():
        page.locator("#live[data-state=live]").wait_for()
        assert page.input_value("#why") == "typed before the server ended"
        assert page.input_value("[name='set.title']") == "VP Sales"
        page.click("button.main")
        page.wait_for_url("**/review?*decided=*")
        story = olga.open(f"/leads/{lead}")
        story.locator(".story", has_text="you@acme.test").wait_for()
