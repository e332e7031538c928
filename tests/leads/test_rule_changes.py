"""What differs between two versions of the rules, and parts of them in words."""

from leads.rule_changes import RuleChange, rule_changes
from leads.rule_models import Condition, HighIntent
from leads.rule_words import condition_words, intent_words
from leads.rules import Rules


def changed(rules: Rules, **values: object) -> list[RuleChange]:
    """What differs once some values are set."""
    return rule_changes(rules, rules.model_copy(update=values))


def test_nothing_differs_from_itself(rules: Rules) -> None:
    assert rule_changes(rules, rules.model_copy(deep=True)) == []


def test_a_changed_value_is_named_by_its_path(rules: Rules) -> None:
    assert changed(rules, threshold=55) == [RuleChange("threshold", str(rules.threshold), "55")]
    points = rules.icp.model_copy(update={"size": {**rules.icp.size, "tiny": 3}})
    assert changed(rules, icp=points) == [RuleChange("icp.size.tiny", "", "3")]


def test_a_route_is_compared_with_the_one_of_its_name(rules: Rules) -> None:
    first, second, *rest = rules.routes
    moved = (second, first, *rest)
    [order] = changed(rules, routes=moved)
    assert order.path == "routes (order)"
    assert order.before.startswith(f"{first.name}, {second.name}")
    given = first.model_copy(update={"owner": "zoe@acme.test"})
    [owner] = changed(rules, routes=(given, second, *rest))
    assert owner == RuleChange(f"routes[{first.name}].owner", first.owner, "zoe@acme.test")


def test_a_removed_route_shows_what_it_was(rules: Rules) -> None:
    found = changed(rules, routes=rules.routes[1:])
    gone = rules.routes[0]
    assert RuleChange(f"routes[{gone.name}].owner", gone.owner, "") in found


def test_entries_without_names_of_their_own_are_told_apart_by_number(rules: Rules) -> None:
    twice = (rules.routes[0], rules.routes[0].model_copy(update={"owner": "zoe@acme.test"}))
    paths = {one.path for one in changed(rules, routes=twice)}
    assert f"routes[{rules.routes[0].name}#2].owner" in paths


def test_a_condition_in_words() -> None:
    assert condition_words(Condition()) == "every lead"
    when = Condition(countries=("US", "CA"), sizes=("mid",), high_intent=False)
    assert condition_words(when) == "country is US or CA, and size is mid, and no high intent"


def test_a_sign_of_intent_in_words() -> None:
    visit = HighIntent(kind="visit", value="/pricing", days=7)
    assert intent_words(visit) == "visit /pricing, for 7 d"
    score = HighIntent(kind="score", at_least=80, days=1)
    assert intent_words(score) == "score of 80 or more, for 1 d"
