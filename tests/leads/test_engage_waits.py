"""The gate `engage`, asked about leads that wait, were put off, or are to be stopped."""

from typing import Any

import pytest
from msgspec.structs import replace

from leads.decision import Decision, NeedsEffects, WaitReason
from leads.effect_results import EffectResult, SequencesRead
from leads.effects import LeaveList
from leads.gates import engage, intake
from leads.keys import Keys
from leads.records import Captured, Enrolment, Lead, Place, Route, Sequences, Trigger
from leads.rules import Rules
from leads.table_rows import Suppression
from tests.leads.test_gates import NOW, OK, lead
from tests.samples import captured

GATE = engage.Engage()
STOPPED = Suppression(kind="unsubscribe", at=NOW, source="crm", whole_person=True)
FAILED = EffectResult(ok=False, kind="failed", reason="503")


def decided(answer: Decision | NeedsEffects) -> Decision:
    """It is a decision."""
    assert isinstance(answer, Decision), answer
    return answer


def nurtured(**fields: object) -> Lead:
    """A lead that is in the nurture list."""
    enrolment = Enrolment(name="Leadgate nurture", tool="list", target="Leadgate nurture")
    route = Route(kind="nurture", owner_email="nurture@acme.test", owner_id="1", rule="threshold")
    return lead(**{"nurtured_at": NOW - 100, "enrolled": enrolment, "route": route, **fields})


def test_a_stop_asks_for_each_call_that_has_no_result_yet(rules: Rules) -> None:
    """Apollo had put its part off, and the gate read a result that was not there."""
    seen = engage.EngageState(suppression=STOPPED)
    first = GATE.decide(lead(), seen, {}, rules, NOW)
    assert isinstance(first, NeedsEffects)
    assert set(first.effects) == {"stop", "apollo"}
    second = GATE.decide(lead(), seen, {"stop": OK}, rules, NOW)
    assert isinstance(second, NeedsEffects)
    assert set(second.effects) == {"apollo"}
    assert (
        decided(GATE.decide(lead(), seen, {"stop": OK, "apollo": OK}, rules, NOW)).place
        == Place.SUPPRESSED
    )


def test_a_stop_that_a_tool_did_not_take_is_shown_and_tried_again(rules: Rules) -> None:
    done = {"stop": FAILED, "apollo": OK}
    answer = decided(GATE.decide(lead(), engage.EngageState(suppression=STOPPED), done, rules, NOW))
    assert (answer.kind, answer.wait, len(answer.alerts)) == ("not_stopped", WaitReason.REVIEW, 1)
    assert answer.until == NOW + rules.recheck_seconds
    due = lead(trigger=Trigger(kind="due"))
    again = decided(
        GATE.decide(
            due, engage.EngageState(suppression=STOPPED, rest=due, waits=True), done, rules, NOW
        )
    )
    assert (again.kind, again.alerts) == ("not_stopped", ())
    gone = {"stop": EffectResult(ok=False, kind="deleted"), "apollo": OK}
    assert (
        decided(
            GATE.decide(lead(), engage.EngageState(suppression=STOPPED), gone, rules, NOW)
        ).place
        == Place.SUPPRESSED
    )


def test_who_may_have_been_entered_and_is_not_to_be_is_taken_out_first(rules: Rules) -> None:
    """The list took the lead, its answer was lost, and an opt-out came before the next try."""
    record = nurtured(enrolled=None, nurtured_at=0.0)
    seen = engage.EngageState(suppression=STOPPED, entering=True)
    done = {"stop": OK, "apollo": OK}
    answer = GATE.decide(record, seen, done, rules, NOW)
    assert isinstance(answer, NeedsEffects)
    assert answer.effects["leave_entered"] == LeaveList(
        contact_id="7", list_name=rules.nurture.list
    )
    assert (
        decided(GATE.decide(record, seen, {**done, "leave_entered": OK}, rules, NOW)).place
        == Place.SUPPRESSED
    )
    assert isinstance(
        GATE.decide(record, replace(seen, entering=False), done, rules, NOW), Decision
    )


def test_leaving_one_sequence_does_not_hide_another_that_may_have_been_entered(
    rules: Rules,
) -> None:
    """One rep's sequence was left, the entry into the next one's has an unknown outcome, and an
    opt-out comes."""
    record = nurtured(enrolled=None, nurtured_at=0.0)
    seen = engage.EngageState(suppression=STOPPED, entering=True, rest=nurtured())
    done = {"leave": OK, "stop": OK, "apollo": OK}
    answer = GATE.decide(record, seen, done, rules, NOW)
    assert isinstance(answer, NeedsEffects)
    assert list(answer.effects) == ["leave_entered"]


def test_a_sequence_that_could_not_be_left_is_a_stop_that_a_tool_did_not_take(rules: Rules) -> None:
    """A bounce that Apollo alone has seen stops the contact, and HubSpot's sequence mails on."""
    enrolment = Enrolment(name="hub", tool="hubspot", target="77", leave="Out of sequences")
    seen = engage.EngageState(suppression=STOPPED, rest=nurtured(enrolled=enrolment))
    asked = GATE.decide(nurtured(), seen, {}, rules, NOW)
    assert isinstance(asked, NeedsEffects)
    assert set(asked.effects) == {"stop", "apollo", "leave"}
    still_in = EffectResult(ok=False, kind="still_in", reason="no workflow")
    done = {"stop": OK, "apollo": OK, "leave": still_in}
    answer = decided(GATE.decide(nurtured(), seen, done, rules, NOW))
    assert (answer.kind, answer.wait) == ("not_stopped", WaitReason.REVIEW)
    done["leave"] = OK
    assert decided(GATE.decide(nurtured(), seen, done, rules, NOW)).place == Place.SUPPRESSED


