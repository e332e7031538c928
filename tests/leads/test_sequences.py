"""Which sequence a lead enters, by which tool, and how it leaves it again."""

from typing import Any

import pytest
from msgspec.structs import replace

from leads.decision import Decision, NeedsEffects
from leads.effect_results import EffectResult, SequencesRead
from leads.effects import (
    EnterList,
    EnterSequence,
    LeaveApolloSequence,
    LeaveList,
    LeaveSequence,
    SetApolloOwner,
    StopContact,
)
from leads.gates.engage import Engage, EngageState
from leads.records import CrmLink, Enrolment, Lead, Place, Route, Score, Sequences, Trigger
from leads.route import sequence
from leads.rule_file import parse_rules
from leads.rule_models import Condition, SequenceRule
from leads.rules import Rules, RulesError
from leads.table_rows import Suppression
from tests.conftest import DEMO_RULES
from tests.leads.test_gates import NOW, OK, lead

WARM = SequenceRule(
    name="warm", tool="apollo", target="d1", sender="n@acme.test", when=Condition(countries=("US",))
)
COLD = SequenceRule(name="cold", tool="none", when=Condition(countries=("FR",)))
OWN = SequenceRule(name="own", band="rep", tool="cadence", target="Rep cadence")
NURTURE = Route(kind="nurture", owner_email="nurture@acme.test", owner_id="1", rule="threshold")
LOW = Score(points=40, parts={"seniority": 30})
INACTIVE = Sequences(state="inactive", read_at=NOW)


@pytest.fixture
def some(rules: Rules) -> Rules:
    """The demo's rules with three sequences."""
    return rules.model_copy(update={"sequences": (WARM, COLD, OWN)})


def nurtured(country: str, **fields: Any) -> Lead:
    """A lead below the threshold that is free to enter."""
    base = lead(route=NURTURE, score=LOW, sequences=INACTIVE, apollo_id="a7")
    return replace(base, company=replace(base.company, country=country), **fields)


def decide(
    record: Lead, rules: Rules, rest: Lead | None = None, **done: EffectResult
) -> Decision | NeedsEffects:
    """What the gate says."""
    return Engage().decide(record, EngageState(rest=rest), done, rules, NOW)


@pytest.mark.parametrize(
    ("country", "name"), [("US", "warm"), ("FR", "cold"), ("DE", "Leadgate nurture")]
)
def test_the_first_sequence_that_fits_counts_and_the_list_is_the_last(
    some: Rules, country: str, name: str
) -> None:
    found = sequence(nurtured(country), some, "nurture")
    assert found is not None
    assert found.name == name
    assert sequence(nurtured("DE"), some.model_copy(update={"sequences": ()}), "rep") is None


def test_each_tool_is_entered_by_its_own_act(some: Rules) -> None:
    asked = {}
    for country in ("US", "FR", "DE"):
        answer = decide(nurtured(country), some)
        asked[country] = (
            next(iter(answer.effects.values())).name
            if isinstance(answer, NeedsEffects)
            else answer.kind
        )
    assert asked == {"US": "apollo.enrol", "FR": "nurtured", "DE": "crm.enter_list"}


@pytest.mark.parametrize(
    ("kind", "decided", "place"),
    [("busy", "sequence_active", Place.HELD), ("refused", "not_enrolled", Place.REVIEW)],
)
def test_a_person_that_apollo_skips_waits_or_is_a_persons_question(
    some: Rules, kind: str, decided: str, place: Place
) -> None:
    decision = decide(
        nurtured("US"),
        some,
        enter=EffectResult(ok=False, kind=kind, reason="contacts_in_same_company"),
    )
    assert isinstance(decision, Decision)
    assert (decision.kind, decision.place) == (decided, place)
    assert decision.trace[0].why == "contacts_in_same_company"


def entered(some: Rules) -> Lead:
    """A lead at rest in Apollo's sequence."""
    decision = decide(nurtured("US"), some, enter=OK)
    assert isinstance(decision, Decision)
    assert decision.lead is not None
    assert decision.lead.enrolled == Enrolment(name="warm", tool="apollo", target="d1")
    return decision.lead


def test_our_own_apollo_sequence_being_active_is_no_news(some: Rules) -> None:
    rested = entered(some)
    heard = replace(rested, trigger=Trigger(kind="sequence", value="active", at=NOW))
    assert decide(heard, some, rested).kind == "signal_sequence"  # type: ignore[union-attr]
    listed = replace(rested, enrolled=Enrolment(name="n", tool="list", target="Leadgate nurture"))
    another = decide(replace(listed, trigger=heard.trigger), some, listed)
    assert isinstance(another, NeedsEffects)
    assert another.effects["leave"] == LeaveList(contact_id="7", list_name="Leadgate nurture")


