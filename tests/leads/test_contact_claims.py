"""Contact keys: what names a person besides addresses is claimed as an address is."""

import pytest
from msgspec.structs import replace

from leads import topics
from leads.decision import Decision, NeedsEffects
from leads.gates.identity import Identity, IdentityState
from leads.gates.intake import Intake, IntakeState
from leads.keys import Keys
from leads.matching.fingerprint import fingerprint
from leads.records import Captured, Company, IdentityLink, Intent, Lead, Person, Place
from leads.rules import Rules
from leads.table_rows import PersonRow
from tests.leads.test_gates import NOW, lead
from tests.samples import captured

KEYS = ("apollo:1", "linkedin:1")
ADA = Person(
    email="ada@b.com", first_name="Ada", last_name="King", linkedin="linkedin.com/in/adaking"
)


def arriving(claim: str = "linkedin:1", **fields: object) -> Lead:
    """A lead at one of its keys."""
    here = lead(person=ADA, contact_keys=KEYS, claim_key=claim)
    return replace(here, **fields)


def held_by(other: Lead, status: str = "waiting") -> PersonRow:
    """The row of a key that another lead has claimed."""
    return PersonRow(
        person_key=other.person_key,
        lead_id=other.lead_id,
        fingerprint=fingerprint(other),
        status=status,
    )


def decide(told: Lead | IdentityLink, row: PersonRow | None, rules: Rules) -> Decision:
    """What identity decides."""
    answer = Identity().decide(told, IdentityState(person=row), {}, rules, NOW)
    assert not isinstance(answer, NeedsEffects)
    return answer


KNOWN = lead(
    lead_id="l0", person_key="p0", person=replace(ADA, email="ada.king@b.com"), contact_keys=KEYS
)


def test_a_lead_visits_each_of_its_keys_and_then_its_company(rules: Rules) -> None:
    here = arriving("")
    stops = []
    for _ in range(3):
        passed = decide(here, None, rules)
        [to] = [one for one in passed.outputs if isinstance(one.record, Lead)]
        assert passed.silent is bool(here.claim_key)
        assert passed.puts[0].key == (here.claim_key or here.person_key)
        stops.append((to.topic, to.key))
        here = to.record
    assert stops[:2] == [(topics.VALIDATED.full, key) for key in KEYS]
    assert stops[2][0] == topics.UNIQUE.full
    assert here.claim_key == ""


def test_a_key_of_a_known_person_sends_the_lead_to_that_persons_partition(rules: Rules) -> None:
    moved = decide(arriving(), held_by(KNOWN), rules)
    [to] = [one for one in moved.outputs if isinstance(one.record, Lead)]
    assert (moved.kind, to.topic, to.key) == ("forwarded", topics.VALIDATED.full, "p0")
    assert (to.record.person_key, to.record.claim_key) == ("p0", "")
    links = [one.record for one in moved.outputs if one.topic == topics.LINKS.full]
    assert [(one.ended, one.address_key, one.person_key) for one in links] == [
        ("l1", "p1", ""),
        ("", "p1", "p0"),
    ]


def test_there_it_is_merged_into_the_persons_lead_and_brings_its_keys(rules: Rules) -> None:
    here = arriving("", person_key="p0", intents=(Intent(kind="list", value="demo", at=NOW),))
    merged = decide(here, held_by(KNOWN), rules)
    assert (merged.kind, merged.place, merged.outcome) == ("merged", Place.MERGED, {"into": "l0"})
    [interest] = [o.record for o in merged.outputs if o.topic == topics.SIGNALS.full]
    assert interest.person_key == "p0"
    links = {o.record.address_key: o.record for o in merged.outputs if o.topic == topics.LINKS.full}
    assert set(links) == set(KEYS)
    for row in (None, held_by(here), held_by(KNOWN, "ended")):
        brought = decide(links["linkedin:1"], row, rules).puts[0].value
        assert (brought.person_key, brought.lead_id) == ("p0", "l0")
        assert brought.fingerprint == fingerprint(here)
    stranger = replace(KNOWN, lead_id="l9", person_key="p9")
    assert decide(links["linkedin:1"], held_by(stranger), rules).kind == "link_refused"


def test_an_end_read_late_frees_no_key_that_a_merge_has_brought_since(rules: Rules) -> None:
    """The person's lead had the key, ended, and claimed its address again without it."""
    claimed = replace(held_by(KNOWN), step=1025)
    here = arriving("", person_key="p0")
    merged = decide(here, claimed, rules)
    [link] = [o.record for o in merged.outputs if o.key == "linkedin:1"]
    brought = decide(link, held_by(KNOWN, "ended"), rules).puts[0].value
    end = IdentityLink(link_id="e", address_key="linkedin:1", person_key="", ended="l0", step=7)
    assert decide(end, brought, rules).puts == ()
    overtaken = replace(KNOWN, claim_key="linkedin:1", step=2)
    assert decide(end, decide(overtaken, brought, rules).puts[0].value, rules).puts == ()
    [freed] = decide(replace(end, step=1030), brought, rules).puts
    assert freed.value.status == "ended"


def test_there_it_goes_on_as_that_person_if_the_persons_lead_has_ended(rules: Rules) -> None:
    here = arriving("", person_key="p0")
    passed = decide(here, held_by(KNOWN, "ended"), rules)
    assert (passed.kind, passed.puts[0].key, passed.puts[0].value.lead_id) == ("unique", "p0", "l1")


