"""A file of rules is refused with the line of each fault and what would be right."""

import pytest

from leads.rule_checks import rule_notes
from leads.rule_file import parse_rules
from leads.rules import RulesError
from tests.app.command_line import DEMO_RULES

TEXT = DEMO_RULES.read_text()


def refusal(old: str, new: str) -> str:
    """What is said of the demo's rules with a change, without the file's name; the line is that of
    the change."""
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    line = text[: text.index(new)].count("\n") + 1
    with pytest.raises(RulesError) as refused:
        parse_rules(text, "rules.yaml")
    message = str(refused.value)
    assert message.startswith(f"rules.yaml:{line}: "), message
    return message.split(": ", 1)[1]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("countries: [GB]", "countries: [Germany]", "routes.3.when.countries.0: 'Germany' matches"),
        ("countries: [GB]", "countries: [Germany]", "no lead: write DE"),
        ("countries: [GB]", "countries: [gb]", "write GB"),
        ("countries: [GB]", "countries: [UK]", "write GB"),
        ("{US: 10, GB: 10", "{USA: 10, GB: 10", "icp.country.USA: 'USA' matches no lead: write US"),
        ("countries: [GB]", "countries: [NO]", "YAML reads NO as true or false; quote it: 'NO'"),
        ("{US: 10, GB: 10", "{NO: 10, GB: 10", "YAML reads NO as true or false; quote it: 'NO'"),
        (
            "industries:",
            r'titles: [{pattern: "\bmanager\b", seniority: other}]' + "\nindustries:",
            "titles.0.pattern: it has a backspace",
        ),
        ("{vp: 30", "{vice: 30", "icp.seniority: vice is defined nowhere; known are *"),
        ("countries: [GB]", "functions: [sale]", "functions: sale is defined nowhere"),
        (
            "threshold: 70",
            "treshold: 70",
            "Extra inputs are not permitted; did you mean threshold?",
        ),
        (
            "industries:",
            "matching: {sure_name: 95}\nindustries:",
            "matching.sure_name: it decides nothing any more",
        ),
        (
            "industries:",
            "matching: {ask: 6}\nindustries:",
            "matching.ask: it is above matching.merge (4)",
        ),
        ("untaken_seconds: 60", "untaken_second: 60", "did you mean untaken_seconds?"),
        ("least: 1, most: 99", "lest: 1, most: 99", "did you mean least?"),
    ],
)
def test_a_fault_is_named_with_its_line(old: str, new: str, expected: str) -> None:
    assert expected in refusal(old, new)


def test_the_line_of_what_several_keys_make_together() -> None:
    lines = TEXT.splitlines()
    cases = [
        (TEXT.replace("{vp: 30,", "{vp: 31,"), "icp:", "icp: the best of each part"),
        (TEXT.replace("eu: [cleo", "eu: [ana.us@acme.test, cleo"), "teams:", "teams: ana.us"),
        (
            TEXT.replace("{high_intent: true}", "{sizes: [tiny]}"),
            "  - {name: demo-desk",
            "routes[0].when.sizes: tiny is defined nowhere",
        ),
    ]
    for text, key, expected in cases:
        number = next(n for n, line in enumerate(lines, 1) if line.startswith(key))
        with pytest.raises(RulesError) as refused:
            parse_rules(text, "rules.yaml")
        assert str(refused.value).startswith(f"rules.yaml:{number}: {expected}")


def test_a_country_that_the_standard_does_not_know_is_only_noted() -> None:
    rules = parse_rules(TEXT.replace("countries: [GB]", "countries: [Kosovo]"))
    [country, *_] = rule_notes(rules)
    assert country == "rules: routes.3.when.countries.0: 'Kosovo' is no country of ISO 3166"


def test_a_state_that_no_country_of_its_condition_has_is_noted() -> None:
    said = [
        rule_notes(parse_rules(TEXT.replace("countries: [GB]", f"countries: [{c}], states: [{s}]")))
        for c, s in (("US", "Calif., NY"), ("US", "Ontario"), ("GB", "CA"))
    ]
    assert not any("states" in line for line in said[0])
    where = "rules: routes.3.when.states: "
    assert said[1][0] == f"{where}'Ontario' is no state or region of US"
    assert said[2][0] == f"{where}'CA' is no state or region of GB"


def test_gaps_between_sizes_and_a_missing_last_route_are_noted() -> None:
    rules = parse_rules(TEXT.replace("least: 100, most: 1000}", "least: 200, most: 1000}"))
    sizes, routes = rule_notes(rules)
    assert sizes == "rules: sizes: 100 to 199 employees are of no size"
    assert routes.startswith("rules: routes: none is without a condition")
    last = "  - {name: rest, owner: cleo.uk@acme.test}\nnurture:"
    assert rule_notes(parse_rules(TEXT.replace("nurture:", last, 1))) == []