def test_a_new_revision_stays_in_the_sequence_that_it_could_not_leave(rules: Rules) -> None:
    """It answered, its list did not let it go, and its title changed: it forgot the list, so that
    a later stop did not take it off."""
    asked = nurtured(trigger=Trigger(kind="reply"))
    seen = engage.EngageState(rest=asked, waits=True)
    revised = nurtured(enrolled=None, nurtured_at=0.0)
    answer = decided(GATE.decide(revised, seen, {}, rules, NOW))
    assert (answer.kind, answer.wait) == ("unenrol_failed", WaitReason.REVIEW)
    assert answer.lead is not None
    assert (answer.lead.enrolled, answer.lead.nurtured_at) == (asked.enrolled, asked.nurtured_at)


def test_a_deleted_contact_is_a_persons_question_whatever_the_lead_waits_for(rules: Rules) -> None:
    """Waiting for an answer to a reply it went back into the nurture list."""
    waits = nurtured(nurtured_at=0.0, enrolled=None, trigger=Trigger(kind="reply"))
    record = replace(waits, trigger=Trigger(kind="deleted", source="crm"), step=9)
    for seen in (
        engage.EngageState(rest=waits, waits=True),
        engage.EngageState(rest=nurtured()),
        engage.EngageState(),
    ):
        assert (decided(GATE.decide(record, seen, {}, rules, NOW)).kind) == "deleted"


def test_a_lead_that_is_held_on_its_way_to_a_rep_is_not_at_rest(rules: Rules) -> None:
    """Nurtured before, of high intent now, held for Apollo's sequence: when its time comes it goes
    to the rep."""
    route = Route(kind="rep", owner_email="ana.us@acme.test", owner_id="9", rule="us")
    held = nurtured(route=route, trigger=Trigger(kind="due"), sequences=Sequences())
    seen = engage.EngageState(rest=held, waits=True)
    asks = GATE.decide(held, seen, {}, rules, NOW)
    assert isinstance(asks, NeedsEffects)
    assert "sequences" in asks.effects
    free = {
        "sequences": EffectResult(
            ok=True, value=SequencesRead(sequences=Sequences(state="inactive", read_at=NOW))
        ),
        "leave": OK,
    }
    assert decided(GATE.decide(held, seen, free, rules, NOW)).place == Place.ENGAGED


def revision(number: int, company: str) -> Captured:
    """A version of one contact's record."""
    return replace(
        captured(1, title=f"VP Sales {number}", company=company), captured_at=NOW + number
    )


def test_a_further_revision_does_not_settle_a_changed_employer(rules: Rules) -> None:
    """Seeds 90210 and 1004 of the demo: an import of the same person passed while the question was
    open."""
    gate = intake.Intake(Keys("k"))
    source, places = None, []
    for number, company in enumerate(("old", "new", "new", "old")):
        answer = decided(
            gate.decide(
                revision(number, company), intake.IntakeState(source=source), {}, rules, NOW
            )
        )
        source = answer.puts[0].value
        places.append(answer.place)
    assert places == [Place.IN_FLIGHT, Place.REVIEW, Place.REVIEW, Place.IN_FLIGHT]


def told(hour: int, title: str, **more: Any) -> Captured:
    """What the source says of one contact at an hour."""
    return replace(
        captured(1, title=title, updated_at=f"2026-11-20T{hour}:00:00.000Z", **more),
        captured_at=NOW,
    )


def test_an_older_revision_that_comes_later_changes_nothing(rules: Rules) -> None:
    """F22. A newer copy of a known revision is news of its time, too."""
    gate = intake.Intake(Keys("k"))
    source, kinds = None, []
    for record in (
        told(10, "VP"),
        told(12, "VP"),
        told(11, "CEO"),
        told(13, "CTO"),
        told(12, "VP"),
    ):
        answer = decided(gate.decide(record, intake.IntakeState(source=source), {}, rules, NOW))
        source = answer.puts[0].value if answer.puts else source
        kinds.append(answer.kind)
    assert kinds == ["validated", "unchanged", "outdated", "validated", "outdated"]


def test_an_older_revision_still_stops_the_person(rules: Rules) -> None:
    gate = intake.Intake(Keys("k"))
    known = decided(gate.decide(told(12, "VP"), intake.IntakeState(), {}, rules, NOW)).puts[0].value
    older = told(10, "VP", email_unsubscribed=True, replied=True)
    answer = decided(gate.decide(older, intake.IntakeState(source=known), {}, rules, NOW))
    assert (answer.kind, [output.record.kind for output in answer.outputs]) == (
        "outdated",
        ["unsubscribe"],
    )


@pytest.mark.parametrize(
    "time",
    ["", "yesterday", "2026-11-20", "2026-11-20T09:00:00", "9999-99-99T00:00:00Z", 7, None, ["x"]],
)
def test_a_revision_without_a_time_counts_when_it_comes(rules: Rules, time: object) -> None:
    gate = intake.Intake(Keys("k"))
    known = decided(gate.decide(told(12, "VP"), intake.IntakeState(), {}, rules, NOW)).puts[0].value
    answer = decided(
        gate.decide(
            captured(1, title="CEO", updated_at=time),
            intake.IntakeState(source=known),
            {},
            rules,
            NOW,
        )
    )
    assert (answer.kind, answer.puts[0].value.updated_at) == ("validated", known.updated_at)
