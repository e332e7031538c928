"""Points of 100 against the ideal customer profile, each part with its reason."""

from leads.numbers import parse_number
from leads.records import Intent, Lead, Reason, Score
from leads.rule_models import HighIntent
from leads.rules import Rules

_DAY = 86_400.0


def score(lead: Lead, rules: Rules, now: float) -> tuple[Score, tuple[Reason, ...]]:
    """Score a lead at `now`. A part nobody could judge gives 0 and is named in `missing`."""
    facts = {
        "seniority": (lead.seniority, lead.seniority),
        "function": (lead.function, lead.function),
        "industry": (lead.company.industry, rules.industry_of(lead.company.industry)),
        "size": (str(lead.company.employees or ""), rules.size_of(lead.company.employees)),
        "country": (lead.company.country, lead.company.country),
    }
    parts: dict[str, int] = {}
    missing: list[str] = []
    reasons: list[Reason] = []
    for part, (given, group) in facts.items():
        weights: dict[str, int] = getattr(rules.icp, part)
        if part == "function" and not weights:
            continue  # rules without it say nothing of functions
        points = 0
        if given:
            points = weights.get(group, weights.get("*", 0))
        else:
            missing.append(part)
        parts[part] = points
        reasons.append(
            Reason(
                rule=f"icp.{part}",
                decisive=points > 0,
                why=_say(part, given, group, points, rules.icp.best(part)),
            )
        )
    parts["intent"], why = _intent_points(lead.intents, rules, now)
    reasons.append(Reason(rule="icp.intent", decisive=parts["intent"] > 0, why=why))
    if not lead.intents:
        missing.append("intent")
    sign, more = high_intent(lead.intents, rules, now)
    points = sum(parts.values())
    found = Score(points=points, parts=parts, missing=tuple(missing), high_intent=sign)
    return found, (*reasons, *more)


def _say(part: str, given: str, group: str, points: int, best: int) -> str:
    if not given:
        return f"{part} is unknown: 0 of {best}"
    name = given if group in {"", given} else f"{given} ({group})"
    return f"{part} {name}: {points} of {best}"


def _intent_points(intents: tuple[Intent, ...], rules: Rules, now: float) -> tuple[int, str]:
    live = [intent for intent in intents if _is_high(intent, rules, now)]
    if not live:
        live = [intent for intent in intents if intent.at > now - 90 * _DAY]
    best = max(live, key=lambda i: rules.icp.intent.get(i.kind, 0), default=None)
    if best is None:
        return 0, f"no sign of intent: 0 of {rules.icp.best('intent')}"
    points = rules.icp.intent.get(best.kind, 0)
    return points, f"intent {best.kind} {best.value}: {points} of {rules.icp.best('intent')}"


def high_intent(
    intents: tuple[Intent, ...], rules: Rules, now: float
) -> tuple[str, tuple[Reason, ...]]:
    """The sign that makes it high intent ('' if none), and each rule with its verdict."""
    reasons: list[Reason] = []
    sign = ""
    for rule in rules.high_intent:
        hit = _first_hit(intents, rule, now)
        name = f"high_intent.{rule.kind}"
        if hit and not sign:
            sign = f"{hit.kind} {hit.value}"
        wanted = f">= {rule.at_least}" if rule.kind == "score" else rule.value
        said = "found" if hit else "no"
        reasons.append(
            Reason(
                rule=name,
                decisive=hit is not None,
                why=f"{said} {rule.kind} {wanted} within {rule.days:g} days",
            )
        )
    return sign, tuple(reasons)


def _is_high(intent: Intent, rules: Rules, now: float) -> bool:
    return any(_is(intent, rule, now) for rule in rules.high_intent)


def _first_hit(intents: tuple[Intent, ...], rule: HighIntent, now: float) -> Intent | None:
    for intent in intents:
        if _is(intent, rule, now):
            return intent
    return None


def _is(intent: Intent, rule: HighIntent, now: float) -> bool:
    if intent.kind != rule.kind or intent.at < now - rule.days * _DAY:
        return False
    if rule.kind == "score":
        points = parse_number(intent.value)
        return points is not None and points >= rule.at_least
    return not rule.value or intent.value.casefold() == rule.value.casefold()
