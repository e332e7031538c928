"""Parts of the rules in words."""

from leads.rule_models import Condition, HighIntent
from leads.times import format_duration

_NAMES = (
    ("countries", "country"),
    ("states", "state"),
    ("industries", "industry"),
    ("sizes", "size"),
    ("seniorities", "seniority"),
    ("functions", "function"),
)


def condition_words(when: Condition) -> str:
    """For which leads a condition holds."""
    parts = [
        f"{name} is {' or '.join(values)}"
        for field, name in _NAMES
        if (values := getattr(when, field))
    ]
    if when.high_intent is not None:
        parts.append("high intent" if when.high_intent else "no high intent")
    return ", and ".join(parts) or "every lead"


def intent_words(sign: HighIntent) -> str:
    """A sign by which a lead is of high intent."""
    what = f"{sign.kind} {sign.value}".strip()
    if sign.at_least:
        what += f" of {sign.at_least} or more"
    return f"{what}, for {format_duration(sign.days * 86_400)}"
