"""What becomes of a merged record's values at the CRM write: the gate, without a CRM."""

from typing import Any

import pytest
from msgspec.structs import replace

from leads import topics
from leads.decision import Decision, NeedsEffects, OutputRecord
from leads.effect_results import ContactRestored, ContactWritten, EffectResult
from leads.effects import RestoreContact, UpsertContact
from leads.gates.identity import Identity, IdentityState
from leads.gates.person_values import WriteState
from leads.gates.write import Write
from leads.matching.fingerprint import fingerprint
from leads.records import Change, Lead, Person, PersonValues, Place
from leads.rules import Rules
from leads.table_rows import PersonRow, Suppression
from tests.leads.test_gates import NOW, lead

ADA = Person(email="ada@b.com", first_name="Ada", last_name="King", title="VP Sales")
BOUNCED = Suppression(kind="bounce", at=1, source="x", whole_person=False)
FIRST = lead(lead_id="t", person=ADA, updated_at=100.0)
LATER = lead(
    lead_id="m",
    person_key="p1",
    address_key="p2",
    person=replace(ADA, email="king@b.com", title="CRO", phone="+12125550100"),
    seniority="c_suite",
    updated_at=200.0,
    merged_into="t",
    source_id="s2",
)


def answered(wrote: dict[str, Any], before: dict[str, Any] | None = None) -> EffectResult:
    """The CRM's answer to a write of contact 7."""
    blank: dict[str, Any] = dict.fromkeys(wrote)
    change = Change(contact_id="7", wrote=wrote, before=before or blank)
    value = ContactWritten(contact_id="7", existed=True)
    return EffectResult(ok=True, value=value, changes=(change,))


FIRST_WRITE = answered({"jobtitle": "VP Sales", "leadgate_title": "vp sales"})
LATER_WRITE = answered(
    {"jobtitle": "CRO", "phone": "+12125550100"}, {"jobtitle": "VP Sales", "phone": None}
)


def decide(told: Lead, rules: Rules, seen: WriteState, **done: EffectResult) -> Decision:
    """What the gate decides."""
    answer = Write().decide(told, seen, done, rules, NOW)
    assert isinstance(answer, Decision)
    return answer


def values_in(decision: Decision) -> PersonValues:
    """The person's values as a decision leaves them."""
    [put] = [one for one in decision.puts if one.table == "person_values"]
    assert isinstance(put.value, PersonValues)
    return put.value


def wants(told: Lead, rules: Rules, seen: WriteState) -> Any:
    """The effect that the gate asks for."""
    answer = Write().decide(told, seen, {}, rules, NOW)
    assert isinstance(answer, NeedsEffects)
    [effect] = answer.effects.values()
    return effect


@pytest.fixture
def written(rules: Rules) -> PersonValues:
    """The person's values once the first lead was written."""
    return values_in(decide(FIRST, rules, WriteState(), upsert=FIRST_WRITE))


def holding(values: PersonValues, **more: Any) -> WriteState:
    """What the stage reads of a merged record whose lead still has its claim."""
    return WriteState(known=values, **{"holder": "t", **more})


def test_a_merge_sends_what_the_later_record_knows_to_the_write(rules: Rules) -> None:
    row = PersonRow(person_key="p1", lead_id="t", fingerprint=fingerprint(FIRST))
    later = replace(LATER, merged_into="", address_key="p1", person=ADA)
    decision = Identity().decide(later, IdentityState(person=row), {}, rules, NOW)
    assert isinstance(decision, Decision)
    assert decision.kind == "merged"
    [to] = [one for one in decision.outputs if one.topic == topics.MATCHED.full]
    assert (to.key, to.record.lead_id, to.record.merged_into) == ("p1", "m", "t")
    assert to.record.step == later.step + 1


def test_the_write_notes_what_is_ours_without_leadgates_own(written: PersonValues) -> None:
    assert written.ours == {"jobtitle": "VP Sales"}
    assert written.own is not None
    assert (written.own.lead_id, written.contact_id) == ("t", "7")


