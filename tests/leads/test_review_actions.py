"""What people's decisions mean: each answers what was asked, is carried out to the end, or is
refused with the reason."""

from typing import Any

import pytest
from msgspec.structs import replace

from leads import topics
from leads.audit_kinds import AUDIT_KINDS
from leads.decision import Decision, NeedsEffects, Parked
from leads.effect_results import EffectResult, SequenceLeft, SequencesRead
from leads.effects import AssignOwner
from leads.gates import assign, colleagues, company, engage, routing, write
from leads.gates.common import Guarded
from leads.gates.intake import Intake
from leads.gates.intake import IntakeState as SeenSource
from leads.gates.person_values import WriteState
from leads.keys import Keys
from leads.records import (
    Company,
    CrmLink,
    Enrolment,
    Fingerprint,
    Lead,
    Person,
    Place,
    Reason,
    ReviewDecision,
    ReviewItem,
    Route,
    Score,
    Sequences,
    Trigger,
)
from leads.review_actions import ACTIONS, APPROVES, effects_of, refusal
from leads.rules import Rules
from leads.table_rows import CompanyRow, SourceRow
from leads.waits import resume
from tests.leads.test_gates import NOW, OK, lead, shown

BEN = "ben@acme.test"
NURTURE = Route(kind="nurture", owner_email="nurture@acme.test", owner_id="1", rule="threshold")
ACTIVE = EffectResult(
    ok=True,
    value=SequencesRead(sequences=Sequences(state="active", read_at=NOW, names=("spring",))),
)
INACTIVE = EffectResult(
    ok=True, value=SequencesRead(sequences=Sequences(state="inactive", read_at=NOW))
)


def held(kind: str = "review", asked: str = "invalid", **fields: Any) -> ReviewItem:
    """What the review queue shows of a waiting lead."""
    why = Reason(rule="r", decisive=True, why="so it is")
    given = {
        "lead_id": "l1",
        "kind": kind,
        "stage": "s",
        "partition": 0,
        "step": 3,
        "since": NOW,
        "reasons": (why,),
    }
    person = Person(email="a@b.com")
    return ReviewItem(**{**given, "person": person, "reason_kind": asked, **fields})


def answer(waits: Lead, stage: str, asked: str, action: str, **more: Any) -> Lead:
    """A waiting lead as it goes on by a person's decision."""
    parked = Parked(subject=waits.lead_id, lead=waits)
    review_decision = ReviewDecision(
        decision_id="d1",
        lead_id=waits.lead_id,
        stage=stage,
        step=waits.step,
        action=action,
        actor="olga",
        reason="so",
        at=NOW,
        asked=asked,
        **more,
    )
    going = resume(parked, review_decision, stage)
    assert going is not None
    return going


def decided(found: Decision | NeedsEffects) -> Decision:
    """A decision, and not a question."""
    assert isinstance(found, Decision)
    return found


def test_looking_again_asks_apollo_and_holds_while_its_sequence_is_active(rules: Rules) -> None:
    fresh = Sequences(state="active", read_at=NOW - 5, names=("spring",))
    waits = lead(route=NURTURE, sequences=fresh)
    again = answer(waits, "engage", "sequence_active", "redrive")
    asked = engage.Engage().decide(again, engage.EngageState(rest=waits), {}, rules, NOW)
    assert isinstance(asked, NeedsEffects)
    assert [act.name for act in asked.effects.values()] == ["apollo.sequences"]
    still = decided(
        engage.Engage().decide(
            again, engage.EngageState(rest=waits), {"sequences": ACTIVE}, rules, NOW
        )
    )
    assert (still.place, [r.why for r in still.trace]) == (
        Place.HELD,
        ["Apollo's sequence spring is active"],
    )
    free = engage.Engage().decide(
        again, engage.EngageState(rest=waits), {"sequences": INACTIVE}, rules, NOW
    )
    assert isinstance(free, NeedsEffects)
    assert list(free.effects) == ["enter"]


@pytest.mark.parametrize("asked", ["sequence_active", "sequence_unknown"])
def test_no_answer_starts_a_sequence_beside_apollos(rules: Rules, asked: str) -> None:
    """Whoever writes to the topic: the gate itself holds."""
    waits = lead(route=NURTURE)
    going = answer(waits, "engage", asked, "approve")
    found = decided(
        engage.Engage().decide(
            going, engage.EngageState(rest=waits), {"sequences": ACTIVE}, rules, NOW
        )
    )
    assert found.place is Place.HELD
    assert "nothing of ours starts while" in refusal(held("held", asked), "approve", {}, rules)


