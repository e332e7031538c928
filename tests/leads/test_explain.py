"""A lead's story and its reasons, in sentences."""

import pytest
from msgspec.structs import replace

from leads.explain import describe_event, reasons
from leads.gates.routing import _passes
from leads.records import Audit, Reason, Score
from leads.rules import Rules


def event(kind: str, *trace: Reason, actor: str = "leadgate") -> Audit:
    return Audit(
        id="e",
        lead="l",
        stage="intake",
        kind=kind,
        step=1,
        place="review",
        at=0.0,
        actor=actor,
        cause="c",
        rules="r",
        inputs=None,
        trace=trace,
    )


def test_a_persons_decision_names_the_person() -> None:
    assert describe_event(event("reviewed", actor="you@acme.com")).endswith(
        "  intake: was decided by you@acme.com."
    )


def test_a_persons_decision_says_what_was_answered_and_why() -> None:
    outcome = {"action": "set", "reason": "a typo\u202e", "fields": {"title": ""}}
    told = replace(
        event("reviewed"), outcome=outcome, details={"fields": {"title": "VP Sales"}}
    )
    assert reasons(told) == ["answer: set", "because: a typo\\u202e", "title = VP Sales"]
    assert reasons(replace(told, details={}))[-1] == "title = ", "once the person is erased"


def test_what_decided_comes_before_what_was_only_checked() -> None:
    checked = Reason(rule="required.company", decisive=False, why="company is there")
    decisive = Reason(rule="required.title", decisive=True, why="title is missing")
    assert reasons(event("invalid", checked, decisive)) == [
        "decided: required.title: title is missing",
        "checked: required.company: company is there",
    ]


@pytest.mark.parametrize(
    ("points", "threshold", "why"),
    [
        (85, 70, "85 points reach the threshold of 70"),
        (69, 70, "69 points are below the threshold of 70"),
        (1, 1, "1 point reaches the threshold of 1"),
        (1, 70, "1 point is below the threshold of 70"),
    ],
)
def test_the_threshold_is_named_in_a_sentence(
    rules: Rules, points: int, threshold: int, why: str
) -> None:
    rules = rules.model_copy(update={"threshold": threshold})
    score = Score(points=points, parts={}, missing=())
    assert _passes(score, rules)[1].why == why


def test_a_story_says_what_was_left_out() -> None:
    captured = replace(event("captured"), outcome={"dropped": ["phone: no number that can exist"]})
    assert reasons(captured) == ["left out: phone: no number that can exist"]
