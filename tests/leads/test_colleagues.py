"""The brands of a company at which a lead is compared with those who came before it."""

import pytest
from msgspec.structs import replace

from leads import topics
from leads.decision import Decision, TableWrite
from leads.gates.colleagues import CompanyState, to_company
from leads.gates.company import Companies
from leads.gates.contact_claims import merge_lead
from leads.gates.identity import Identity, IdentityState
from leads.matching.blocking import blocks_of
from leads.matching.brands import brand_stops
from leads.matching.fingerprint import fingerprint
from leads.records import Company, CrmLink, IdentityLink, Lead, Person, Place
from leads.rules import Rules
from leads.table_rows import PersonRow
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
        ("Acme GmbH & Co. KG", "acme-labs.de", ("acme", "acmelabs")),
        ("The Acme Group, Inc. (formerly Zeta)", "acme.com", ("acme", "zeta")),
        ("Unity - Summit View", "", ("summit", "unity")),
        ("Texas Instruments", "ti.com", ("texas", "ti")),
        ("Inc.", "", ("inc",)),
        ("University of Leeds", "", ("universityofleeds",)),
        ("Bank of America", "bofa.com", ("bankofamerica", "bofa")),
        ("Self-employed", "", ()),
        ("Freelance designer", "", ()),
        ("株式会社日立製作所", "", ("zhushihuisherilizhizuosuo",)),
        ("(((((Acme", "", ("acme",)),
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
    assert way == ["kauppa", "retailio"]
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


@pytest.mark.parametrize(
    ("mine", "other"),
    [
        (("Retailio", "kauppa.com"), ("Kauppa", "retailio.com")),
        (("Kauppa (now Retailio)", ""), ("Retailio (formerly Kauppa)", "")),
        (("Zeta", "acme-labs.com"), ("Acme", "zeta.com")),
    ],
)
def test_two_records_stop_at_their_common_brands_in_one_order(
    mine: tuple[str, str], other: tuple[str, str], rules: Rules
) -> None:
    """Each would find the other where it is not looked for, and be merged into it (promise P1)."""
    ways = []
    for name, domain in (mine, other):
        here = lead(person=ADA, company=replace(RENAMED, name=name, domain=domain))
        to, way = to_company(here, "identity"), list[str]()
        while to.topic == topics.UNIQUE.full:
            assert isinstance(to.record, Lead)
            if not to.record.compared:
                way.append(to.key)
            [to] = compared(to.record, rules).outputs
        ways.append(way)
    common = set(ways[0]) & set(ways[1])
    assert len(common) == 2
    first, second = ([stop for stop in way if stop in common] for way in ways)
    assert first == second


STRANGERS = [
    ("University of Leeds", "leeds.ac.uk", "University of York", "york.ac.uk"),
    ("Bank of America", "bofa.com", "Bank of China", "boc.cn"),
    ("First Solar", "firstsolar.com", "First Horizon", "fhn.com"),
    ("Mesa Verde Bank", "mvb.com", "Mesa Verde Trucking", "mesatrucks.com"),
    ("株式会社日立製作所", "hitachi.jp", "株式会社東芝", "toshiba.jp"),
]


@pytest.mark.parametrize(("company", "domain", "other", "elsewhere"), STRANGERS)
def test_namesakes_at_companies_that_share_a_word_are_never_merged_unasked(
    company: str, domain: str, other: str, elsewhere: str, rules: Rules
) -> None:
    smith = Person(first_name="John", last_name="Smith", title="Dean", email=f"j.smith@{domain}")
    known = lead(
        lead_id="l0",
        person_key="p0",
        person=replace(smith, email=f"john.smith@{elsewhere}"),
        company=Company(name=other, domain=elsewhere),
        crm=CrmLink(),
    )
    company_of_mine = replace(RENAMED, name=company, domain=domain)
    here = lead(person=smith, company=company_of_mine, crm=CrmLink())
    to = to_company(here, "identity")
    while to.topic == topics.UNIQUE.full:
        assert isinstance(to.record, Lead)
        decision = compared(to.record, rules, known)
        assert decision.kind != "forwarded"
        if decision.place is Place.REVIEW:
            break
        [to] = decision.outputs


def test_a_person_is_asked_about_each_who_is_alike(rules: Rules) -> None:
    """The answer about one says nothing of another."""
    address = "ada.king{}@retailio.com"
    first, second = (
        lead(
            lead_id=f"l-{number}",
            person_key=f"p-{number}",
            person=replace(ADA, email=address.format(number)),
            company=RENAMED,
        )
        for number in (2, 3)
    )
    here = lead(person=replace(ADA, email=address.format("")), company=RENAMED)
    here = replace(here, brand_word="kauppa", review_decisions={"variant": "separate"})
    again = compared(here, rules, first, second)
    assert again.place is Place.REVIEW
    assert again.lead is not None
    assert "variant" not in again.lead.review_decisions
    done = compared(
        replace(again.lead, review_decisions=again.lead.review_decisions | {"variant": "separate"}),
        rules,
        first,
        second,
    )
    assert done.kind == "compared"


def test_an_answer_counts_for_the_one_that_it_was_asked_about(rules: Rules) -> None:
    """Somebody who is more alike may have come meanwhile."""
    here = lead(person=replace(ADA, email="ada.king@retailio.com"), company=RENAMED)
    here = replace(here, brand_word="kauppa")
    numbered = replace(ADA, email="ada.king2@retailio.com")
    first = lead(lead_id="l-2", person_key="p-2", person=numbered, company=RENAMED)
    asked = compared(here, rules, first)
    assert asked.lead is not None
    assert (asked.place, asked.lead.asked_about) == (Place.REVIEW, "l-2")
    assert asked.asked_about == "l-2"
    alike = replace(ADA, email="ada@retailio.com", phone="+14155550132")
    better = lead(lead_id="l-3", person_key="p-3", person=alike, company=RENAMED)
    said = asked.lead.review_decisions | {"variant": "merge"}
    merged = compared(replace(asked.lead, review_decisions=said), rules, first, better)
    [to] = [one.record for one in merged.outputs if isinstance(one.record, Lead)]
    assert (merged.kind, to.person_key) == ("forwarded", "p-2")
    surer = replace(first, person=replace(alike, email="aking@retailio.com"))
    apart = compared(replace(asked.lead, review_decisions={"variant": "separate"}), rules, surer)
    assert apart.kind == "compared", "what has come since does not overrule the person"
    gone = replace(asked.lead, review_decisions=said, asked_about="l-9")
    assert compared(gone, rules, first).place is Place.REVIEW


def test_a_merged_lead_is_forgotten_where_it_is_remembered(rules: Rules) -> None:
    """Its row would draw the other lead to a key that leads back to where that comes from."""
    here = replace(lead(person=ADA, company=RENAMED), brand_word="kauppa")
    [to] = compared(here, rules).outputs
    assert isinstance(to.record, Lead)
    assert to.record.remembered == ("kauppa/p1",)
    moved = replace(to.record, person_key="p0", brand_word="")
    merged = merge_lead(moved, PersonRow(person_key="p0", lead_id="l0"), ())
    [link] = [one.record for one in merged.outputs if isinstance(one.record, IdentityLink)]
    assert (link.address_key, link.forgotten) == ("kauppa", "p1")
    decision = Companies().decide(link, CompanyState(), {}, rules, NOW)
    assert isinstance(decision, Decision)
    assert decision.puts == (TableWrite(table="colleagues", key="kauppa/p1", value=None),)
    ignored = Identity().decide(link, IdentityState(), {}, rules, NOW)
    assert isinstance(ignored, Decision)
    assert ignored.puts == ()
