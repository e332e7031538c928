"""The brands of a company at which a lead is compared with those who came before it."""

import pytest
from msgspec.structs import replace

from leads import topics
from leads.decision import Decision
from leads.gates.colleagues import CompanyState, to_company
from leads.gates.company import Companies
from leads.matching.blocking import blocks_of
from leads.matching.brands import brand_stops
from leads.matching.fingerprint import fingerprint
from leads.records import Company, Lead, Person, Place
from leads.rules import Rules
from tests.leads.test_gates import NOW, lead

ADA = Person(email="ada.king@gmail.com", first_name="Ada", last_name="King", title="VP Sales")
RENAMED = Company(
    name="Retailio Inc. (formerly Kauppa)", domain="retailio.com", industry="software", employees=9
)


def compared(told: Lead, rules: Rules, *known: Lead) -> Decision:
    """What the company stage decides where these people are known."""
    blocks = {
        block: tuple(one.person_key for one in known) for block in blocks_of(fingerprint(told))
    }
    seen = CompanyState(blocks=blocks, colleagues=tuple(map(fingerprint, known)))
    decision = Companies().decide(told, seen, {}, rules, NOW)
    assert isinstance(decision, Decision)
    return decision


@pytest.mark.parametrize(
    ("name", "domain", "stops"),
    [
        ("Acme GmbH", "acme.de", ("acme",)),
        ("Acme GmbH & Co. KG", "acme-labs.de", ("acmelabs", "acme")),
        ("The Acme Group, Inc. (formerly Zeta)", "acme.com", ("zeta", "acme")),
        ("Unity - Summit View", "", ("unity", "summit")),
        ("Texas Instruments", "ti.com", ("texas", "ti")),
        ("Inc.", "", ("inc",)),
        ("Acme (Germany)", "", ("acme",)),
        ("", "acme.io", ("acme",)),
        ("", "", ()),
    ],
)
def test_the_brands_of_a_company(name: str, domain: str, stops: tuple[str, ...]) -> None:
    assert brand_stops(name, domain) == stops


@pytest.mark.parametrize("domain", ["retailio.com", ""])
def test_a_lead_stops_at_each_brand_and_goes_on(domain: str, rules: Rules) -> None:
    here = lead(person=ADA, company=replace(RENAMED, domain=domain))
    to, way = to_company(here, "identity"), list[str]()
    while to.topic == topics.UNIQUE.full:
        assert isinstance(to.record, Lead)
        way.append(to.key)
        decision = compared(to.record, rules)
        [to] = decision.outputs
        kept = {put.key.split("/")[0] for put in decision.puts if put.table == "colleagues"}
        assert kept == {way[-1]}
        assert decision.silent is (to.topic == topics.UNIQUE.full)
    assert way == (["kauppa", "retailio"] if domain else ["retailio", "kauppa"])
    assert (to.topic, to.key) == (topics.MATCHED.full, "p1")
    assert isinstance(to.record, Lead)
    assert to.record.brand_word == ""


def test_a_record_without_the_domain_meets_the_person_by_the_companys_name(rules: Rules) -> None:
    business = replace(ADA, email="ada.king@kauppa.fi")
    known = lead(
        lead_id="l0",
        person_key="p0",
        person=business,
        company=Company(name="Kauppa", domain="kauppa.fi"),
    )
    here = lead(person=ADA, company=Company(name="Kauppa Oy"))
    there = to_company(here, "identity")
    assert there.key == "kauppa"
    assert isinstance(there.record, Lead)
    moved = compared(there.record, rules, known)
    assert moved.kind == "forwarded"


def test_an_answer_holds_at_the_next_brand_and_no_earlier_question_is_answered(
    rules: Rules,
) -> None:
    other = lead(
        lead_id="l0",
        person_key="p0",
        person=replace(ADA, email="ada.king2@retailio.com"),
        company=RENAMED,
    )
    here = lead(person=replace(ADA, email="ada.king@retailio.com"), company=RENAMED)
    here = replace(here, brand_word="kauppa")
    asked = compared(here, rules, other)
    assert (asked.kind, asked.place) == ("variant", Place.REVIEW)
    apart = compared(replace(here, review_decisions={"variant": "separate"}), rules, other)
    assert (apart.kind, apart.silent) == ("compared", False)
    [to] = apart.outputs
    assert isinstance(to.record, Lead)
    assert "variant" not in to.record.review_decisions
    assert compared(to.record, rules, other).kind != "variant"
    merged = compared(replace(here, review_decisions={"variant": "merge"}), rules, other)
    assert merged.kind == "forwarded"


def test_a_brand_that_this_release_does_not_find_leads_to_the_domain(rules: Rules) -> None:
    here = lead(person=ADA, company=RENAMED, brand_word="former")
    [to] = compared(here, rules).outputs
    assert (to.topic, to.key) == (topics.UNIQUE.full, "retailio")