def test_an_approved_invalid_lead_goes_on_and_the_trace_says_what_was_overruled(
    rules: Rules,
) -> None:
    gate = Intake(Keys("k"))
    bare = lead(person=Person(email="a@b.com", email_status="Guessed", title="VP"), step=0)
    asked = decided(gate.decide(bare, SeenSource(), {}, rules, NOW))
    assert (asked.kind, asked.place) == ("invalid", Place.REVIEW)
    again = decided(
        gate.decide(answer(bare, "intake", "invalid", "redrive"), SeenSource(), {}, rules, NOW)
    )
    assert again.kind == "invalid", "looking again approves nothing"
    passed = decided(
        gate.decide(answer(bare, "intake", "invalid", "approve"), SeenSource(), {}, rules, NOW)
    )
    assert passed.kind == "validated"
    assert passed.trace[-1].rule == "review_decision.approve"
    assert "the address is Guessed" in passed.trace[-1].why
    nobody = replace(bare, person=Person(title="VP"))
    assert (
        decided(
            gate.decide(
                answer(nobody, "intake", "invalid", "approve"), SeenSource(), {}, rules, NOW
            )
        ).kind
        == "invalid"
    )


def test_approving_missing_fields_says_nothing_about_a_new_employer(rules: Rules) -> None:
    gate = Intake(Keys("k"))
    seen = SeenSource(
        source=SourceRow(
            lead_id="l1",
            version="v0",
            revision=0,
            address_key="p",
            person_key="p",
            company_domain="old.com",
        )
    )
    bare = lead(person=Person(email="a@b.com", email_status="Guessed", title="VP"), step=0)
    asked = decided(gate.decide(answer(bare, "intake", "invalid", "approve"), seen, {}, rules, NOW))
    assert (asked.kind, asked.lead is not None) == ("job_change", True)
    assert asked.lead is not None
    for action in ("redrive", "separate"):
        assert (
            decided(
                gate.decide(
                    answer(asked.lead, "intake", "job_change", action), seen, {}, rules, NOW
                )
            ).kind
            == "job_change"
        )
    passed = decided(
        gate.decide(answer(asked.lead, "intake", "job_change", "approve"), seen, {}, rules, NOW)
    )
    assert (passed.kind, "worked at old.com" in passed.trace[-1].why) == ("validated", True)


def subsidiary() -> tuple[Lead, colleagues.CompanyState]:
    """A lead whose company its source calls another's."""
    row = CompanyRow(
        name="B",
        people=(
            Fingerprint(
                lead_id="l9",
                person_key="p9",
                first_name="A.",
                last_name="Smith",
                title="VP Sales",
                domain="b.com",
            ),
        ),
    )
    person = Person(email="a@b.com", first_name="Anna", last_name="Smith", title="VP Sales")
    here = lead(
        person=person,
        company=Company(
            name="B", domain="b.com", parent="B Group", industry="internet", employees=9
        ),
    )
    return here, colleagues.CompanyState(company=row)


def test_each_question_of_the_company_gate_needs_its_own_answer(rules: Rules) -> None:
    gate, (here, seen) = company.Companies(), subsidiary()
    asked = decided(gate.decide(here, seen, {}, rules, NOW))
    assert asked.kind == "subsidiary"
    for action in ("redrive", "merge"):
        assert (
            decided(
                gate.decide(answer(here, "company", "subsidiary", action), seen, {}, rules, NOW)
            ).kind
            == "subsidiary"
        )
    unrelated = answer(here, "company", "subsidiary", "separate")
    alike = decided(gate.decide(unrelated, seen, {}, rules, NOW))
    assert alike.kind == "variant", "that the companies are unrelated says nothing about the people"
    passed = decided(
        gate.decide(answer(unrelated, "company", "variant", "separate"), seen, {}, rules, NOW)
    )
    assert [r.rule for r in passed.trace if r.rule.startswith("review_decision.")] == [
        "review_decision.separate",
        "review_decision.separate",
    ]
    row = next(put.value for put in passed.puts if put.table == "companies")
    assert row.separate == ("b group",)


def test_a_rep_named_at_the_company_gate_gets_the_lead_below_the_threshold(rules: Rules) -> None:
    """Carried out to the end: past the question, past score and territories, into the CRM, to the
    rep."""
    here, _ = subsidiary()
    seen = colleagues.CompanyState(company=CompanyRow(name="B"))
    passed = decided(
        company.Companies().decide(
            answer(here, "company", "subsidiary", "route", fields={"to": BEN}), seen, {}, rules, NOW
        )
    )
    row = next(put.value for put in passed.puts if put.table == "companies")
    assert row.separate == (), "one lead's rep says nothing about the companies"
    [matched] = [output.record for output in passed.outputs]
    low = replace(
        matched, seniority="", score=None, route=None, trigger=Trigger(kind="owner", at=NOW)
    )
    routed = decided(routing.Routing().decide(low, Guarded(), {}, rules, NOW))
    [onward] = [output.record for output in routed.outputs]
    assert (onward.route.kind, onward.route.owner_email) == ("rep", BEN)
    assert onward.score.points < rules.threshold
    written = assign.Assign().decide(onward, assign.AssignState(), {}, rules, NOW)
    assert isinstance(written, NeedsEffects)
    assert [
        act.owner_email for act in written.effects.values() if isinstance(act, AssignOwner)
    ] == [BEN]
    owned = decided(
        assign.Assign().decide(
            onward, assign.AssignState(), {"assign": OK, "read": shown(BEN)}, rules, NOW
        )
    )
    [confirmed] = [output.record for output in owned.outputs]
    told = decided(engage.Engage().decide(confirmed, engage.EngageState(), {}, rules, NOW))
    assert (told.place, told.alerts[0].to) == (Place.ENGAGED, BEN)
    assert "a person gave it to you" in told.alerts[0].text