def test_better_values_are_written_to_the_first_leads_contact(
    rules: Rules, written: PersonValues
) -> None:
    effect = wants(LATER, rules, holding(written))
    assert isinstance(effect, UpsertContact)
    assert effect.lead is not None
    shown = effect.lead
    assert (shown.lead_id, shown.crm.contact_id, shown.person.email) == ("t", "7", "ada@b.com")
    assert (shown.person.title, shown.seniority, shown.person.phone) == (
        "CRO",
        "c_suite",
        "+12125550100",
    )
    assert (effect.keeps_emails, effect.ours, effect.overwrite) == (True, written.ours, ())
    decision = decide(LATER, rules, holding(written), upsert=LATER_WRITE)
    assert (decision.kind, decision.place, decision.lead) == (
        "values_taken",
        Place.NOWHERE,
        LATER,
    )
    assert decision.outcome == {"into": "t", "contact": "7", "fields": ["title", "phone"]}
    assert [reason.rule for reason in decision.trace] == [
        "survivorship.title",
        "survivorship.phone",
    ]
    said = " ".join(reason.why for reason in decision.trace)
    assert "newer" in said
    assert "+1212" not in said
    assert values_in(decision).ours == {"jobtitle": "CRO", "phone": "+12125550100"}


def test_nothing_better_writes_nothing(rules: Rules, written: PersonValues) -> None:
    older = replace(LATER, updated_at=50.0, person=replace(LATER.person, phone=""))
    decision = decide(older, rules, holding(written))
    assert decision.kind == "values_left"
    after = values_in(decision)
    assert [one.lead_id for one in after.merged] == ["m"]
    again = decide(older, rules, holding(after))
    assert values_in(again) == after, "a second time changes nothing"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (
            {"suppression": Suppression(kind="bounce", at=1, source="x", whole_person=False)},
            "bounce",
        ),
        ({"holder": ""}, "has ended"),
        ({"holder": "another"}, "not written"),
    ],
)
def test_of_a_lead_that_is_stopped_or_ended_nothing_is_written(
    rules: Rules, written: PersonValues, more: dict[str, Any], why: str
) -> None:
    decision = decide(LATER, rules, holding(written, **more))
    assert (decision.kind, decision.place) == ("values_waiting", Place.NOWHERE)
    assert why in decision.trace[0].why
    assert values_in(decision).waiting == (LATER,)
    assert values_in(decision).merged == ()


def test_what_came_before_the_leads_write_comes_again_after_it(rules: Rules) -> None:
    early = decide(LATER, rules, WriteState(holder="t"))
    assert early.kind == "values_waiting"
    known = values_in(early)
    effect = wants(FIRST, rules, WriteState(known=known))
    assert effect.lead.person.title == "VP Sales", "its own write is its own"
    decision = decide(FIRST, rules, WriteState(known=known), upsert=FIRST_WRITE)
    onward, again = (one for one in decision.outputs)
    assert onward.topic == topics.WRITTEN.full
    assert (onward.record.person.title, onward.record.seniority) == ("CRO", "c_suite")
    assert decision.lead is not None
    assert decision.lead.person.title == "VP Sales", "the event shows what its record says"
    assert (again.topic, again.record.lead_id, again.record.merged_into) == (
        topics.MATCHED.full,
        "m",
        "t",
    )
    assert again.record.step > LATER.step
    assert values_in(decision).waiting == ()


def test_in_shadow_the_values_wait_for_a_live_write(rules: Rules, written: PersonValues) -> None:
    would = EffectResult(ok=True, kind="would", value=ContactWritten(contact_id="7"))
    decision = decide(LATER, rules, holding(written), upsert=would)
    assert (decision.kind, values_in(decision).ours) == ("values_waiting", written.ours)
    first = decide(FIRST, rules, WriteState(known=values_in(decision)), upsert=would)
    assert values_in(first).waiting == (LATER,)
    assert [one.topic for one in first.outputs] == [topics.WRITTEN.full]


