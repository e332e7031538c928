"""Merges taken back: who is kept apart at each gate, from which story, and what stays."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from leads import topics
from leads.corrections import Resubmitted
from leads.decision import Decision, NeedsEffects, OutputRecord
from leads.effect_results import ContactWritten, EffectResult
from leads.gates.colleagues import CompanyState
from leads.gates.company import Companies
from leads.gates.identity import Identity, IdentityState
from leads.gates.intake import Intake, IntakeState
from leads.gates.person_values import WriteState
from leads.gates.write import Write
from leads.keys import Keys
from leads.mapping import map_captured
from leads.matching.fingerprint import fingerprint
from leads.matching.kept_apart import are_apart, is_kept_apart, keep_apart, others_of
from leads.records import (
    Audit,
    AuditPerson,
    Captured,
    Change,
    CrmLink,
    Fingerprint,
    Intent,
    Lead,
    Person,
    Place,
    encode,
    to_plain,
)
from leads.rules import Rules
from leads.table_rows import ContactRow, PersonRow, SourceRow
from leads.unmerge import (
    Merge,
    NotUnmergedError,
    OtherPerson,
    changes_of_other,
    find_merge,
    separate_revision,
    taken_back,
    what_stays,
)
from tests.leads.test_gates import NOW, lead

KEYS = Keys("secret")
ADA = Person(
    email="ada.king@b.com",
    email_status="Verified",
    first_name="Ada",
    last_name="King",
    title="CEO",
    country="US",
    linkedin="linkedin.com/in/adaking",
)
KNOWN = lead(
    lead_id="t", person_key="pt", address_key="pt", person=ADA, contact_keys=("linkedin:1",)
)
MERGED = lead(
    lead_id="m",
    person_key="pm",
    address_key="pm",
    person=replace(ADA, email="ada@b.com"),
    crm=CrmLink(),
    contact_keys=("linkedin:1",),
)
APART = keep_apart(MERGED, ("t", "pt"))


def held_by(other: Lead, **more: Any) -> PersonRow:
    """The row of a key that a lead has claimed."""
    row = PersonRow(
        person_key=other.person_key, lead_id=other.lead_id, fingerprint=fingerprint(other)
    )
    return replace(row, **more)


def identity(told: Lead, row: PersonRow | None, rules: Rules, **more: Any) -> Decision:
    """What identity decides."""
    answer = Identity().decide(told, IdentityState(person=row, **more), {}, rules, NOW)
    assert not isinstance(answer, NeedsEffects)
    return answer


def lead_of(outputs: Sequence[OutputRecord]) -> OutputRecord:
    """The output that the lead goes on by."""
    leads = [one for one in outputs if isinstance(one.record, Lead)]
    [to] = [one for one in leads if not one.record.parted]
    return to


def test_its_address_is_its_own_again_whatever_alias_it_is(rules: Rules) -> None:
    alias = PersonRow(person_key="pt", crm_id="contact of t")
    assert identity(MERGED, alias, rules).kind == "forwarded"
    back = identity(APART, alias, rules)
    assert (back.kind, back.puts[0].key, back.puts[0].value.lead_id) == ("unique", "pm", "m")
    assert lead_of(back.outputs).record.crm.contact_id == "", "the alias' contact is t's"
    [parted] = [one for one in back.outputs if one.topic == topics.MATCHED.full]
    assert (parted.key, parted.record.person_key, parted.record.parted) == ("pt", "pt", True)
    own = identity(APART, alias, rules, contact=ContactRow(crm_id="mine"))
    assert lead_of(own.outputs).record.crm.contact_id == "mine"
    assert identity(APART, PersonRow(person_key="somebody"), rules).kind == "forwarded"


def test_in_the_other_persons_partition_a_person_is_asked(rules: Rules) -> None:
    here = replace(APART, person_key="pt")
    asked = identity(here, held_by(KNOWN), rules)
    assert (asked.kind, asked.place) == ("shared_address", Place.REVIEW)
    answers = {**here.review_decisions, "shared_address": "merge"}
    assert identity(replace(here, review_decisions=answers), held_by(KNOWN), rules).kind == "merged"
    alias = PersonRow(person_key="pu")
    moved = identity(replace(here, review_decisions=answers), alias, rules)
    assert (moved.kind, lead_of(moved.outputs).key) == ("forwarded", "pu"), "pt is not its own"


def test_a_key_that_it_alone_had_brought_is_its_own_again(rules: Rules) -> None:
    here = replace(APART, claim_key="linkedin:1")
    brought = held_by(KNOWN, fingerprint=fingerprint(replace(MERGED, person_key="pt")))
    back = identity(here, brought, rules)
    assert [(put.key, put.value.lead_id) for put in back.puts] == [("linkedin:1", "m")]
    theirs = identity(here, held_by(KNOWN), rules)
    assert (theirs.kind, theirs.puts) == ("unique", ())
    ended = identity(here, held_by(KNOWN, status="ended"), rules)
    assert [(put.key, put.value.lead_id) for put in ended.puts] == [("linkedin:1", "m")]


def test_the_other_person_knows_it_by_the_fingerprint(rules: Rules) -> None:
    again = replace(KNOWN, claim_key="linkedin:1")
    assert identity(again, held_by(MERGED), rules).kind == "forwarded"
    assert identity(again, held_by(APART), rules).kind == "unique"


@pytest.mark.parametrize(
    ("comes", "known", "kind"),
    [
        (MERGED, KNOWN, "forwarded"),
        (APART, KNOWN, "matched"),
        (KNOWN, MERGED, "forwarded"),
        (KNOWN, APART, "matched"),
        (replace(KNOWN, lead_id="later"), APART, "matched"),
    ],
    ids=["before", "it comes", "before, the other", "the other comes", "a later lead of the other"],
)
def test_the_company_compares_neither_with_the_other(
    comes: Lead, known: Lead, kind: str, rules: Rules
) -> None:
    rules = rules.model_copy(update={"capture": rules.capture.model_copy(update={"enrich": False})})
    seen = CompanyState(colleagues=(fingerprint(known),))
    answer = Companies().decide(comes, seen, {}, rules, NOW)
    assert isinstance(answer, Decision)
    assert answer.kind == kind


def test_one_contact_in_the_crm_for_both_is_a_question(rules: Rules) -> None:
    found = ContactWritten(contact_id="7", existed=True, person_key="pt")
    done = {"upsert": EffectResult(ok=True, value=found)}

    def decide(here: Lead) -> str:
        answer = Write().decide(here, WriteState(), done, rules, NOW)
        assert isinstance(answer, Decision)
        return answer.kind

    assert decide(MERGED) == "rekeyed"
    assert decide(APART) == "shared_address"
    answers = {**APART.review_decisions, "shared_address": "merge"}
    assert decide(replace(APART, review_decisions=answers)) == "rekeyed"


def revise(record: Captured, source: SourceRow | None, rules: Rules) -> Decision:
    """What intake decides."""
    answer = Intake(KEYS).decide(record, IntakeState(source=source), {}, rules, NOW)
    assert isinstance(answer, Decision)
    return answer


def test_every_later_revision_stays_apart(rules: Rules) -> None:
    own, other = KEYS.address(MERGED.person.email), "pt"
    merge, person = merged_story(address_key=own)
    source = SourceRow(
        lead_id="m",
        version="v",
        revision=0,
        address_key=own,
        person_key=own,
        company_domain=MERGED.company.domain,
    )
    first = revise(separate_revision(merge, person), source, rules)
    assert first.lead is not None
    to = lead_of(first.outputs)
    assert (to.key, is_kept_apart(to.record, "t"), is_kept_apart(to.record, other)) == (
        own,
        True,
        True,
    )
    row = first.puts[0].value
    changed = replace(separate_revision(merge, person), reimport_id="later")
    raw = {**changed.raw, "carried_over": {}}
    later = revise(replace(changed, raw=raw), row, rules)
    assert later.lead is not None
    assert others_of(later.lead) == row.apart == ("pt", "t")


def test_a_lead_whose_first_key_is_the_other_persons_gets_its_addresss_own(rules: Rules) -> None:
    own = KEYS.address(MERGED.person.email)
    merge, person = merged_story(address_key=own, first_key="pt")
    source = SourceRow(
        lead_id="m", version="v", revision=0, address_key="pt", person_key="pt", company_domain=""
    )
    passed = revise(separate_revision(merge, person), source, rules)
    assert lead_of(passed.outputs).key == own
    assert passed.puts[0].value.person_key == own


def event(told: Lead, kind: str, place: str, step: int = 0, **more: Any) -> Audit:
    """An event about a lead, as the audit holds it."""
    person = AuditPerson(**to_plain(told.person))
    given: dict[str, Any] = {
        "stage": "identity",
        "at": NOW + step,
        "actor": "leadgate",
        "cause": "c",
        "rules": "r",
        "person": person,
        "inputs": {"record": replace(told, person=Person()), "seen": {}, "done": {}},
    }
    one = Audit(
        id=f"{told.lead_id} {kind} {step}",
        lead=told.lead_id,
        kind=kind,
        step=step,
        place=place,
        **(given | more),
    )
    return msgspec.json.decode(encode(one), type=Audit)


def merged_story(
    address_key: str = "pm", first_key: str = "", **fields: Any
) -> tuple[Merge, OtherPerson]:
    """A lead that was merged into another one, and that one."""
    came = replace(MERGED, address_key=address_key, person_key=first_key or address_key, **fields)
    moved = replace(came, person_key="pt")
    story = [
        event(came, "unique", "in_flight"),
        event(moved, "merged", "merged", 3, outcome={"into": "t"}),
    ]
    other = OtherPerson()
    assert other.add("t", [event(KNOWN, "engaged", "engaged")]) == ""
    return find_merge(story), other


def test_the_revision_holds_all_that_the_record_held(rules: Rules) -> None:
    emails = ("ada.king@b.com", "a.k@c.com")
    intent = Intent(kind="list", value="demo", at=NOW)
    merge, other = merged_story(
        person=replace(MERGED.person, emails=emails), intents=(intent,), do_not_call=True
    )
    record = separate_revision(merge, other)
    assert separate_revision(merge, other) == record, "asked again, it is the same"
    mapped = map_captured(record, rules)
    assert mapped.person == replace(MERGED.person, emails=("a.k@c.com",)), "without t's address"
    assert (mapped.intents, mapped.do_not_call, mapped.apart) == ((intent,), True, ("pt", "t"))
    assert msgspec.convert(record.raw, Resubmitted).company == MERGED.company


def test_a_chain_of_merges_keeps_it_apart_from_all_of_them() -> None:
    other = OtherPerson()
    middle = replace(KNOWN, lead_id="x", person_key="px", address_key="px")
    moved = event(replace(middle, person_key="pt"), "merged", "merged", 2, outcome={"into": "t"})
    assert other.add("x", [event(middle, "unique", "in_flight"), moved]) == "t"
    round_about = event(KNOWN, "merged", "merged", outcome={"into": "x"})
    assert other.add("t", [round_about]) == "", "a circle ends"
    merge, _ = merged_story()
    raw = separate_revision(merge, other).raw
    assert raw["carried_over"]["apart"] == ("pt", "px", "t", "x")


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("engaged", "it was not merged: it is engaged"),
        ("in_flight", "it is under way"),
        ("undone", "taken back with its import"),
    ],
)
def test_what_is_not_merged_is_refused(place: str, why: str) -> None:
    with pytest.raises(NotUnmergedError, match=why):
        find_merge([event(MERGED, "any", place)])


def test_what_is_gone_or_has_one_address_is_refused() -> None:
    with pytest.raises(NotUnmergedError, match="nothing was decided"):
        find_merge([])
    erased = replace(event(MERGED, "merged", "merged", outcome={"into": "t"}), person=None)
    with pytest.raises(NotUnmergedError, match="capture it again"):
        find_merge([erased])
    merge, other = merged_story(address_key="pt")
    with pytest.raises(NotUnmergedError, match="the same address"):
        separate_revision(merge, other)


def test_a_merge_is_taken_back_until_the_lead_is_merged_again() -> None:
    first = event(MERGED, "merged", "merged", 3, outcome={"into": "t"})
    parted = event(MERGED, "unmerged", "", 3, inputs={"merge": first.id})
    second = event(MERGED, "merged", "merged", 1030, outcome={"into": "t"})
    assert taken_back([first]) is None
    assert taken_back([first, parted]) == parted
    assert taken_back([first, parted, second]) is None


def test_what_it_wrote_on_the_other_persons_contact_is_found() -> None:
    theirs = Change(contact_id="7", wrote={"phone": "1"}, before={"phone": None})
    company = Change(contact_id="company:3", wrote={"size": 5}, before={"size": None})
    own = Change(contact_id="9", wrote={"phone": "1"}, before={"phone": None})

    def written(kind: str, contact: str, *changes: Change) -> Audit:
        done = {"upsert": {"ok": True, "value": {"type": "contact_written", "contact_id": contact}}}
        person = AuditPerson(changes=changes)
        return event(MERGED, kind, "in_flight", inputs={"record": {}, "done": done}, person=person)

    found = changes_of_other(
        [written("written", "9", own), written("rekeyed", "7", theirs, company)]
    )
    assert {name: traces.wrote for name, traces in found.items()} == {"7": {"phone": "1"}}


def test_what_was_done_since_its_interest_counted_is_listed() -> None:
    intent = Intent(kind="list", value="demo", at=NOW)
    merge, other = merged_story(intents=(intent,))
    trigger = {"kind": "intent", "value": "list:demo", "at": NOW, "source": MERGED.source}
    mine = {"record": {**to_plain(KNOWN), "trigger": trigger}, "done": {}}
    others = {"record": {**to_plain(KNOWN), "trigger": {**trigger, "at": NOW + 1}}, "done": {}}
    task = {"task": {"ok": True, "value": {"type": "task_created", "task_id": "12"}}}
    told = event(KNOWN, "noticed", "", 7, inputs=None, outcome={"to": "ana@acme.test"})
    story = [
        event(KNOWN, "noticed", "", 1, inputs=None, outcome={"to": "early@acme.test"}),
        event(KNOWN, "rescored", "in_flight", 5, inputs=others),
        event(KNOWN, "rescored", "in_flight", 6, inputs=mine),
        told,
        replace(told, shadow=True, outcome={"to": "nobody@acme.test"}),
        event(KNOWN, "engaged", "engaged", 8, inputs={"record": to_plain(KNOWN), "done": task}),
    ]
    assert what_stays(merge, other) == ()
    other.add("t", story)
    lines = " ".join(what_stays(merge, other))
    for part in ("list:demo", "ana@acme.test", "task 12"):
        assert part in lines
    assert "early@" not in lines
    assert "nobody@" not in lines
    stopped = event(KNOWN, "suppressed", "suppressed", 9)
    other.add("t", [*story, stopped])
    assert "not taken back" in what_stays(merge, other)[-1]


IDS = st.text("abct", max_size=3)


@given(st.sets(IDS), IDS, IDS, st.sets(IDS))
def test_apart_is_said_from_either_side(
    said: set[str], other: str, key: str, by_other: set[str]
) -> None:
    here = keep_apart(MERGED, said)
    assert set(others_of(here)) == said - {""}
    assert keep_apart(here, others_of(here)) is here
    known = Fingerprint(
        lead_id=other,
        person_key=key,
        first_name="",
        last_name="",
        title="",
        apart=tuple(sorted(by_other)),
    )
    expected = bool({other, key} & (said - {""})) or bool({"m", "pm"} & by_other)
    assert are_apart(here, known) is expected
    assert fingerprint(here).apart == others_of(here)
