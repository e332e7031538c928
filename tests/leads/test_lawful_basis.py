"""On which basis people are processed, by the rules: what the write gate asks for, and whom it
holds."""

from typing import Any

import pytest
from pydantic import ValidationError

from leads.decision import Decision, NeedsEffects
from leads.effects import UpsertContact
from leads.gates.person_values import WriteState
from leads.gates.write import Write
from leads.records import Company, Person, Place, ReviewItem
from leads.review_actions import refusal
from leads.rule_checks import rule_faults
from leads.rule_file import parse_rules
from leads.rule_models import LawfulBasis
from leads.rules import Rules
from tests.conftest import DEMO_RULES
from tests.leads.test_gates import NOW, lead

RULES: Rules = parse_rules(DEMO_RULES.read_text())


def rules_with(**basis: Any) -> Rules:
    return RULES.model_copy(update={"lawful_basis": LawfulBasis.model_validate(basis)})


def decide(rules: Rules, country: str = "DE", company_country: str = "") -> Decision | NeedsEffects:
    """What the write gate says of a person of a country."""
    someone = lead(
        person=Person(email="a@b.com", country=country),
        company=Company(name="Acme", country=company_country),
    )
    return Write().decide(someone, WriteState(), {}, rules, NOW)


def asked(decision: Decision | NeedsEffects) -> tuple[str, str]:
    """The basis and the source that go to the CRM."""
    assert isinstance(decision, NeedsEffects)
    upsert = decision.effects["upsert"]
    assert isinstance(upsert, UpsertContact)
    return upsert.basis, upsert.source


def test_without_a_rule_nothing_is_said_of_a_basis() -> None:
    assert asked(decide(RULES)) == ("", "")


@pytest.mark.parametrize(
    ("country", "company", "basis"),
    [
        ("DE", "", "consent"),
        ("US", "", "legitimate_interest"),
        ("", "DE", "consent"),
        ("", "", "not_applicable"),
        ("Atlantis", "", "not_applicable"),
    ],
)
def test_the_country_of_the_person_decides_else_the_companys(
    country: str, company: str, basis: str
) -> None:
    rules = rules_with(
        default="legitimate_interest", countries={"DE": "consent"}, unknown="not_applicable"
    )
    assert asked(decide(rules, country, company))[0] == basis


def test_people_of_no_known_country_count_as_all_others_unless_the_rules_say_more() -> None:
    assert asked(decide(rules_with(default="contract"), ""))[0] == "contract"


def test_the_source_is_the_countrys_else_the_defaults_else_the_leads_own() -> None:
    countries = {"DE": {"basis": "consent", "source": "our form"}, "AT": "consent"}
    rules = rules_with(default={"basis": "contract", "source": "Apollo.io"}, countries=countries)
    assert asked(decide(rules, "DE")) == ("consent", "our form")
    assert asked(decide(rules, "AT")) == ("consent", "Apollo.io")
    assert asked(decide(rules_with(default="contract"), "AT")) == ("contract", lead().source)


def test_a_person_without_a_basis_waits_for_a_person_and_nothing_is_written() -> None:
    decision = decide(rules_with(default="consent", countries={"DE": "none"}))
    assert isinstance(decision, Decision)
    assert (decision.kind, decision.place) == ("no_lawful_basis", Place.REVIEW)
    assert "no lawful basis for DE" in decision.trace[0].why
    assert decision.outputs == ()


def test_a_person_without_a_basis_ends_if_the_rules_say_so() -> None:
    decision = decide(rules_with(default="none", without="end"), "")
    assert isinstance(decision, Decision)
    assert (decision.kind, decision.place) == ("ended_without_basis", Place.SUPPRESSED)
    assert "people of no known country" in decision.trace[0].why
    assert decision.outputs == ()


def test_a_basis_is_named_in_the_rules_and_never_approved() -> None:
    item = ReviewItem(
        lead_id="l",
        kind="review",
        stage="write",
        partition=0,
        step=1,
        since=NOW,
        reasons=(),
        person=Person(email="a@b.com"),
        company=Company(),
        reason_kind="no_lawful_basis",
    )
    assert "can't be approved" in refusal(item, "approve", {}, RULES)
    assert refusal(item, "redrive", {}, RULES) == ""
    assert refusal(item, "suppress", {}, RULES) == ""


def test_a_rule_that_can_not_be_meant_is_refused() -> None:
    with pytest.raises(ValidationError):
        rules_with(default="because")
    [fault] = rule_faults(rules_with(default="consent", countries={"Germany": "none"}))
    assert "write DE" in fault.message
