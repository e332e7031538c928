"""Plain sentences: the notice to a rep, and a lead's story out of its audit events."""

from datetime import UTC, datetime

from leads.audit_kinds import AUDIT_KINDS
from leads.records import Audit, Lead
from leads.rules import Rules

_SAY = {kind.name: kind.says for kind in AUDIT_KINDS}


def notice(lead: Lead, rules: Rules) -> str:
    """One sentence for the rep: why this lead, and why you."""
    assert lead.route is not None
    assert lead.score is not None
    parts = [
        p
        for p, _ in sorted(lead.score.parts.items(), key=lambda item: -item[1])
        if lead.score.parts[p]
    ][:2]
    why = (
        f"high intent ({lead.score.high_intent})"
        if lead.score.high_intent
        else f"{lead.score.points} points, mostly for {' and '.join(parts)}"
    )
    given = (
        "a person gave it to you"
        if lead.route.rule == "review_decision"
        else f"rule '{lead.route.rule}' gives it to you"
    )
    you = {"existing": "you already own the contact", "rep": given}[lead.route.kind]
    how = "write, and do not call," if lead.do_not_call else "call"
    due = f" Please {how} within {rules.sla.seconds / 3600:g} h." if lead.score.high_intent else ""
    due = due or (" Do not call: the person asked for that." if lead.do_not_call else "")
    return f"{lead.person.name}, {lead.person.title} at {lead.company.name}: {why}, and {you}.{due}"


def interest(lead: Lead) -> str:
    """The sign of interest that was heard last, '' for none."""
    last = max(lead.intents, key=lambda i: i.heard_at, default=None)
    return f"{last.kind} {last.value}" if last else ""


def score_summary(lead: Lead) -> str:
    """Score and route in one line, for the CRM's page of the contact."""
    assert lead.route is not None
    assert lead.score is not None
    parts = ", ".join(f"{part} {points}" for part, points in lead.score.parts.items())
    missing = f"; unknown: {', '.join(lead.score.missing)}" if lead.score.missing else ""
    return f"{lead.score.points} points ({parts}{missing}); {lead.route.kind} by {lead.route.rule}"


def describe_event(event: Audit) -> str:
    """One event of a lead's story."""
    when = datetime.fromtimestamp(event.at, UTC).strftime("%Y-%m-%d %H:%M:%S")
    who = f" by {event.actor}" if event.kind == "reviewed" else ""
    return f"{when}  {event.stage}: {_SAY.get(event.kind, event.kind.replace('_', ' '))}{who}."


def reasons(event: Audit) -> list[str]:
    """The rules that an event's decision looked at: first those that decided, then those that did
    not."""
    return [
        f"{'decided' if r.decisive else 'did not'}: {r.rule}: {r.why}"
        for r in sorted(event.trace, key=lambda r: not r.decisive)
    ]
