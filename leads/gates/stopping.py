"""A lead that ends at engagement: it leaves its sequence first, and mails stop everywhere."""

from msgspec.structs import replace

from leads.decision import Decision, NeedsEffects
from leads.effect_results import EffectResult
from leads.effects import Effect, StopContact, StopInApollo
from leads.gates.common import ops_alert, review
from leads.gates.enrol import LEAVE, NAME, leave, leaving, stuck
from leads.records import Lead, Place, Reason
from leads.rules import Rules
from leads.table_rows import Suppression
from leads.waits import ERASED

#: What stops a person that somebody of the team has suppressed.
_BY_TEAM = Suppression(kind="do_not_contact", at=0.0, source="review", whole_person=True)


def leave_first(
    lead: Lead,
    enrolled: Lead | None,
    done: dict[str, EffectResult],
    rules: Rules,
    now: float,
    name: str = LEAVE,
) -> Decision | NeedsEffects | None:
    """What comes before the end of a lead that may be in a sequence, that of `enrolled`; None once
    it is out of it. `name` is the effect's."""
    if enrolled is None:
        return None
    if (left := leave(enrolled, done, name)) is not None:
        return left
    if (asked := stuck(lead, done, name)) is not None:
        # it is tried again without a person's answer, too
        return replace(asked, until=now + rules.recheck_seconds)
    return None


def stop_everywhere(
    end: Decision,
    lead: Lead,
    rested: Lead | None,
    suppression: Suppression | None,
    done: dict[str, EffectResult],
    rules: Rules,
    now: float,
) -> Decision | NeedsEffects:
    """End every sequence at once, in the CRM and in Apollo (promise P4), then decide `end`."""
    effects = _stop_effects(lead, rested, suppression or _BY_TEAM)
    if missing := {name: effect for name, effect in effects.items() if name not in done}:
        return NeedsEffects(effects=missing)
    refused = []
    for name in effects:
        result = done[name]
        if not result.ok and result.kind != "deleted":
            refused.append(f"{name}: {result.reason}")
    if refused:
        return replace(_not_stopped(lead, refused, rules, now), outputs=end.outputs)
    outcome = {**end.outcome, "crm": done["stop"].kind, "apollo": done["apollo"].kind}
    return replace(end, outcome=outcome)


def _stop_effects(lead: Lead, rested: Lead | None, cause: Suppression) -> dict[str, Effect]:
    enrolment = rested.enrolled if rested is not None else None
    # no tool knows an erasure
    kind = _BY_TEAM.kind if cause.kind == ERASED else cause.kind
    effects: dict[str, Effect] = {
        "stop": StopContact(
            contact_id=lead.crm.contact_id, kind=kind, nurtured=enrolment is not None
        ),
        "apollo": StopInApollo(apollo_id=lead.apollo_id, kind=kind, source=cause.source),
    }
    # stopping a HubSpot contact doesn't end a sequence
    if rested is not None and enrolment is not None and enrolment.tool == "hubspot":
        left = leaving(rested)
        assert left is not None
        effects[LEAVE] = left
    return effects


def _not_stopped(lead: Lead, refused: list[str], rules: Rules, now: float) -> Decision:
    """A tool did not take it: people must know, since its mails may go on; it is tried again
    meanwhile."""
    why = Reason(
        rule="stop",
        decisive=True,
        why=f"could not be stopped everywhere, mails may go on: {'; '.join(refused)}",
    )
    decision = replace(review(lead, "not_stopped", (why,)), until=now + rules.recheck_seconds)
    if lead.trigger is not None and lead.trigger.kind == "due":
        return decision  # people have had the alert
    text = f"{lead.person.name} ({lead.company.name}) {why.why}"
    return replace(decision, alerts=(ops_alert(lead, NAME, text, rules, now),))


def suppressed(lead: Lead, why: str) -> Decision:
    """The end of a lead whose suppression was noticed right before a call."""
    return Decision(
        kind="suppressed",
        place=Place.SUPPRESSED,
        trace=(Reason(rule="suppression", decisive=True, why=why),),
        lead=lead,
    )