@pytest.mark.parametrize(
    ("gate", "asked"),
    [
        (assign.Assign(), "unowned"),
        (assign.Assign(), "another_automation"),
        (assign.Assign(), "fallback"),
        (engage.Engage(), "sequence_active"),
        (engage.Engage(), "replied"),
        (engage.Engage(), "unenrol_failed"),
    ],
)
def test_a_rep_named_after_routing_takes_the_lead_back_to_it_once(
    rules: Rules, gate: Any, asked: str
) -> None:
    waits = lead(trigger=Trigger(kind="reply", at=NOW) if asked == "replied" else None)
    going = answer(waits, gate.name, asked, "route", fields={"to": BEN})
    seen = engage.EngageState(rest=waits) if gate.name == "engage" else assign.AssignState()
    back = decided(gate.decide(going, seen, {}, rules, NOW))
    assert (back.kind, [o.topic for o in back.outputs]) == ("rerouted", [topics.WRITTEN.full])
    [again] = [output.record for output in back.outputs]
    routed = decided(routing.Routing().decide(again, Guarded(), {}, rules, NOW))
    [onward] = [output.record for output in routed.outputs]
    assert (onward.route.owner_email, onward.review_decisions) == (BEN, {"route": BEN})
    assert (
        not isinstance(gate.decide(onward, seen, {}, rules, NOW), Decision) or gate.name == "engage"
    )


def test_looking_again_for_an_owner_sees_the_crm_first_and_then_the_rules_in_force(
    rules: Rules,
) -> None:
    going = answer(lead(), "assign", "unowned", "redrive", rules="new")
    assert going.rules == "new"
    read = assign.Assign().decide(going, assign.AssignState(), {}, rules, NOW)
    assert isinstance(read, NeedsEffects)
    assert list(read.effects) == ["before"]
    by_hand = decided(
        assign.Assign().decide(
            going, assign.AssignState(), {"before": shown("x@acme.test")}, rules, NOW
        )
    )
    assert by_hand.kind == "assigned"
    back = decided(
        assign.Assign().decide(going, assign.AssignState(), {"before": shown("")}, rules, NOW)
    )
    [again] = [output.record for output in back.outputs]
    assert (back.kind, again.route, again.rules, again.review_decisions) == (
        "rerouted",
        None,
        "new",
        {},
    )


def test_a_lead_without_a_route_is_routed_by_the_rules_that_the_decision_names(
    rules: Rules,
) -> None:
    going = answer(lead(rules="old"), "routing", "unrouted", "redrive", rules=rules.hash)
    assert going.rules == rules.hash
    assert answer(lead(rules="old"), "routing", "unrouted", "redrive").rules == "old"
    assert decided(routing.Routing().decide(going, Guarded(), {}, rules, NOW)).kind == "routed"


def test_a_deleted_contact_is_made_again_only_if_that_is_approved(rules: Rules) -> None:
    gone = EffectResult(ok=False, kind="deleted")
    waits = lead(route=None, score=None)
    assert (
        decided(write.Write().decide(waits, WriteState(), {"upsert": gone}, rules, NOW)).kind
        == "deleted"
    )
    again = answer(waits, "write", "deleted", "redrive")
    assert (
        decided(write.Write().decide(again, WriteState(), {"upsert": gone}, rules, NOW)).kind
        == "deleted"
    )
    made = decided(
        write.Write().decide(
            answer(waits, "write", "deleted", "approve"), WriteState(), {}, rules, NOW
        )
    )
    [fresh] = [output.record for output in made.outputs]
    assert (made.kind, fresh.crm, fresh.review_decisions) == ("recreated", CrmLink(), {})
    assert [o.topic for o in made.outputs] == [topics.MATCHED.full]


