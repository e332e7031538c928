"""SLA windows: which clocks of a team were opened, met and breached in an hour."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from leads.decision import Decision
from leads.gates import sla
from leads.gates.sla_windows import HOUR, SlaWindows, SlaWindowsState, window_key
from leads.records import Person, Route, Signal, SlaOutcome, SlaTick
from leads.rule_file import parse_rules
from leads.rules import NO_TEAM, Rules, RulesError
from leads.table_rows import SlaClock, SlaWindow, SlaWindowSpan, Suppression
from tests.conftest import DEMO_RULES
from tests.leads.test_gates import NOW, lead

RULES = parse_rules(DEMO_RULES.read_text())
START = 1_800_000_000 // HOUR * HOUR
DAY = 24
ANA = lead(route=Route(kind="rep", owner_email="Ana.US@acme.test", owner_id="9"))


def outcome(kind: str, clock: str = "c1", shadow: bool = False) -> SlaOutcome:
    """An outcome of a clock whose deadline lies in the first hour."""
    return SlaOutcome(
        outcome_id=f"{clock}{kind}",
        kind=kind,  # type: ignore[arg-type]
        team="europe",
        clock_id=clock,
        deadline=START + 10.0,
        shadow=shadow,
    )


def file(
    records: Sequence[SlaOutcome], window: SlaWindow | None = None
) -> tuple[SlaWindow | None, list[str]]:
    """One window after these records, and what each was decided to be."""
    kinds = []
    for record in records:
        seen = SlaWindowsState(start=START, oldest=START - HOUR, window=window)
        decision = SlaWindows().decide(record, seen, {}, RULES, NOW)
        kinds.append(decision.kind)
        for put in decision.puts:
            window = put.value if put.table == "sla_windows" else window
    return window, kinds


KINDS = st.sampled_from(["opened", "met", "breached", "withdrawn"])
OUTCOMES = st.builds(outcome, KINDS, st.sampled_from(["c1", "c2", "c3"]))


@given(st.lists(OUTCOMES, max_size=20), st.data())
def test_a_record_that_comes_again_counts_once(
    records: list[SlaOutcome], data: st.DataObject
) -> None:
    window, _ = file(records)
    again = data.draw(st.lists(st.sampled_from(records), max_size=10)) if records else []
    opened = [r for r in records if r.kind == "opened"]
    known = [r for r in again if r in opened or (window and r.clock_id in getattr(window, r.kind))]
    assert file(known, window) == (window, ["unchanged"] * len(known))


def test_an_outcome_is_filed_under_its_clock() -> None:
    window, kinds = file([outcome("opened"), outcome("met"), outcome("opened", "c2")])
    assert window == SlaWindow(opened=("c1", "c2"), met=("c1",))
    assert kinds == ["counted"] * 3


def test_a_clock_that_was_opened_in_shadow_counts_nowhere() -> None:
    window, kinds = file([outcome("opened", shadow=True), outcome("breached")])
    assert (window, kinds) == (None, ["unchanged", "unchanged"])


def test_a_live_clock_that_ends_in_shadow_has_ended() -> None:
    window, _ = file([outcome("opened"), outcome("breached", shadow=True)])
    assert window == SlaWindow(opened=("c1",), breached=("c1",))


def deleted(seen: SlaWindowsState) -> tuple[list[str], SlaWindowSpan]:
    """The windows that an outcome deletes, and the span that it leaves."""
    decision = SlaWindows().decide(outcome("opened"), seen, {}, RULES, NOW)
    gone = [put.key for put in decision.puts if put.value is None]
    [span] = [put.value for put in decision.puts if put.table == "sla_window_spans"]
    return gone, span


def test_windows_before_the_oldest_are_deleted_and_no_other() -> None:
    oldest = START - 400 * DAY * HOUR
    span = SlaWindowSpan(first=oldest - 2 * HOUR, last=START - HOUR)
    gone, after = deleted(SlaWindowsState(start=START, oldest=oldest, span=span))
    assert gone == [window_key("europe", oldest - 2 * HOUR), window_key("europe", oldest - HOUR)]
    assert after == SlaWindowSpan(first=oldest, last=START)
    gone, after = deleted(SlaWindowsState(start=START, oldest=oldest, span=after))
    assert (gone, after) == ([], SlaWindowSpan(first=oldest, last=START))


def test_after_a_long_pause_windows_are_deleted_in_parts() -> None:
    oldest = START - 400 * DAY * HOUR
    span = SlaWindowSpan(first=oldest - 2500 * HOUR, last=oldest)
    counts = []
    for _ in range(4):
        gone, span = deleted(SlaWindowsState(start=START, oldest=oldest, span=span))
        counts.append(len(gone))
    assert (counts, span.first) == ([1000, 1000, 500, 0], oldest)


def test_an_outcome_of_an_expired_hour_is_not_counted() -> None:
    seen = SlaWindowsState(start=START, oldest=START + HOUR)
    assert SlaWindows().decide(outcome("opened"), seen, {}, RULES, NOW).kind == "unchanged"


def outcomes(decision: object) -> list[tuple[str, str]]:
    """What a decision of the SLA gate tells the windows: team and kind."""
    assert isinstance(decision, Decision)
    return [(o.key, o.record.kind) for o in decision.outputs]


def test_a_clock_keeps_the_team_under_which_it_was_started() -> None:
    start = SlaTick(tick_id="t", kind="start", person_key="p1", at=NOW, lead=ANA)
    begun = sla.Sla().decide(start, sla.SlaState(), {}, RULES, NOW)
    assert outcomes(begun) == [("us", "opened")]
    assert isinstance(begun, Decision)
    clock = begun.puts[0].value
    assert isinstance(clock, SlaClock)
    other = RULES.model_copy(update={"teams": {}})
    acted = Signal(
        signal_id="s", kind="activity", at=NOW + 5, source="crm", person_key="p1", value="9"
    )
    met = sla.Sla().decide(acted, sla.SlaState(clock=clock), {}, other, NOW + 6)
    assert outcomes(met) == [("us", "met")]


ENDED = SlaTick(tick_id="e", kind="ended", person_key="p1", at=0.0, lead=ANA)
RUNNING = SlaClock(lead=ANA, started=NOW, deadline=NOW + 60, team="us")
OPT_OUT = Signal(signal_id="s", kind="unsubscribe", at=NOW + 5, source="crm", person_key="p1")
STOPPED = Suppression(kind="unsubscribe", at=NOW, source="crm", whole_person=True)


def answer(record: SlaTick | Signal, **seen: object) -> Decision:
    """What the SLA gate decides without any effect."""
    decision = sla.Sla().decide(record, sla.SlaState(**seen), {}, RULES, NOW)  # type: ignore[arg-type]
    assert isinstance(decision, Decision)
    return decision


@pytest.mark.parametrize("ended", [{"breached_at": NOW + 1}, {"satisfied_at": NOW + 1}])
def test_a_clock_that_is_met_or_breached_is_not_withdrawn(ended: dict[str, float]) -> None:
    assert outcomes(answer(ENDED, clock=RUNNING)) == [("us", "withdrawn")]
    assert outcomes(answer(ENDED, clock=replace(RUNNING, **ended))) == []


def test_a_clock_ends_with_its_lead_and_with_no_other() -> None:
    [put] = answer(ENDED, clock=RUNNING).puts
    mark = put.value
    assert isinstance(mark, SlaClock)
    assert (mark.ended, mark.lead.lead_id, mark.lead.step) == (True, ANA.lead_id, ANA.step)
    assert mark.lead.person == Person()
    later = replace(RUNNING, lead=replace(ANA, step=ANA.step + 1))
    assert answer(ENDED, clock=later).kind == "unchanged"
    other = replace(RUNNING, lead=replace(ANA, lead_id="other"))
    assert answer(ENDED, clock=other).kind == "unchanged"


@pytest.mark.parametrize("clock", [None, RUNNING])
def test_no_earlier_record_of_a_lead_that_has_ended_starts_a_clock(clock: SlaClock | None) -> None:
    """Another revision of the lead is read late, and would have a clock that nobody can meet."""
    [put] = answer(ENDED, clock=clock).puts
    mark = put.value
    assert isinstance(mark, SlaClock)
    start = SlaTick(tick_id="t", kind="start", person_key="p1", at=NOW, lead=ANA)
    for kind in ("start", "intent", "taken", "ended"):
        assert answer(replace(start, kind=kind), clock=mark).kind == "unchanged"
    back = replace(start, lead=replace(ANA, step=ANA.step + 1))
    other = replace(start, lead=replace(ANA, lead_id="other"))
    for begins in (back, other):
        assert answer(begins, clock=mark) == answer(begins)
    acted = replace(OPT_OUT, kind="activity", value=ANA.owner_id)
    assert answer(acted, clock=mark).kind == "unchanged"


def test_a_lead_that_is_taken_back_has_no_clock_even_while_it_cannot_leave_its_sequence() -> None:
    undo = replace(OPT_OUT, kind="undone", value=ANA.lead_id)
    assert outcomes(answer(undo, clock=RUNNING)) == [("us", "withdrawn")]
    assert answer(replace(undo, value="other"), clock=RUNNING).kind == "unchanged"


def test_the_clock_of_a_stopped_lead_is_withdrawn_and_none_begins() -> None:
    stopped = answer(OPT_OUT, clock=RUNNING, suppression=STOPPED)
    assert outcomes(stopped) == [("us", "withdrawn")]
    # the opt-out was of another address of the person
    assert answer(OPT_OUT, clock=RUNNING).kind == "unchanged"
    for kind in ("intent", "start"):
        tick = SlaTick(tick_id="t", kind=kind, person_key="p1", at=NOW, lead=ANA)
        assert answer(tick, suppression=STOPPED).kind == "unchanged"
    waiting = SlaClock(lead=ANA, assign_by=NOW + 60)
    overdue = SlaTick(tick_id="t", kind="assign_by", person_key="p1", at=NOW + 60)
    assert answer(overdue, clock=waiting, suppression=STOPPED).kind == "unchanged"


def test_a_running_clock_goes_on_with_another_rep_and_the_same_deadline() -> None:
    """The person has waited since the first rep had the lead."""
    clock = SlaClock(lead=ANA, started=NOW, deadline=NOW + 60, team="us")
    ben = replace(ANA, route=Route(kind="rep", owner_email="ben.us@acme.test", owner_id="8"))
    start = SlaTick(tick_id="t", kind="start", person_key="p1", at=NOW + 30, lead=ben)
    moved = sla.Sla().decide(start, sla.SlaState(clock=clock), {}, RULES, NOW + 30)
    assert isinstance(moved, Decision)
    assert moved.puts[0].value == replace(clock, lead=ben)
    assert outcomes(moved) == []
    acted = Signal(
        signal_id="s", kind="activity", at=NOW + 40, source="crm", person_key="p1", value="8"
    )
    state = sla.SlaState(clock=moved.puts[0].value)
    met = sla.Sla().decide(acted, state, {}, RULES, NOW + 41)
    assert isinstance(met, Decision)
    assert met.kind == "sla_met"
    again = sla.Sla().decide(start, state, {}, RULES, NOW + 42)
    assert isinstance(again, Decision)
    assert again.kind == "unchanged"


def test_the_team_of_an_owner(rules: Rules) -> None:
    given = rules.model_copy(update={"teams": {"west": ("Ana@acme.test",)}})
    assert (given.team_of("ana@ACME.test"), given.team_of("x@acme.test")) == ("west", NO_TEAM)


def test_a_rep_is_in_one_team() -> None:
    text = DEMO_RULES.read_text().replace("eu: [cleo", "eu: [Ana.US@acme.test, cleo")
    with pytest.raises(RulesError, match=r"ana\.us@acme\.test can be in one team only"):
        parse_rules(text)