def test_a_reply_leaves_by_the_tool_that_was_entered_whatever_the_rules_say_now(
    some: Rules, rules: Rules
) -> None:
    rested = entered(some)
    heard = replace(rested, trigger=Trigger(kind="reply", at=NOW))
    need = decide(heard, rules, rested)
    assert isinstance(need, NeedsEffects)
    assert need.effects["leave"] == LeaveApolloSequence(apollo_id="a7", sequence="d1")
    decision = decide(heard, rules, rested, leave=OK)
    assert isinstance(decision, Decision)
    assert decision.place == Place.REVIEW
    assert decision.lead is not None
    assert decision.lead.enrolled is None


def test_a_row_of_the_release_before_leaves_the_list_that_it_was_on(some: Rules) -> None:
    before = nurtured("DE", nurtured_at=NOW)
    need = decide(replace(before, trigger=Trigger(kind="reply", at=NOW)), some, before)
    assert isinstance(need, NeedsEffects)
    assert need.effects["leave"] == LeaveList(contact_id="7", list_name="Leadgate nurture")


def test_a_lead_that_rises_leaves_apollos_sequence_and_asks_again_before_the_rep_is_notified(
    some: Rules,
) -> None:
    rested = entered(some)
    risen = replace(
        lead(apollo_id="a7", sequences=INACTIVE), enrolled=rested.enrolled, nurtured_at=NOW
    )
    need = decide(risen, some, rested)
    assert isinstance(need, NeedsEffects)
    assert list(need.effects) == ["leave"]
    need = decide(risen, some, rested, leave=OK)
    assert isinstance(need, NeedsEffects)
    assert list(need.effects) == ["sequences"]


def test_a_rep_is_notified_and_then_the_lead_enters_the_reps_sequence(some: Rules) -> None:
    ready = lead(sequences=INACTIVE)
    need = decide(ready, some)
    assert isinstance(need, NeedsEffects)
    assert need.effects["enter"] == EnterList(contact_id="7", list_name="Rep cadence")
    told = decide(ready, some, enter=OK)
    assert isinstance(told, Decision)
    assert [n.kind for n in told.notes] == ["noticed", "enrolled"]
    failed = decide(
        ready, some, enter=EffectResult(ok=False, kind="rejected", reason="no such cadence")
    )
    assert isinstance(failed, Decision)
    assert (failed.place, [n.kind for n in failed.notes]) == (
        Place.ENGAGED,
        ["noticed", "not_enrolled"],
    )


def test_a_reps_sequence_ends_with_an_answer_or_apollos_own_and_the_lead_stays_with_its_rep(
    some: Rules,
) -> None:
    told = decide(lead(sequences=INACTIVE), some, enter=OK)
    assert isinstance(told, Decision)
    rested = told.lead
    assert rested is not None
    for heard in (Trigger(kind="reply", at=NOW), Trigger(kind="sequence", value="active", at=NOW)):
        need = decide(replace(rested, trigger=heard), some, rested)
        assert isinstance(need, NeedsEffects)
        assert need.effects["leave"] == LeaveList(contact_id="7", list_name="Rep cadence")
        left = decide(replace(rested, trigger=heard), some, rested, leave=OK)
        assert isinstance(left, Decision)
        assert left.lead is not None
        assert (left.place, left.lead.enrolled) == (Place.ENGAGED, None)


def test_customers_get_no_sequence_and_no_notice_goes_out_about_a_stopped_one(some: Rules) -> None:
    customer = replace(lead(sequences=INACTIVE), crm=CrmLink(contact_id="7", lifecycle="customer"))
    told = decide(customer, some)
    assert isinstance(told, Decision)
    assert [n.kind for n in told.notes] == ["noticed"]
    stopped = decide(
        lead(sequences=INACTIVE),
        some,
        enter=EffectResult(ok=False, kind="suppressed", reason="bounce"),
    )
    assert isinstance(stopped, Decision)
    assert (stopped.place, stopped.alerts) == (Place.SUPPRESSED, ())


def test_apollo_hears_of_the_owner_where_the_rules_say_so(rules: Rules) -> None:
    told = rules.model_copy(update={"apollo_owner": True})
    need = decide(lead(sequences=INACTIVE, apollo_id="a7"), told)
    assert isinstance(need, NeedsEffects)
    owner = need.effects["apollo_owner"]
    assert isinstance(owner, SetApolloOwner)
    assert owner.apollo_id == "a7"
    done = decide(
        lead(sequences=INACTIVE, apollo_id="a7"),
        told,
        apollo_owner=EffectResult(ok=False, kind="no_owner", reason="x"),
    )
    assert isinstance(done, Decision)
    assert done.place == Place.ENGAGED


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{name: a, tool: apollo, target: x}", "sender is missing"),
        ("{name: a, tool: hubspot, target: x}", "leave is missing"),
        ("{name: a, tool: list}", "target is missing"),
    ],
)
def test_a_sequence_that_lacks_something_is_refused(line: str, said: str) -> None:
    with pytest.raises(RulesError, match=said):
        parse_rules(DEMO_RULES.read_text() + f"sequences: [{line}]\n")


HUBSPOT = SequenceRule(name="hub", tool="hubspot", target="77", leave="Out of sequences")