@pytest.mark.parametrize(
    ("action", "asked_again"), [("redrive", {}), ("approve", {"deleted": "approve"})]
)
def test_a_contact_deleted_under_a_resting_lead_is_looked_for_by_the_crm_write(
    rules: Rules, action: str, asked_again: dict[str, str]
) -> None:
    waits = lead(engaged_at=NOW, trigger=Trigger(kind="deleted", at=NOW))
    going = answer(waits, "engage", "deleted", action)
    found = decided(engage.Engage().decide(going, engage.EngageState(rest=waits), {}, rules, NOW))
    [fresh] = [output.record for output in found.outputs]
    assert (found.kind, fresh.review_decisions, fresh.engaged_at) == ("recreated", asked_again, 0.0)


def test_an_answered_lead_stays_with_people_until_that_is_approved(rules: Rules) -> None:
    waits = lead(
        route=NURTURE, score=Score(points=1, parts={}), trigger=Trigger(kind="reply", at=NOW)
    )
    again = answer(waits, "engage", "replied", "redrive")
    assert (
        decided(engage.Engage().decide(again, engage.EngageState(rest=waits), {}, rules, NOW)).kind
        == "replied"
    )
    approved = answer(waits, "engage", "replied", "approve")
    goes_on = engage.Engage().decide(
        approved, engage.EngageState(rest=waits), {"sequences": INACTIVE}, rules, NOW
    )
    assert isinstance(goes_on, NeedsEffects)
    nurtured = decided(
        engage.Engage().decide(
            approved,
            engage.EngageState(rest=waits),
            {"sequences": INACTIVE, "enter": OK},
            rules,
            NOW,
        )
    )
    assert nurtured.lead is not None
    assert (nurtured.kind, nurtured.lead.review_decisions) == ("nurtured", {}), (
        "the next answer is asked about again"
    )


def test_looking_again_at_a_sequence_that_went_on_tries_to_leave_it_once_more(rules: Rules) -> None:
    own = Enrolment(name="own", tool="hubspot", target="1", leave="out")
    heard = Trigger(kind="sequence", value="active", at=NOW)
    waits = lead(route=NURTURE, nurtured_at=NOW, enrolled=own, trigger=heard)
    again = answer(waits, "engage", "unenrol_failed", "redrive")
    left = engage.Engage().decide(again, engage.EngageState(rest=waits, waits=True), {}, rules, NOW)
    assert isinstance(left, NeedsEffects)
    assert [act.name for act in left.effects.values()] == ["crm.unenrol"]
    done = {"leave": EffectResult(ok=True, value=SequenceLeft(out=True))}
    found = decided(
        engage.Engage().decide(again, engage.EngageState(rest=waits, waits=True), done, rules, NOW)
    )
    assert found.lead is not None
    assert (found.kind, found.lead.review_decisions) == ("sequence_active", {})


@pytest.mark.parametrize(
    ("asked", "action", "fields", "said"),
    [
        ("invalid", "set", {"titel": "VP"}, "no field is called titel; near it: title"),
        ("invalid", "set", {"qqq": "1"}, "no field is called qqq; there are city"),
        ("invalid", "set", {"email": "nonsense"}, "no e-mail address"),
        ("invalid", "set", {"company.employees": "፩"}, "not a number"),
        ("invalid", "route", {"to": BEN}, "doesn't answer"),
        ("invalid", "merge", {}, "nobody to merge it with"),
        ("unrouted", "separate", {}, "nothing to keep separate"),
        ("unowned", "approve", {}, "nothing starts before"),
        ("fallback", "approve", {}, "can't be approved away"),
        ("unheard_of", "approve", {}, "there is nothing to approve"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_with_the_reason(
    rules: Rules, asked: str, action: str, fields: dict[str, str], said: str
) -> None:
    assert said in refusal(held(asked=asked), action, fields, rules)


def test_what_can_be_carried_out_is_taken(rules: Rules) -> None:
    assert [refusal(held(asked=asked), "approve", {}, rules) for asked in APPROVES] == [""] * len(
        APPROVES
    )
    assert (
        refusal(
            held(), "set", {"title": "VP", "company": "Acme", "company.employees": "1,200"}, rules
        )
        == ""
    )
    assert (
        refusal(held(asked="variant"), "merge", {}, rules)
        == refusal(held(asked="whatever"), "redrive", {}, rules)
        == ""
    )
    assert "usable e-mail address" in refusal(held(person=Person()), "approve", {}, rules)


@pytest.mark.parametrize("asked", [kind.name for kind in AUDIT_KINDS])
def test_what_each_answer_does_is_said_of_those_that_are_not_refused(
    asked: str, rules: Rules
) -> None:
    for person in (Person(email="a@b.com"), Person()):
        item = held(asked=asked, person=person)
        effects = effects_of(item)
        open_to = [action for action in ACTIONS if not refusal(item, action, {}, rules)]
        assert list(effects) == open_to
        assert all(effect.endswith(".") for effect in effects.values())
