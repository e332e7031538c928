"""Plain sentences: the notice to a rep, and a lead's story out of its audit events."""

from leads.audit_kinds import AUDIT_KINDS
from leads.records import Audit, Lead, Reason, ReviewItem, Route, Score
from leads.review_actions import effects_of
from leads.rules import Rules
from leads.text import visible
from leads.times import format_duration, format_time

_SAY = {kind.name: kind.says for kind in AUDIT_KINDS}


def notice(lead: Lead, rules: Rules) -> str:
    """One sentence for the rep: why this lead, and why you."""
    assert lead.route is not None
    assert lead.score is not None
    who = f"{lead.person.name}, {lead.person.title} at {lead.company.name}"
    why_lead, why_you = _why_lead(lead.score), _why_you(lead.route)
    return f"{who}: {why_lead}, and {why_you}.{_request(lead, rules)}"


def _why_lead(score: Score) -> str:
    if score.high_intent:
        return f"high intent ({score.high_intent})"
    by_points = sorted(score.parts, key=score.parts.__getitem__, reverse=True)
    best = [part for part in by_points if score.parts[part]][:2]
    return f"{score.points} points, mostly for {' and '.join(best)}"


def _why_you(route: Route) -> str:
    if route.kind == "existing":
        return "you already own the contact"
    if route.rule == "review_decision":
        return "a person gave it to you"
    return f"rule '{route.rule}' gives it to you"


def _request(lead: Lead, rules: Rules) -> str:
    """What the rep should do: act in time on high intent, respect a wish not to be called."""
    if lead.high_intent:
        how = "write, and do not call," if lead.do_not_call else "call"
        return f" Please {how} within {format_duration(rules.sla.seconds)}."
    if lead.do_not_call:
        return " Do not call: the person asked for that."
    return ""


def interest(lead: Lead) -> str:
    """The latest sign of interest, '' for none."""
    last = max(lead.intents, key=lambda i: i.at, default=None)
    if last is None:
        return ""
    return f"{last.kind} {last.value}"


def score_summary(lead: Lead) -> str:
    """Score and route in one line, for the CRM's page of the contact."""
    assert lead.route is not None
    assert lead.score is not None
    parts = ", ".join(f"{part} {points}" for part, points in lead.score.parts.items())
    missing = f"; unknown: {', '.join(lead.score.missing)}" if lead.score.missing else ""
    return f"{lead.score.points} points ({parts}{missing}); {lead.route.kind} by {lead.route.rule}"


def describe_event(event: Audit) -> str:
    """One event of a lead's story."""
    says = _SAY.get(event.kind, event.kind.replace("_", " "))
    if event.kind == "reviewed":
        says = f"was decided by {event.actor}"
    return visible(f"{format_time(event.at)}  {event.stage}: {says}.")


def reasons(event: Audit) -> list[str]:
    """What a person has answered; the rules that an event's decision looked at: first those that
    decided, then the others that were checked; and the values that were left out."""
    decisive_first = sorted(event.trace, key=lambda reason: not reason.decisive)
    untaken = event.outcome.get("dropped", ()) if isinstance(event.outcome, dict) else ()
    left_out = (*event.details.get("dropped", ()), *untaken)
    dropped = [visible(f"left out: {line}") for line in left_out]
    return [*_answer(event), *map(_describe_reason, decisive_first), *dropped]


def _answer(event: Audit) -> list[str]:
    """A person's decision: which it is, why in the person's words, and what was set. An erased
    person's values are empty."""
    if event.kind != "reviewed" or not isinstance(event.outcome, dict):
        return []
    answer = {"answer": event.outcome.get("action"), "because": event.outcome.get("reason")}
    lines = [f"{name}: {text}" for name, text in answer.items() if text]
    values = event.details.get("fields", {})
    for name in event.outcome.get("fields", ()):
        lines.append(f"{name} = {values.get(name, '')}")
    return list(map(visible, lines))


def _describe_reason(reason: Reason) -> str:
    verdict = "decided" if reason.decisive else "checked"
    return visible(f"{verdict}: {reason.rule}: {reason.why}")


def review_line(item: ReviewItem) -> str:
    """A waiting lead in one line: its id, where it waits and for what, who it is, and why."""
    why = "; ".join(reason.why for reason in item.reasons)
    columns = f"{item.lead_id}  {item.kind:8}  {item.stage:9}  {item.reason_kind:16}"
    return visible(f"{columns}  {_who(item)}  {why}")


def describe_item(item: ReviewItem) -> str:
    """A waiting lead for a person who decides about it."""
    person, company = item.person, item.company
    lines = [
        f"lead {item.lead_id}",
        f"  who:      {', '.join(filter(None, (_who(item), person.title, person.phone)))}",
        f"  location: {', '.join(filter(None, (person.city, person.state, person.country)))}",
        f"  company:  {', '.join(filter(None, (company.name, company.domain, company.industry)))}",
        f"  waits:    {item.kind} at {item.stage} as {item.reason_kind}, step {item.step}",
        f"  since:    {format_time(item.since)}",
        f"  may be:   {_other(item)}",
    ]
    lines += [f"  {_describe_reason(reason)}" for reason in item.reasons]
    return "\n".join(visible(line) for line in lines if not line.rstrip().endswith(":"))


def describe_answers(item: ReviewItem) -> str:
    """The decisions that can be made about a waiting lead, and what each will do; a line each."""
    lines = ["  answers (leadgate review resolve):"]
    for action, effect in effects_of(item).items():
        lines.append(f"    --{action:8}  {effect}")
    return "\n".join(lines)


def _other(item: ReviewItem) -> str:
    if not item.asked_about:
        return ""
    return f"the person of lead {item.asked_about} (leadgate why {item.asked_about[:8]})"


def _who(item: ReviewItem) -> str:
    """Name and address."""
    address = f"<{item.person.email}>" if item.person.email else ""
    return " ".join(filter(None, (item.person.name, address))) or "no name"