@pytest.mark.parametrize(("kind", "alerts"), [("deleted", 0), ("rejected", 1)])
def test_what_the_crm_refuses_waits_and_people_are_told(
    rules: Rules, written: PersonValues, kind: str, alerts: int
) -> None:
    refused = EffectResult(ok=False, kind=kind, reason="no such thing")
    decision = decide(LATER, rules, holding(written), upsert=refused)
    assert (decision.kind, len(decision.alerts)) == ("values_waiting", alerts)
    assert "no such thing" in decision.trace[0].why


def test_the_next_revision_keeps_what_was_taken(rules: Rules, written: PersonValues) -> None:
    known = values_in(decide(LATER, rules, holding(written), upsert=LATER_WRITE))
    revised = replace(FIRST, version="w", updated_at=150.0, person=replace(ADA, title="VP"))
    effect = wants(revised, rules, WriteState(known=known))
    assert (effect.lead.person.title, effect.ours["jobtitle"]) == ("CRO", "CRO")
    newest = replace(revised, updated_at=300.0)
    assert wants(newest, rules, WriteState(known=known)).lead.person.title == "VP"
    moved = replace(newest, crm=replace(newest.crm, contact_id="8"))
    assert wants(moved, rules, WriteState(known=known)).ours_on == "7"


def test_a_lead_that_comes_again_is_what_its_record_said(
    rules: Rules, written: PersonValues
) -> None:
    """Released or looked at again, it carries values of others by now."""
    known = values_in(decide(LATER, rules, holding(written), upsert=LATER_WRITE))
    again = replace(FIRST, person=replace(ADA, title="CRO"), seniority="c_suite")
    parted = decide(
        replace(LATER, parted=True), rules, holding(known), restore=EffectResult(ok=True)
    )
    effect = wants(again, rules, WriteState(known=values_in(parted)))
    assert (effect.lead.person.title, effect.lead.seniority) == ("VP Sales", "vp")


def test_an_unmerge_gives_back_what_still_stands(rules: Rules, written: PersonValues) -> None:
    known = values_in(decide(LATER, rules, holding(written), upsert=LATER_WRITE))
    parted = replace(LATER, parted=True, merged_into="")
    effect = wants(parted, rules, holding(known))
    assert effect == RestoreContact(
        contact_id="7",
        wrote={"jobtitle": "CRO", "phone": "+12125550100"},
        before={"jobtitle": "VP Sales", "phone": None},
    )
    value = ContactRestored(set_back=("jobtitle",), left=("phone",))
    decision = decide(parted, rules, holding(known), restore=EffectResult(ok=True, value=value))
    assert decision.kind == "values_withdrawn"
    assert decision.outcome == {"set_back": ("jobtitle",), "left": ("phone",)}
    assert values_in(decision) == written
    nothing = decide(parted, rules, holding(written))
    assert nothing.kind == "values_withdrawn"
    assert values_in(nothing) == written


def test_the_values_follow_the_person_to_another_key(rules: Rules, written: PersonValues) -> None:
    decision = decide(LATER, rules, holding(written, moved_to="p9"))
    assert decision.silent
    [to] = decision.outputs
    assert isinstance(to, OutputRecord)
    assert (to.key, to.record.person_key, decision.puts) == ("p9", "p9", ())
    round_and_round = replace(LATER, step=45)
    stays = Write().decide(round_and_round, holding(written, moved_to="p9"), {}, rules, NOW)
    assert isinstance(stays, NeedsEffects)


def test_a_lead_that_the_crm_knows_as_somebody_takes_them_along(rules: Rules) -> None:
    known = PersonValues(waiting=(LATER,))
    other = ContactWritten(contact_id="7", existed=True, person_key="p9")
    decision = decide(
        FIRST, rules, WriteState(known=known), upsert=EffectResult(ok=True, value=other)
    )
    assert decision.kind == "rekeyed"
    [to] = [one for one in decision.outputs if one.topic == topics.MATCHED.full]
    assert (to.key, to.record.lead_id) == ("p9", "m")
    assert values_in(decision).waiting == ()