def test_a_hubspot_sequence_needs_the_owners_inbox_and_is_left_by_its_list(rules: Rules) -> None:
    """Whose owner has none enters the next sequence that fits; the list to leave by is provisioned,
    and is none to nurture by."""
    hub = rules.model_copy(
        update={"sequences": (HUBSPOT,), "inboxes": {"Nurture@acme.test": "box@acme.test"}}
    )
    assert hub.lists == ["Leadgate nurture", "Out of sequences"]
    assert hub.entered_lists == ["Leadgate nurture"]
    need = decide(nurtured("US"), hub)
    assert isinstance(need, NeedsEffects)
    args = {
        "contact_id": "7",
        "sequence": "77",
        "leave": "Out of sequences",
        "owner_id": "1",
        "inbox": "box@acme.test",
    }
    assert need.effects["enter"] == EnterSequence(**args)
    assert need.effects["enter"].guarded
    poor = decide(nurtured("US"), hub.model_copy(update={"inboxes": {}}))
    assert isinstance(poor, NeedsEffects)
    assert poor.effects["enter"].name == "crm.enter_list"
    entered = decide(nurtured("US"), hub, enter=OK)
    assert isinstance(entered, Decision)
    rested = entered.lead
    assert rested is not None
    risen = replace(lead(sequences=INACTIVE), enrolled=rested.enrolled, nurtured_at=NOW)
    left = decide(risen, rules, rested)
    assert isinstance(left, NeedsEffects)
    out = left.effects["leave"]
    assert isinstance(out, LeaveSequence)
    assert (out.leave, bool(out.patience)) == ("Out of sequences", True)
    still = decide(
        risen, rules, rested, leave=EffectResult(ok=False, kind="still_in", reason="no workflow")
    )
    assert isinstance(still, Decision)
    assert (still.kind, still.place) == ("unenrol_failed", Place.REVIEW)
    told = decide(risen, rules, rested, leave=OK)
    assert isinstance(told, Decision)
    assert told.place == Place.ENGAGED


def test_a_sequence_that_was_left_in_shadow_alone_is_left_by_a_later_stop(rules: Rules) -> None:
    """Seed 479 of the simulation: a reply in shadow, then an opt-out when effects are live."""
    enrolment = Enrolment(name="Leadgate nurture", tool="list", target="Leadgate nurture")
    rest = nurtured("DE", nurtured_at=NOW, enrolled=enrolment)
    replied = replace(rest, trigger=Trigger(kind="reply", at=NOW, source="apollo"))
    asked = decide(replied, rules, rest, leave=replace(OK, kind="would"))
    assert isinstance(asked, Decision)
    assert asked.lead is not None
    assert asked.lead.enrolled == enrolment
    stop = Suppression(kind="unsubscribe", at=NOW, source="hubspot", whole_person=True)
    state = EngageState(rest=asked.lead, suppression=stop, waits=True)
    stopped = Engage().decide(asked.lead, state, {}, rules, NOW)
    assert isinstance(stopped, NeedsEffects)
    asks = stopped.effects["stop"]
    assert isinstance(asks, StopContact)
    assert asks.nurtured
    live = decide(replied, rules, rest, leave=OK)
    assert isinstance(live, Decision)
    assert live.lead is not None
    assert live.lead.enrolled is None


def test_a_lead_handed_over_in_shadow_is_still_in_what_it_was_in(rules: Rules) -> None:
    """Seed 8059 of the simulation: interest in shadow, then a bounce when effects are live."""
    enrolment = Enrolment(name="Leadgate nurture", tool="list", target="Leadgate nurture")
    rest = nurtured("DE", nurtured_at=NOW, enrolled=enrolment)
    risen = lead(sequences=INACTIVE)
    own = rules.model_copy(update={"sequences": (OWN,)})
    would = replace(OK, kind="would")
    for some_rules, entered in ((rules, {}), (own, {"enter": would})):
        shadow = decide(risen, some_rules, rest, leave=would, **entered)
        assert isinstance(shadow, Decision)
        assert shadow.lead is not None
        assert (shadow.kind, shadow.lead.enrolled) == ("engaged", enrolment)
    live = decide(risen, rules, rest, leave=OK)
    assert isinstance(live, Decision)
    assert live.lead is not None
    assert live.lead.enrolled is None


def test_a_sequence_that_was_left_is_no_longer_the_leads(rules: Rules) -> None:
    """The same rep has it; it had to leave Apollo's sequence first."""
    own = Enrolment(name="own", tool="apollo", target="d1")
    owner = Route(kind="rep", owner_email="ben@acme.test", owner_id="9", rule="x")
    rest = lead(route=owner, engaged_at=NOW, enrolled=own, sequences=INACTIVE, apollo_id="a7")
    risen = replace(rest, engaged_at=0.0, enrolled=None)
    for done, still_in in ({"leave": OK}, None), ({"leave": replace(OK, kind="would")}, own):
        state = EngageState(rest=rest)
        free = EffectResult(ok=True, value=SequencesRead(sequences=INACTIVE))
        answer = Engage().decide(risen, state, {**done, "sequences": free}, rules, NOW)
        assert isinstance(answer, Decision)
        assert answer.lead is not None
        assert answer.lead.enrolled == still_in
