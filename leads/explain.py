"""Plain sentences: the notice to a rep, and a lead's story out of its audit events."""

from datetime import UTC, datetime

from leads.records import Audit, Lead
from leads.rules import Rules

_SAY = {
    "captured": "came in",
    "revised": "came in again with changes",
    "validated": "is complete enough to work with",
    "invalid": "can't go on as it is",
    "unique": "is a person nobody else works on",
    "merged": "is the same person as another lead and was merged into it",
    "forwarded": "belongs to a known person and was taken there",
    "matched": "fits its company",
    "variant": "may be a known person under another address",
    "subsidiary": "may work for a subsidiary",
    "written": "is in the CRM",
    "scored": "was scored",
    "routed": "was routed",
    "unrouted": "found no route",
    "assigned": "has an owner whom the CRM confirms",
    "unowned": "has no active owner",
    "engaged": "was given to its rep",
    "noticed": "was told to the rep",
    "nurtured": "entered the nurture sequence",
    "enrolled": "was enrolled",
    "not_enrolled": "could not be enrolled",
    "unenrol_failed": "could not be taken out of its sequence",
    "suppressed": "will not be written to",
    "fallback": "could not be written to the CRM",
    "sequence_active": "waits for Apollo's own sequence to end",
    "sequence_unknown": "waits until Apollo's sequences are known",
    "replied": "answered",
    "job_change": "seems to have changed employer",
    "deleted": "was deleted in the CRM",
    "dead": "could not be read",
    "reviewed": "was decided by a person",
    "rescored": "is scored again",
    "updated": "was brought up to date",
    "breached": "was not contacted in time: escalated",
    "sla_met": "was contacted in time",
    "sla_started": "has its clock running",
    "assignment_overdue": "was not with a rep in time",
    "resubmitted": "was mended by a person and goes through the gates again",
    "undone": "was taken back with its import",
    "restored": "had its contact set back",
    "released": "is live from here on",
    "owner_rewritten": "had its owner changed back by another automation: written once more",
    "another_automation": "has an owner that something else keeps changing",
    "rerouted": "goes back to be scored and routed",
    "remade": "goes back to be written to the CRM",
    "rekeyed": "is known to the CRM under another address",
}


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