@pytest.mark.parametrize(
    "other",
    [
        replace(KNOWN, person=replace(ADA, first_name="Grace", last_name="Hopper")),
        replace(KNOWN, company=Company(name="Zeta", domain="zeta.io")),
    ],
    ids=["another name", "another employer"],
)
def test_a_person_is_asked_where_names_or_employers_differ(other: Lead, rules: Rules) -> None:
    asked = decide(arriving(), held_by(other), rules)
    assert (asked.kind, asked.place) == ("variant", Place.REVIEW)
    assert len(asked.trace) > 3
    told = asked.lead
    assert told is not None
    merged = decide(replace(told, review_decisions={"variant": "merge"}), held_by(other), rules)
    assert merged.kind == "forwarded"
    apart = decide(replace(told, review_decisions={"variant": "separate"}), held_by(other), rules)
    assert (apart.kind, apart.puts) == ("unique", ()), "the key stays with whom it belongs to"
    [to] = apart.outputs
    assert "variant" not in to.record.review_decisions, "the next question needs its own answer"
    again = replace(to.record, claim_key="linkedin:1")
    assert decide(again, held_by(other), rules).kind == "unique", "nobody is asked about them again"


def test_a_further_record_of_a_person_whose_lead_has_ended_goes_on_as_that_person(
    rules: Rules,
) -> None:
    moved = decide(arriving(), held_by(KNOWN, "ended"), rules)
    [to] = [one for one in moved.outputs if isinstance(one.record, Lead)]
    assert (moved.kind, to.key, to.record.person_key, to.record.claim_key) == (
        "forwarded",
        "p0",
        "p0",
        "",
    )
    other = replace(KNOWN, person=replace(ADA, first_name="Grace", last_name="Hopper"))
    assert decide(arriving(), held_by(other, "ended"), rules).puts[0].value.person_key == "p1"


def test_two_people_with_one_address_are_asked_about(rules: Rules) -> None:
    boss = lead(lead_id="l0", person=replace(ADA, first_name="Duncan", last_name="McAllister"))
    here = lead(person=replace(ADA, first_name="Moira", last_name="Stewart"))
    asked = decide(here, held_by(boss), rules)
    assert (asked.kind, asked.place) == ("shared_address", Place.REVIEW)
    assert asked.asked_about == "l0"
    told = replace(here, review_decisions={"shared_address": "merge"})
    assert decide(told, held_by(boss), rules).kind == "merged"
    assert decide(here, replace(held_by(boss), fingerprint=None), rules).kind == "merged"


def test_intake_hashes_what_names_the_person(rules: Rules) -> None:
    keys = Keys("secret")
    told: Captured = captured(1)
    raw = {
        **told.raw,
        "person_id": "5f3c8a1e9b7d420001c3e4a7",
        "linkedin_url": "http://www.linkedin.com/in/AdaKing",
    }
    passed = Intake(keys).decide(replace(told, raw=raw), IntakeState(), {}, rules, NOW)
    assert isinstance(passed, Decision)
    assert passed.lead is not None
    assert passed.lead.contact_keys == (
        keys.contact("apollo", "5f3c8a1e9b7d420001c3e4a7"),
        keys.contact("linkedin", "adaking"),
    )
    destroyed = {**raw, "person_id": "5.91E+23", "linkedin_url": "linkedin.com/company/acme"}
    passed = Intake(keys).decide(replace(told, raw=destroyed), IntakeState(), {}, rules, NOW)
    assert isinstance(passed, Decision)
    assert passed.lead is not None
    assert passed.lead.contact_keys == ()


def test_an_answer_about_one_is_not_used_for_another(rules: Rules) -> None:
    told = arriving(review_decisions={"variant": "merge"})
    [to] = decide(told, None, rules).outputs
    assert "variant" not in to.record.review_decisions


PHONED = replace(ADA, linkedin="", phone="+14155550132")


def at_phone(person: Person, **fields: object) -> Lead:
    """A lead at the number of its phone."""
    return arriving("phone:1", person=person, contact_keys=("phone:1",), **fields)


def test_one_number_and_other_names_are_two_people_whom_nobody_is_asked_about(
    rules: Rules,
) -> None:
    """A switchboard; the number stays with whom it was first."""
    boss = replace(KNOWN, person=replace(PHONED, email="g@b.com", first_name="Grace"))
    passed = decide(
        at_phone(replace(PHONED, last_name="Ng", first_name="Li")), held_by(boss), rules
    )
    assert (passed.kind, passed.puts, passed.silent) == ("unique", (), True)
    [to] = passed.outputs
    assert to.topic == topics.UNIQUE.full


def test_one_number_and_one_name_at_two_addresses_are_one_person(rules: Rules) -> None:
    known = replace(KNOWN, person=replace(PHONED, email="adaking@gmail.com"))
    moved = decide(at_phone(PHONED), held_by(known), rules)
    assert moved.kind == "forwarded"
    elsewhere = replace(known, company=Company(name="Zeta", domain="zeta.io"))
    assert decide(at_phone(PHONED), held_by(elsewhere), rules).place is Place.REVIEW


def test_a_number_without_a_country_names_a_person_and_cannot_be_called(rules: Rules) -> None:
    keys = Keys("secret")
    told: Captured = captured(1)
    numbers = {"country": None, "phone_numbers": [{"raw_number": "(0)601 555 210"}]}
    passed = Intake(keys).decide(
        replace(told, raw={**told.raw, **numbers}), IntakeState(), {}, rules, NOW
    )
    assert isinstance(passed, Decision)
    assert passed.lead is not None
    assert passed.lead.person.phone == ""
    assert fingerprint(passed.lead).phone == "0601555210"
    called = {"country": "Poland", "phone_numbers": [{"raw_number": "+48 601 555 210"}]}
    other = Intake(keys).decide(
        replace(told, raw={**told.raw, **called}), IntakeState(), {}, rules, NOW
    )
    assert isinstance(other, Decision)
    assert other.lead is not None
    assert (
        other.lead.contact_keys == passed.lead.contact_keys == (keys.contact("phone", "01555210"),)
    )
