"""The rules' mapping: Apollo's further fields become values of the property's type, or are reported
as left out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from leads.corrections import apply_corrections
from leads.fields import convert, map_fields
from leads.gates.intake import Intake, IntakeState
from leads.keys import Keys
from leads.records import Captured, Company, Lead, Person, Place
from leads.rule_file import parse_rules
from leads.rule_models import FieldRule
from leads.rules import Rules, RulesError
from tests.conftest import DEMO_RULES
from tests.samples import captured

NOW = 1_800_000_000.0


def rule(**fields: Any) -> FieldRule:
    """A rule for Apollo's 'Tech stack'."""
    return FieldRule(**({"apollo": "Tech stack", "to": "tech_stack"} | fields))


def mapped(rules: Rules, *fields: FieldRule) -> Rules:
    """The demo's rules with a mapping."""
    return rules.model_copy(update={"mapping": fields})


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("text", "Kafka", "Kafka"),
        ("number", "1,250", 1250),
        ("number", "2.5", 2.5),
        ("flag", "Yes", True),
        ("flag", "0", False),
        ("date", "2026-11-24T10:00:00Z", "2026-11-24"),
        ("moment", "2026-11-24T10:00:00+02:00", "2026-11-24T08:00:00Z"),
        ("moment", "2026-11-24T10:00:00", "2026-11-24T10:00:00Z"),
    ],
)
def test_a_value_becomes_one_of_the_propertys_type(kind: str, text: str, value: object) -> None:
    assert convert(text, rule(type=kind)) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [("number", "many"), ("number", "nan"), ("flag", "perhaps"), ("date", "soon"), ("moment", "x")],
)
def test_what_cannot_be_of_the_type_is_refused_without_being_quoted(kind: str, text: str) -> None:
    with pytest.raises(ValueError, match="it is n") as refused:
        convert(text, rule(type=kind))
    assert text not in str(refused.value).split()


@given(st.text(), st.sampled_from(["text", "number", "flag", "date", "moment", "choice"]))
def test_any_text_is_converted_or_refused(text: str, kind: str) -> None:
    try:
        value = convert(text, rule(type=kind))
    except ValueError:
        return
    assert isinstance(value, str | int | float | bool)


def test_transforms_and_the_value_table() -> None:
    assert convert("https://www.Acme.com/about", rule(transform=("domain",))) == "acme.com"
    table = rule(type="choice", values={"Decision Maker": "DM"})
    assert convert("decision maker", table) == "DM"
    with pytest.raises(ValueError, match="no such value"):
        convert("Janitor", table)


def test_fields_are_found_by_custom_name_by_path_and_by_column(rules: Rules) -> None:
    fields = (
        rule(),
        rule(apollo="organization.name", to="org"),
        rule(apollo="seniority", column="Seniority", to="level"),
    )
    contact = replace(captured(1, seniority="vp"), custom={"Tech stack": ["Kafka", "Flink"]})
    found = map_fields(contact, mapped(rules, *fields))
    assert found == ({"tech_stack": "Kafka;Flink", "org": "sample1", "level": "vp"}, {}, ())
    row = Captured(
        source="csv",
        source_id="1",
        captured_at=NOW,
        format="csv",
        raw={"Tech stack": "Kafka", "Seniority": "VP"},
    )
    assert map_fields(row, mapped(rules, *fields))[0] == {"tech_stack": "Kafka", "level": "VP"}


def test_a_field_of_the_company_is_the_companys_and_may_bear_a_contacts_name(rules: Rules) -> None:
    firm = rule(
        apollo="account.phone",
        to="phone_number",
        object="company",
        transform=("digits",),
        required=True,
    )
    with_both = mapped(rules, firm, rule(to="phone_number"))
    contact = replace(captured(1, account={"phone": "+1 555 0100"}), custom={"Tech stack": "Kafka"})
    lead = decide(contact, with_both).lead
    assert (lead.company.more, lead.person.more) == (
        {"phone_number": "15550100"},
        {"phone_number": "Kafka"},
    )
    lacking = decide(replace(captured(1), custom={"Tech stack": "Kafka"}), with_both)
    assert lacking.kind == "invalid"
    company = apply_corrections(
        Person(), Company(), {"company.more.phone_number": "+1 555 0199"}, with_both
    ).company
    assert company.more == {"phone_number": "15550199"}
    with pytest.raises(RulesError, match="phone can take only one"):
        parse_rules(
            DEMO_RULES.read_text()
            + "mapping: [{apollo: a, to: phone, object: company}, {apollo: b, to: phone, object:"
            " company}]\n"
        )


def test_a_country_that_a_person_sets_is_read_as_any_sources(rules: Rules) -> None:
    who, firm, _ = apply_corrections(
        Person(),
        Company(),
        {"country": " Hungary", "company.country": "UK", "city": " Pest "},
        rules,
    )
    assert (who.country, who.city, firm.country) == ("HU", "Pest", "GB")


def decide(contact: Captured | Lead, rules: Rules) -> Any:
    """What intake says."""
    return Intake(Keys("secret")).decide(contact, IntakeState(), {}, rules, NOW)


def test_an_optional_value_that_does_not_fit_is_left_out_and_reported(rules: Rules) -> None:
    contact = replace(captured(1), custom={"Tech stack": "many"})
    decision = decide(contact, mapped(rules, rule(type="number")))
    assert decision.kind == "validated"
    assert decision.lead.person.more == {}
    assert decision.notes[0].details["dropped"] == (
        "Tech stack is not written to tech_stack: it is not a number",
    )


def test_a_required_one_waits_for_a_person_who_can_set_it(rules: Rules) -> None:
    contact = replace(captured(1), custom={"Tech stack": "many"})
    strict = mapped(rules, rule(type="number", required=True))
    decision = decide(contact, strict)
    assert decision.place == Place.REVIEW
    assert [r.rule for r in decision.trace if r.decisive] == ["required.tech_stack"]
    assert (
        decide(
            replace(decision.lead, review_decisions={"set.more.tech_stack": "lots"}), strict
        ).place
        == Place.REVIEW
    )
    mended = decide(replace(decision.lead, review_decisions={"set.more.tech_stack": "12"}), strict)
    assert mended.kind == "validated"
    assert mended.lead.person.more == {"tech_stack": 12}


def test_a_property_takes_one_field_only() -> None:
    more = "mapping: [{apollo: a, to: x}, {apollo: b, to: x}]\n"
    with pytest.raises(RulesError, match="mapping: x can take only one field"):
        parse_rules(DEMO_RULES.read_text() + more)
