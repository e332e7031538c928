"""Entering and leaving a sequence, whichever tool runs its steps."""

from msgspec.structs import replace

from leads.decision import AuditNote, Decision, NeedsEffects
from leads.effect_results import EffectResult
from leads.effects import (
    Effect,
    EnterApolloSequence,
    EnterList,
    EnterSequence,
    LeaveApolloSequence,
    LeaveList,
    LeaveSequence,
)
from leads.gates.common import held_for_sequence, review, to_fallback
from leads.records import Enrolment, Lead, Reason
from leads.rule_models import SequenceRule
from leads.rules import Rules

STILL_IN = "still_in"  # the result of a leave that its tool has not carried out
_PATIENCE = 600.0  # a workflow acts within a minute or two, and the lead waits for it
#: The effects that leave a sequence: the one in which the lead rested, and the one that an attempt
#: of unknown outcome may have entered. Both may be left for one record.
LEAVE, LEAVE_ENTERED = "leave", "leave_entered"
NAME = "engage"  # the gate whose parts this and after_engagement.py are


def entering(lead: Lead, rule: SequenceRule, rules: Rules) -> Effect | None:
    """The act that enters it, None for a sequence without a tool."""
    if rule.tool == "none":
        return None
    if rule.tool == "apollo":
        return EnterApolloSequence(
            apollo_id=lead.apollo_id, sequence=rule.target, sender=rule.sender
        )
    if rule.tool == "hubspot":
        assert lead.route is not None
        return EnterSequence(
            contact_id=lead.crm.contact_id,
            sequence=rule.target,
            leave=rule.leave,
            owner_id=lead.route.owner_id,
            inbox=rules.inbox_of(lead.route.owner_email),
        )
    return EnterList(contact_id=lead.crm.contact_id, list_name=rule.target)


def refused(
    lead: Lead, rule: SequenceRule, entered: EffectResult, rules: Rules, now: float
) -> Decision:
    """What becomes of a lead that its sequence refuses: it waits if another sequence has it, else a
    person looks."""
    why = Reason(rule=f"sequences.{rule.name}", decisive=True, why=entered.reason)
    if entered.kind == "busy":
        return held_for_sequence(lead, "sequence_active", why, rules, now)
    if rule.tool in {"apollo", "hubspot"}:
        return review(lead, "not_enrolled", (why,))
    return to_fallback(lead, NAME, entered, rules, now)


def enrolled(
    lead: Lead, rule: SequenceRule, entered: EffectResult | None
) -> tuple[Lead, AuditNote]:
    """The lead in its sequence, and the audit event of that."""
    enrolment = Enrolment(name=rule.name, tool=rule.tool, target=rule.target, leave=rule.leave)
    said = {
        "sequence": rule.name,
        "tool": rule.tool,
        "steps": rule.steps,
        "would": entered is not None and entered.kind == "would",
    }
    return replace(lead, enrolled=enrolment), AuditNote(kind="enrolled", outcome=said)


def leaving(enrolled: Lead) -> Effect | None:
    """The effect that takes a lead out of its sequence, None if it is in none that a tool runs."""
    sequence = enrolled.enrolled
    if sequence is None or sequence.tool == "none":
        return None
    if sequence.tool == "apollo":
        return LeaveApolloSequence(apollo_id=enrolled.apollo_id, sequence=sequence.target)
    contact = enrolled.crm.contact_id
    if sequence.tool == "hubspot":
        return LeaveSequence(contact_id=contact, leave=sequence.leave, patience=_PATIENCE)
    return LeaveList(contact_id=contact, list_name=sequence.target)


def leave(enrolled: Lead, done: dict[str, EffectResult], name: str = LEAVE) -> NeedsEffects | None:
    """Ask that a lead leaves its sequence; None once that was tried, or if it is in none."""
    effect = None if name in done else leaving(enrolled)
    return NeedsEffects(effects={name: effect}) if effect is not None else None


def stuck(lead: Lead, done: dict[str, EffectResult], name: str = LEAVE) -> Decision | None:
    """A person's question: the sequence goes on although everything was done to end it.

    None if it has ended.
    """
    left = done.get(name)
    if left is None or left.ok or left.kind == "deleted":
        return None
    return review(
        lead, "unenrol_failed", (Reason(rule="sequences.leave", decisive=True, why=left.reason),)
    )


def only_said(done: dict[str, EffectResult]) -> bool:
    """Whether a lead has left its sequence in shadow alone: the tool still has it."""
    left = done.get(LEAVE)
    return left is not None and left.kind == "would"


def in_apollos(rested: Lead | None) -> bool:
    """Whether it is in a sequence of Apollo's that we have entered: that this one is active is no
    news."""
    return rested is not None and rested.enrolled is not None and rested.enrolled.tool == "apollo"
