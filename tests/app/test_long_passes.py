"""More changed contacts than one search of Apollo's shows: they are all captured, over failures and
over days, and what no search reaches is named."""

from typing import Any

import pytest

from app.ingest.captured_contacts import Pass
from app.ingest.contact_search_plan import Listing
from connectors.apollo.contact_search import ContactSearch
from connectors.core.errors import AccountLimited, EndpointSpent, Unavailable
from leads.rules import Rules
from tests.app.polled_contacts import SINCE, Day, Site, everybody_of


@pytest.fixture
def free(rules: Rules) -> Rules:
    """Rules that capture everybody."""
    return everybody_of(rules)


SMALL = Listing(5, 2)  # a search shows ten, from both ends twenty


def crowd(site: Site, *groups: tuple[int, str, list[str]]) -> set[str]:
    """So many contacts of each stage and lists, changed a second apart; their ids."""
    for count, stage, lists in groups:
        for _ in range(count):
            n = len(site.apollo.contacts)
            site.clock.at = SINCE + n
            site.apollo.add_contact(
                f"a{n}", f"p{n}@firm.com", contact_stage_id=stage, label_ids=lists
            )
    return set(site.apollo.contacts)


def captured(site: Site) -> list[str]:
    """The ids of what was captured, one for each record."""
    return [record.source_id for record in site.producer.captured("contact")]


def test_more_changes_than_apollo_shows_are_read_by_stage_and_list(free: Rules) -> None:
    site = Site(free, [], SMALL)
    site.apollo.labels = {"fair": "Fair", "web": "Web"}
    everybody = crowd(
        site, (12, "new", ["fair"]), (12, "new", ["web"]), (15, "open", []), (3, "", ["web"])
    )
    done = site.read()
    assert sorted(captured(site)) == sorted(everybody)
    assert done == Pass(site.clock.at, captured=len(everybody))


def test_a_long_pass_goes_on_where_it_failed_and_captures_what_is_new(free: Rules) -> None:
    site = Site(free, [], SMALL)
    crowd(site, (19, "new", []), (20, "open", []))
    site.apollo.fails_at = 8
    with pytest.raises(Unavailable):
        site.read()
    asked, newest = len(site.apollo.searches), site.clock.at
    failed = site.apollo.searches[-1]
    site.clock.at += 900.0
    site.apollo.add_contact("late", "late@firm.com", contact_stage_id="new")
    done = site.read()
    assert sorted(captured(site)) == sorted(site.apollo.contacts)
    assert site.apollo.searches[asked:][:2] == [ContactSearch(size=5), failed]
    assert done == Pass(newest, captured=40), "what changed meanwhile is read again"


def test_changes_that_fill_the_overlap_are_not_read_whole_at_every_poll(free: Rules) -> None:
    site = Site(free, [], SMALL)
    crowd(site, (15, "new", []), (15, "open", []))
    done = site.read()
    for n in range(3):
        site.apollo.searches.clear()
        site.clock.at += 60.0
        site.apollo.add_contact(f"late{n}", "late@firm.com", contact_stage_id="new")
        assert site.read(done.newest) == Pass(done.newest, captured=1)
        assert len(site.apollo.searches) == 1
    site.clock.at += 3600.0
    site.apollo.add_contact("last", "late@firm.com", contact_stage_id="new")
    assert site.read(done.newest) == Pass(site.clock.at, captured=1)
    assert sorted(captured(site)) == sorted(site.apollo.contacts)


def test_a_long_pass_leaves_half_of_a_days_calls_and_a_fifth_in_any_case(free: Rules) -> None:
    site = Site(free, [], SMALL)
    crowd(site, (15, "new", []), (15, "open", []))
    day = Day(site.clock.now, 8)
    site.apollo.day = day
    with pytest.raises(EndpointSpent, match="50% of the day's are kept"):
        site.read()
    assert day.left == 4
    for _ in range(5):
        site.clock.at += 300.0
        with pytest.raises(EndpointSpent):
            site.read()
    assert day.left == 1
    for _ in range(2):
        site.clock.at += 86_400.0
        with pytest.raises(EndpointSpent):
            site.read()
    site.clock.at += 86_400.0
    assert site.read().captured == 30


def test_what_no_search_reaches_is_named_and_newer_changes_are_captured(free: Rules) -> None:
    site = Site(free, [], SMALL)
    site.apollo.labels = {"fair": "Fair"}
    crowd(site, (21, "new", ["fair"]), (3, "new", []), (2, "", []))
    for _ in range(2):
        with pytest.raises(AccountLimited) as raised:
            site.read()
        for words in (
            "21 in stage 'new' on list 'Fair'",
            "3 in stage 'new' on no list",
            "2 in no stage and on no list",
            "no list has more than 20 of one stage",
        ):
            assert words in str(raised.value)
        site.clock.at += 60.0
        site.apollo.searches.clear()
        site.apollo.add_contact("late", "late@firm.com", contact_stage_id="open")
    with pytest.raises(AccountLimited):
        site.read()
    assert "late" in captured(site)
    assert [search.page for search in site.apollo.searches] == [1], "it counts once an hour"


def test_once_a_person_has_put_them_on_lists_the_pass_ends(free: Rules) -> None:
    site = Site(free, [], SMALL)
    everybody = crowd(site, (23, "new", []))
    with pytest.raises(AccountLimited, match="23 in stage 'new' on no list"):
        site.read()
    site.apollo.labels = {"a": "A", "b": "B"}
    for n, contact in enumerate(site.apollo.contacts.values()):
        contact["label_ids"] = ["ab"[n % 2]]
    site.clock.at += 3600.0
    assert site.read().captured == len(everybody)
    assert sorted(captured(site)) == sorted(everybody)


@pytest.mark.parametrize("only", [{"lists": ("Fair",)}, {"stages": ("open",)}])
def test_only_what_the_rules_capture_must_be_reached(free: Rules, only: dict[str, Any]) -> None:
    capture = free.capture.model_copy(update=only)
    site = Site(free.model_copy(update={"capture": capture}), [], SMALL)
    site.apollo.labels = {"fair": "Fair"}
    crowd(site, (8, "open", ["fair"]), (30, "new", []))
    assert site.read().captured == 8


def test_a_list_that_apollo_does_not_have_captures_nobody(free: Rules) -> None:
    capture = free.capture.model_copy(update={"lists": ("Gone",)})
    site = Site(free.model_copy(update={"capture": capture}), [], SMALL)
    crowd(site, (30, "new", []))
    assert site.read() == Pass(site.clock.at)
