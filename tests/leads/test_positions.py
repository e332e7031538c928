"""Whose opinion of a title counts, and what scoring and routing make of it."""

import pytest

from leads.decision import Decision
from leads.exportrow import map_row
from leads.gates.intake import Intake, IntakeState
from leads.keys import Keys
from leads.records import Captured
from leads.route import mismatch_reason
from leads.rule_file import parse_rules
from leads.rule_models import Condition, IcpWeights, TitleRule
from leads.rules import Rules
from leads.score import score
from leads.text import clean_text
from leads.titles.apollo_columns import read_apollo
from leads.titles.read import Title
from tests.conftest import DEMO_RULES
from tests.leads.test_gates import NOW, lead

RULES: Rules = parse_rules(DEMO_RULES.read_text())
HEAD_OF_IT = TitleRule(pattern=r"\bwizard\b", seniority="head", function="it")


def with_titles(*titles: TitleRule) -> Rules:
    return RULES.model_copy(update={"titles": titles})


@pytest.mark.parametrize(
    ("title", "apollo", "expected"),
    [
        ("Growth Wizard", Title("vp", "sales"), Title("head", "it")),
        ("Sales Director", Title("vp", "marketing"), Title("director", "sales")),
        ("Director", Title("vp", "marketing"), Title("director", "marketing")),
        ("Growth Hacker", Title("manager", "sales"), Title("manager", "marketing")),
        ("former CEO", Title("c_suite", "sales"), Title("other", "other")),
        ("Sorcerer", Title("", ""), Title("other", "other")),
        ("", Title("vp", "sales"), Title("vp", "sales")),
        ("", Title("", ""), Title("", "")),
    ],
)
def test_the_rules_come_first_then_the_title_then_apollo(
    title: str, apollo: Title, expected: Title
) -> None:
    assert with_titles(HEAD_OF_IT).read_title(title, apollo) == expected


def test_a_rule_without_a_function_leaves_it_to_the_title() -> None:
    rules = with_titles(TitleRule(pattern="director", seniority="vp"))
    assert rules.read_title("Director of Finance") == ("vp", "finance")


def test_a_pattern_sees_the_title_as_written_and_spelled_out() -> None:
    """Files of rules from before the reader have patterns for titles that were spelled out."""
    rules = with_titles(TitleRule(pattern=r"\bdirector\b", seniority="boss"))
    assert rules.read_title("Dir., Mktg") == ("boss", "marketing")
    assert with_titles(TitleRule(pattern=", mktg", seniority="boss")).read_title("Dir., Mktg") == (
        "boss",
        "marketing",
    )


def test_a_rule_may_say_that_a_function_is_none_of_the_others() -> None:
    rules = with_titles(TitleRule(pattern="wizard", seniority="head", function="other"))
    assert rules.read_title("Wizard", Title("", "sales")) == ("head", "other")


def test_another_department_is_another_revision() -> None:
    def version(department: str) -> str:
        raw = {"Email": "a@acme.com", "Title": "Director", "Departments": department}
        row = Captured(source="csv", source_id="1", captured_at=NOW, raw=raw, format="csv")
        decision = Intake(Keys("k")).decide(row, IntakeState(), {}, RULES, NOW)
        assert isinstance(decision, Decision)
        assert decision.lead is not None
        return decision.lead.version

    assert version("Sales") == version("Sales") != version("Finance")


@pytest.mark.parametrize(
    ("seniority", "departments", "expected"),
    [
        ("C suite", "C-Suite, Sales", ("c_suite", "sales")),
        ("c_suite", "", ("c_suite", "")),
        ("Owner", "Engineering & Technical", ("founder", "engineering")),
        ("Entry", "Education", ("other", "")),
        ("Galactic", "", ("", "")),
    ],
)
def test_apollos_scale_is_read_in_ours(
    seniority: str, departments: str, expected: tuple[str, str]
) -> None:
    assert read_apollo(seniority, departments) == expected


def test_a_row_of_the_export_has_both_from_title_and_columns() -> None:
    raw = {"Title": "Growth Hacker", "Seniority": "Manager", "Departments": "C-Suite, Sales"}
    row = Captured(source="csv", source_id="1", captured_at=NOW, raw=raw, format="csv")
    mapped = map_row(row, RULES)
    assert (mapped.seniority, mapped.function) == ("manager", "marketing")
    assert mapped.person.title == "Growth Hacker"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("VP, Sales (EMEA)", "VP, Sales (EMEA)"),
        ("  SVP,  R&amp;D ", "SVP, R&D"),
        ("N/A", ""),
        ("-", ""),
        ("Undefined", ""),
    ],
)
def test_a_title_keeps_its_spelling(given: str, kept: str) -> None:
    assert clean_text(given) == kept


def test_a_function_gives_points_only_where_the_rules_weigh_it() -> None:
    seller = lead(seniority="vp", function="sales")
    assert "function" not in score(seller, RULES, NOW)[0].parts
    weights = IcpWeights(**{**RULES.icp.model_dump(), "function": {"sales": 7, "*": 2}})
    rules = RULES.model_copy(update={"icp": weights})
    points = [
        score(lead(function=function), rules, NOW)[0].parts["function"]
        for function in ("sales", "legal", "")
    ]
    assert points == [7, 2, 0]


def test_routes_can_ask_for_seniority_and_function() -> None:
    seller = lead(seniority="vp", function="sales")
    assert mismatch_reason(seller, Condition(functions=("sales",)), RULES) == ""
    assert mismatch_reason(seller, Condition(seniorities=("vp", "head")), RULES) == ""
    asked = Condition(functions=("it", "engineering"))
    assert mismatch_reason(seller, asked, RULES) == "function is sales, not it, engineering"
