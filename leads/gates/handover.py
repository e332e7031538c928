"""A lead goes to its rep: a task on high intent, a notice, the clock, and the rep's sequence."""

from msgspec.structs import replace

from leads import topics
from leads.decision import AuditNote, Decision, NeedsEffects, OutputRecord
from leads.effect_results import EffectResult
from leads.effects import CreateTask, Effect, SetApolloOwner
from leads.explain import notice
from leads.gates.after_engagement import arrived
from leads.gates.common import is_customer, to_fallback
from leads.gates.enrol import LEAVE, NAME, enrolled, entering, leave, only_said, stuck
from leads.gates.stopping import suppressed
from leads.keys import event_id
from leads.records import Alert, Lead, Reason, SlaTick
from leads.route import sequence
from leads.rules import Rules


def hand_over(
    lead: Lead,
    rested: Lead | None,
    why: Reason,
    done: dict[str, EffectResult],
    rules: Rules,
    now: float,
) -> Decision | NeedsEffects:
    """Notify the rep, unless the same rep has this lead already and its interest is no news.

    `rested` is the lead as it rested before, None if it comes for the first time. A sequence of
    another rep's is left first.
    """
    if rested is not None and not _same_owner(rested, lead):
        if (left := leave(rested, done) or stuck(lead, done)) is not None:
            return left
    elif rested is not None and (rested.high_intent or not lead.high_intent):
        still_in = rested.enrolled if _stays_in(rested, lead, done) else None
        lead = replace(lead, engaged_at=rested.engaged_at, enrolled=still_in)
        return arrived(lead, "updated", (why,))
    if lead.high_intent and not lead.do_not_call:
        if "task" not in done:
            return NeedsEffects(effects={"task": _task(lead, rules)})
        if done["task"].kind == "suppressed":
            return suppressed(lead, done["task"].reason)
        if not done["task"].ok:
            return to_fallback(lead, NAME, done["task"], rules, now)
    if rules.apollo_owner and lead.apollo_id and "apollo_owner" not in done:
        assert lead.route is not None
        owner = SetApolloOwner(apollo_id=lead.apollo_id, email=lead.route.owner_email)
        return NeedsEffects(effects={"apollo_owner": owner})
    still_in = rested.enrolled if rested is not None and _stays_in(rested, lead, done) else None
    lead = replace(lead, engaged_at=now, nurtured_at=0.0, enrolled=still_in)
    return _with_sequence(_notified(lead, why, rules, now), done, rules)


def _with_sequence(
    notified: Decision, done: dict[str, EffectResult], rules: Rules
) -> Decision | NeedsEffects:
    """Enter a rep's lead into a sequence where the rules name one for it; the rep gets the notice
    of one that can't be entered all the same."""
    lead = notified.lead
    assert lead is not None
    # nobody who buys, or is about to, or has answered, gets a sequence
    if is_customer(lead) or lead.replied or (rule := sequence(lead, rules, "rep")) is None:
        return notified
    if (enter := entering(lead, rule, rules)) is None:
        return notified
    entered = done.get("enter")
    if entered is None:
        return NeedsEffects(effects={"enter": enter})
    if entered.kind == "suppressed":
        return suppressed(lead, entered.reason)
    if not entered.ok:
        failed = AuditNote(
            kind="not_enrolled", outcome={"sequence": rule.name, "why": entered.reason}
        )
        return replace(notified, notes=(*notified.notes, failed))
    now_in, note = enrolled(lead, rule, entered)
    # what a lead is in for good is left by what comes later, not what it would be in
    if entered.kind != "would" or lead.enrolled is None:
        lead = now_in
    return replace(notified, lead=lead, notes=(*notified.notes, note))


def _notified(lead: Lead, why: Reason, rules: Rules, now: float) -> Decision:
    assert lead.route is not None
    alert = Alert(
        alert_id=event_id(lead.lead_id, NAME, lead.cause, "notice"),
        kind="notice",
        to=lead.route.owner_email,
        text=notice(lead, rules),
        at=now,
        lead_id=lead.lead_id,
        person_key=lead.person_key if lead.high_intent else "",
        shadow=not rules.is_live(lead),
    )
    note = AuditNote(
        kind="noticed", outcome={"to": alert.to, "text": ""}, details={"text": alert.text}
    )
    return replace(
        arrived(lead, "engaged", (why,)), alerts=(alert,), notes=(note,), outputs=_clock(lead)
    )


def _clock(lead: Lead) -> tuple[OutputRecord, ...]:
    """Start the clock of a high-intent lead, and end the wait for a rep of any other with
    interest."""
    if not lead.high_intent and not lead.intents:
        return ()
    tick = SlaTick(
        tick_id=event_id(lead.lead_id, NAME, lead.cause, "start"),
        kind="start" if lead.high_intent else "taken",
        person_key=lead.person_key,
        at=lead.owner_confirmed_at,
        lead=lead,
    )
    return (OutputRecord(topic=topics.CLOCKS.full, key=lead.person_key, record=tick),)


def _task(lead: Lead, rules: Rules) -> Effect:
    return CreateTask(
        contact_id=lead.crm.contact_id,
        owner_id=lead.owner_id,
        due=lead.owner_confirmed_at + rules.sla.seconds,
        subject=f"Call {lead.person.name} ({lead.company.name}): {lead.high_intent}",
    )


def _stays_in(rested: Lead, lead: Lead, done: dict[str, EffectResult]) -> bool:
    """Whether the lead is still in the sequence that it rested in: its rep's own, or one that it
    has left in shadow alone."""
    if LEAVE in done:
        return only_said(done)
    return _same_owner(rested, lead)


def _same_owner(rested: Lead, lead: Lead) -> bool:
    """It was with the same rep before, so that it stays in the rep's sequence."""
    return bool(rested.engaged_at) and rested.owner_id == lead.owner_id
