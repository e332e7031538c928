"""What the measures count, on each kind of database; tests/simulation/test_read_model.py counts
them again from logs."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import Connection

from app.console.measures.bounces import count_bounces, count_bounces_by_list
from app.console.measures.cohorts import Window
from app.console.measures.counting import Counted
from app.console.measures.enrolments import count_enrolled
from app.console.measures.import_success import Export, became, count_exports
from app.console.measures.reports import Wanted, make_reports
from app.console.measures.routing_accuracy import count_routings
from app.console.measures.sla_clocks import count_clocks
from app.console.store import ReadModel
from tests.app.event_rows import Event, store

TODAY = 20_000
WINDOW = Window(TODAY - 6, TODAY)
_REP = {"kind": "rep", "rule": "uk", "owner": "Cleo@acme.test"}


@pytest.fixture
def model(address: str) -> ReadModel:
    """Empty, on each kind of database."""
    made = ReadModel(address)
    made.migrate()
    return made


def count_stories(
    model: ReadModel,
    stories: Mapping[str, Sequence[Event]],
    count: Callable[[Connection, Window], list[Counted]],
) -> dict[str, str]:
    """What became of each lead that counts; the rules of its events are its name."""
    with model.writing() as connection:
        for lead, story in stories.items():
            store(connection, lead, [one._replace(rules=lead) for one in story])
        found = count(connection, WINDOW)
    assert {one.leads for one in found} == {1}
    return {one.rules: one.became for one in found}


def outcomes(counted: Sequence[Counted]) -> Counter[str]:
    """How many came to what."""
    found = Counter[str]()
    for one in counted:
        found[one.became] += one.leads
    return found


def captured(day: int = TODAY, **more: Any) -> Event:
    """A lead comes in."""
    return Event("captured", "intake", day, **more)


def written(**more: Any) -> Event:
    """The CRM has it."""
    return Event("written", "write", TODAY, **more)


EXPORTS: dict[str, tuple[str, list[Event]]] = {
    "clean": ("clean", [captured(), written()]),
    "invalid later": ("clean", [captured(), written(), Event("invalid", "intake", TODAY)]),
    "invalid first": ("invalid", [captured(), Event("invalid", "intake", TODAY), written()]),
    "variant": ("duplicate", [captured(), Event("variant", "company", TODAY, place="review")]),
    "merged": ("duplicate", [captured(), Event("merged", "identity", TODAY, place="merged")]),
    "unreadable": ("unreadable", [Event("dead", "intake", TODAY, place="dead")]),
    "came after all": (
        "clean",
        [Event("dead", "intake", TODAY, place="dead"), captured(), written()],
    ),
    "refused": ("refused", [captured(), Event("fallback", "write", TODAY, place="fallback")]),
    "no owner": ("waiting", [captured(), Event("fallback", "assign", TODAY, place="fallback")]),
    "opted out": ("ended", [captured(), Event("suppressed", "write", TODAY, place="suppressed")]),
    "on its way": ("waiting", [captured(), Event("unique", "identity", TODAY)]),
    "released": (
        "clean",
        [
            *(captured(shadow=True), written(shadow=True)),
            *(Event("matched", "company", TODAY), written()),
        ],
    ),
    "written in shadow": ("", [captured(), written(shadow=True)]),
    "all in shadow": ("", [captured(shadow=True), Event("invalid", "intake", TODAY, shadow=True)]),
    "before": ("", [captured(TODAY - 7), written()]),
    "tomorrow": ("", [captured(TODAY + 1)]),
}


def test_what_becomes_of_an_export(model: ReadModel) -> None:
    stories = {lead: story for lead, (_, story) in EXPORTS.items()}
    wanted = {lead: name for lead, (name, _) in EXPORTS.items() if name}
    assert count_stories(model, stories, count_exports) == wanted


@pytest.mark.parametrize("place", ["review", "suppressed", "dead", None])
def test_a_flag_stays_whatever_people_decide(place: str | None) -> None:
    flagged = Export(written=True, invalid=False, duplicate=True, refused=False, place=place)
    assert became(flagged) == "duplicate"
    assert became(flagged._replace(invalid=True)) == "invalid"


def test_a_dead_letter_that_is_of_no_lead_is_no_export(model: ReadModel) -> None:
    with model.writing() as connection:
        store(connection, "letter", [Event("dead", "intake", TODAY, place="dead")])
        connection.exec_driver_sql("DELETE FROM console_leads")
        assert count_exports(connection, WINDOW) == []


def routed(day: int = TODAY, **more: Any) -> Event:
    """The rules choose a rep."""
    outcome = {**_REP, **more.pop("outcome", {})}
    return Event("routed", "routing", day, outcome, **more)


def checked(kind: str = "assigned", owner: str = "cleo@ACME.test", **more: Any) -> Event:
    """What the CRM shows."""
    return Event(kind, "assign", TODAY, {"owner": owner}, **more)


ROUTINGS: dict[str, tuple[str, list[Event]]] = {
    "right": ("right", [routed(), checked()]),
    "set by people": ("other", [routed(), checked(owner="ben@acme.test")]),
    "left": ("no_owner", [routed(), checked("unowned"), routed(), checked()]),
    "taken away": ("automation", [routed(), checked("another_automation")]),
    "refused": ("refused", [routed(), checked("fallback")]),
    "not yet": ("unchecked", [routed()]),
    "routed again first": ("unchecked", [routed(), routed(), checked()]),
    "later": ("right", [routed(outcome={"kind": "nurture"}), routed(), checked()]),
    "account": ("right", [routed(outcome={"rule": "account_owner"}), checked()]),
    "refused at the hand-over": ("unchecked", [routed(), Event("fallback", "engage", TODAY)]),
    "by a person": ("", [routed(outcome={"rule": "review_decision"}), checked()]),
    "kept": ("", [routed(outcome={"kind": "existing"}), checked()]),
    "in shadow": ("", [routed(shadow=True), checked(shadow=True)]),
    "the first was before": ("", [routed(TODAY - 7), checked(), routed(), checked()]),
}


def test_the_first_check_judges_the_first_route_to_a_rep(model: ReadModel) -> None:
    stories = {lead: story for lead, (_, story) in ROUTINGS.items()}
    wanted = {lead: name for lead, (name, _) in ROUTINGS.items() if name}
    assert count_stories(model, stories, count_routings) == wanted


def test_machines_whose_clocks_differ_make_no_other_order(model: ReadModel) -> None:
    early = checked()._replace(day=TODAY - 1, step=4)
    with model.writing() as connection:
        store(connection, "l", [early, routed(step=3)])
        [found] = count_routings(connection, WINDOW)
    assert (found.became, found.day) == ("right", TODAY)


def clock(kind: str, day: int = TODAY, **more: Any) -> Event:
    """An event of a clock."""
    outcome = {"team": "north", "seconds": 60.0} if kind != "breached" else {}
    return Event(kind, "sla", day, outcome, place="", step=7, **more)


def test_a_clock_counts_by_its_first_end_and_knows_a_late_contact(model: ReadModel) -> None:
    stories = {
        "met": [clock("sla_started", TODAY - 9), clock("sla_met", TODAY - 6)],
        "late": [
            clock("sla_started", TODAY - 1),
            clock("breached", TODAY - 1),
            clock("sla_met"),
        ],
        "never": [clock("sla_started", rules="v2"), clock("breached", rules="v3")],
        "runs": [clock("sla_started")],
        "ended before": [clock("sla_started", TODAY - 9), clock("sla_met", TODAY - 7)],
        "shadow": [clock("sla_started", shadow=True), clock("breached")],
        "twice": [
            clock("sla_started", TODAY - 9),
            clock("breached", TODAY - 9),
            clock("sla_started")._replace(step=9),
            clock("sla_met")._replace(step=9),
        ],
    }
    with model.writing() as connection:
        for lead, story in stories.items():
            store(connection, lead, [captured(), *story])
        found = count_clocks(connection, WINDOW)
    assert Counter(found) == Counter(
        [
            Counted(TODAY - 6, "met", "v1", "north", seconds=60.0),
            Counted(TODAY - 1, "breached", "v1", "north", seconds=60.0),
            Counted(TODAY, "breached", "v2", "north"),
            Counted(TODAY, "met", "v1", "north", seconds=60.0),
        ]
    )


def test_enrolled_against_held_for_want_of_an_owner(model: ReadModel) -> None:
    enrolled = Event("enrolled", "engage", TODAY, place="")
    no_route = Event("unrouted", "routing", TODAY, place="held")
    stories = {
        "enrolled": [routed(), enrolled, Event("nurtured", "engage", TODAY, place="nurtured")],
        "no route": [no_route],
        "no owner": [routed(), checked("unowned", place="held")],
        "held again": [routed(), enrolled, checked("unowned", place="held")],
        "found one": [no_route, routed(), Event("engaged", "engage", TODAY, place="engaged")],
        "waits for Apollo": [routed(), Event("sequence_active", "engage", TODAY, place="held")],
        "before": [routed(TODAY - 9), enrolled],
        "shadow": [routed(shadow=True), enrolled._replace(shadow=True)],
        "enrolled in shadow": [routed(), enrolled._replace(shadow=True)],
        "held in shadow": [routed(), checked("unowned", place="held", shadow=True)],
    }
    assert count_stories(model, stories, count_enrolled) == {
        "enrolled": "enrolled",
        "no route": "held",
        "no owner": "held",
        "held again": "held",
        "found one": "other",
        "waits for Apollo": "other",
        "enrolled in shadow": "other",
        "held in shadow": "other",
    }


def enrol_three(connection: Connection) -> None:
    """Of three leads, one on two lists and one on none, the first bounces."""
    enrolled = Event("enrolled", "engage", TODAY)
    stopped = Event("suppressed", "engage", TODAY, place="suppressed", suppression="bounce")
    store(connection, "a", [enrolled, stopped], lists=("=webinar", "demo"))
    store(connection, "b", [enrolled, stopped._replace(suppression="unsubscribe")], lists=("demo",))
    store(connection, "c", [stopped, enrolled])
    store(connection, "d", [enrolled._replace(day=TODAY - 7), stopped])


def test_a_bounce_counts_on_each_list_and_once_in_all(model: ReadModel) -> None:
    with model.writing() as connection:
        enrol_three(connection)
        found = count_bounces(connection, WINDOW)
        by_list = count_bounces_by_list(connection, WINDOW)
        narrowed = count_bounces_by_list(connection, WINDOW._replace(list="=webinar"))
    assert outcomes(found) == {"bounced": 1, "kept": 2}
    assert {(one.group, one.became): one.leads for one in by_list} == {
        ("=webinar", "bounced"): 1,
        ("demo", "bounced"): 1,
        ("demo", "kept"): 1,
        ("", "kept"): 1,
    }
    assert [(one.group, one.leads) for one in narrowed] == [("=webinar", 1)]


def test_reports_are_narrowed_by_list_team_and_rules(model: ReadModel) -> None:
    with model.writing() as connection:
        for lead, rules, lists in (("a", "v1", ("demo",)), ("b", "v2", ())):
            story = [captured(rules=rules), written(), routed(rules=rules), checked()]
            clocks = [clock("sla_started", rules=rules), clock("breached")]
            store(connection, lead, [*story, *clocks], lists=lists)

        def totals(**more: str) -> dict[str, tuple[int, int]]:
            found = make_reports(connection, Wanted(**more), TODAY)  # type: ignore[arg-type]
            assert found.lists == ["demo"]
            return {one.measure.key: one.total[:2] for one in found.measures}

        every = totals()
        assert every == {
            "import_success": (2, 2),
            "routing_accuracy": (2, 2),
            "first_contact": (0, 2),
            "breach_rate": (2, 2),
            "enrolled": (0, 2),
            "bounces": (0, 0),
        }
        narrowed = {key: (hits // 2, n // 2) for key, (hits, n) in every.items()}
        assert totals(list="demo") == totals(rules="v2") == narrowed
        assert totals(team="north") == {key: every[key] for key in ("first_contact", "breach_rate")}
        assert set(totals(team="south").values()) == {(0, 0)}
        assert set(totals(list="nothing", rules="v1").values()) == {(0, 0)}
