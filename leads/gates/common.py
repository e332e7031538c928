"""Decisions and outputs that several gates share."""

from collections.abc import Iterable

from msgspec.structs import replace

from leads import topics
from leads.corrections import fields_set, resubmit
from leads.decision import Decision, OutputRecord, WaitReason
from leads.effect_results import EffectResult
from leads.keys import derive, event_id, lead_id
from leads.records import (
    Alert,
    Captured,
    IdentityLink,
    Lead,
    Place,
    Reason,
    Record,
    Signal,
    SlaTick,
)
from leads.rules import Rules
from leads.table_rows import Suppression
from leads.topics import Topic
from leads.waits import ERASED

#: Answers after which a lead goes on as one of its own.
GOES_ON = frozenset({"approve", "separate", "route"})
_CUSTOMER = frozenset({"customer", "evangelist"})


class Guarded(Record, frozen=True, kw_only=True):
    """What a gate after identity reads: whether the person may still be written to."""

    suppression: Suppression | None = None


def advance(lead: Lead, stage: str, kind: str) -> Lead:
    """The lead as the next stage gets it: one step on, caused by this stage's event of `kind`."""
    return replace(lead, step=lead.step + 1, cause=event_id(lead.lead_id, stage, lead.cause, kind))


def forward(lead: Lead, stage: str, kind: str, topic: Topic, key: str) -> OutputRecord:
    """The output that hands a lead to the next stage."""
    return OutputRecord(topic=topic.full, key=key, record=advance(lead, stage, kind))


def link_output(link: IdentityLink) -> OutputRecord:
    """The output that brings a fact about an address to identity."""
    return OutputRecord(topic=topics.LINKS.full, key=link.address_key, record=link)


def free_claims(lead: Lead, cause: str) -> tuple[OutputRecord, ...]:
    """The outputs that end a lead's claims on its person, so that another lead may take them over.

    `cause` distinguishes the links of one step.
    """
    return (*free_address(lead, cause), *(_free(lead, key, cause) for key in lead.contact_keys))


def free_address(lead: Lead, cause: str) -> tuple[OutputRecord, ...]:
    """The outputs that end a lead's claim on its address alone, and with it the clock there."""
    tick = SlaTick(
        tick_id=derive("ended", lead.lead_id, lead.step, lead.person_key),
        kind="ended",
        person_key=lead.person_key,
        at=0.0,
        lead=lead,
    )
    ended = OutputRecord(topic=topics.CLOCKS.full, key=lead.person_key, record=tick)
    return (_free(lead, lead.person_key, cause), ended)


def _free(lead: Lead, key: str, cause: str) -> OutputRecord:
    parts = () if key == lead.person_key else (key,)
    link_id = derive(cause, lead.lead_id, lead.step, *parts)
    return link_output(
        IdentityLink(
            link_id=link_id, address_key=key, person_key="", ended=lead.lead_id, step=lead.step
        )
    )


def move_to_person(lead: Lead, person_key: str, stage: str, trace: tuple[Reason, ...]) -> Decision:
    """A lead whose person turns out to be another one: identity decides in that person's
    partition, where it is known whether the person's lead still is. The lead's address is that
    person's from here on."""
    link = IdentityLink(
        link_id=derive("link", lead.lead_id, lead.step, person_key),
        address_key=lead.person_key,
        person_key=person_key,
        from_lead=lead.lead_id,
    )
    moved = replace(lead, person_key=person_key, claim_key="", brand_word="")
    return Decision(
        kind="forwarded",
        place=Place.IN_FLIGHT,
        trace=trace,
        lead=lead,
        outputs=(
            *free_address(lead, "ended"),
            link_output(link),
            forward(moved, stage, "forwarded", topics.VALIDATED, person_key),
        ),
    )


def signal_output(signal: Signal) -> OutputRecord:
    """The output that brings a signal to the stage of that name."""
    return OutputRecord(topic=topics.SIGNALS.full, key=signal.person_key, record=signal)


def unread_lead(record: Captured, stage: str, why: str) -> Lead:
    """The lead of a captured record that can't be mapped: its ids, and nothing else."""
    ident = lead_id(record.source, record.source_id)
    return Lead(
        lead_id=ident,
        source=record.source,
        source_id=record.source_id,
        version="",
        step=0,
        cause=event_id(ident, stage, why, "captured"),
        rules="",
        captured_at=record.captured_at,
    )


def terminal_decision(lead: Lead, suppression: Suppression | None, now: float) -> Decision | None:
    """The decision that ends a lead by a person's answer or a suppression, None if it may go on.

    A person's answer holds for whoever the lead's address belongs to, in every later lead: it goes
    to the signals stage as an opt-out does.
    """
    if (end := undone(lead) or resubmitted(lead)) is not None:
        return end
    if by := lead.review_decisions.get("suppress"):
        why = Reason(
            rule="review_decision.suppress",
            decisive=True,
            why=f"{by} decided that this person is not to be written to",
        )
        return Decision(
            kind="suppressed",
            place=Place.SUPPRESSED,
            trace=(why,),
            lead=lead,
            outputs=_opt_outs(lead, now),
        )
    if (by := lead.review_decisions.get("erase")) or is_erased(suppression):
        return erased(lead, f"{by or 'somebody'} had the person erased")
    if suppression is not None:
        why = Reason(
            rule=f"suppression.{suppression.kind}",
            decisive=True,
            why=f"{suppression.kind} reported by {suppression.source}",
        )
        return Decision(
            kind="suppressed",
            place=Place.SUPPRESSED,
            trace=(why,),
            lead=lead,
            outcome={"at": suppression.at},
        )
    return None


def is_erased(suppression: Suppression | None) -> bool:
    """Whether a suppression says that the person was erased."""
    return suppression is not None and suppression.kind == ERASED


def erased(lead: Lead, why: str) -> Decision:
    """The end of a lead whose person was erased: the key of its personal data is destroyed."""
    return Decision(
        kind="erased",
        place=Place.ERASED,
        trace=(Reason(rule="erased", decisive=True, why=why),),
        lead=lead,
        erases=(lead.lead_id,),
    )


def _opt_outs(lead: Lead, now: float) -> tuple[OutputRecord, ...]:
    """One for each of its keys: the address may belong to another person by now."""
    outputs = []
    for key in dict.fromkeys(filter(None, (lead.address_key, lead.person_key))):
        opt_out = Signal(
            signal_id=derive("signal", "suppressed in review", lead.lead_id, lead.step, key),
            kind="do_not_contact",
            at=now,
            source="review",
            address_key=key,
            person_key=key,
        )
        outputs.append(signal_output(opt_out))
    return tuple(outputs)


def undone(lead: Lead) -> Decision | None:
    """The end of a lead whose import was taken back, None for any other.

    Another lead may claim its person then.
    """
    signalled = lead.trigger is not None and lead.trigger.kind == "undone"
    if not signalled and "undo" not in lead.review_decisions:
        return None
    why = Reason(rule="import.undone", decisive=True, why=f"import {lead.imported} was taken back")
    outputs: tuple[OutputRecord, ...] = ()
    if lead.person_key:
        outputs = free_claims(lead, "undone")
    return Decision(kind="undone", place=Place.UNDONE, trace=(why,), lead=lead, outputs=outputs)


def resubmitted(lead: Lead) -> Decision | None:
    """Back to the first gate with what a person has set on a lead that waited at a later one, None
    for any other lead."""
    if not lead.review_decisions:
        return None
    fields = fields_set(lead, "fix.")
    if not fields:
        return None
    why = Reason(
        rule="review_decision.set",
        decisive=True,
        why=f"a person has set {', '.join(sorted(fields))}: judged again",
    )
    record = resubmit(lead, fields, lead.cause, lead.captured_at)
    to = OutputRecord(
        topic=topics.CAPTURED.full, key=f"{lead.source}:{lead.source_id}", record=record
    )
    return Decision(
        kind="resubmitted", place=Place.IN_FLIGHT, trace=(why,), lead=lead, outputs=(to,)
    )


def answered(lead: Lead, *asked: str) -> Lead:
    """The lead without a person's answers to these questions: each is acted on once."""
    if lead.review_decisions.keys().isdisjoint(asked):
        return lead
    return replace(
        lead,
        review_decisions={
            name: value for name, value in lead.review_decisions.items() if name not in asked
        },
    )


def overruled(lead: Lead, asked: str, reasons: Iterable[Reason]) -> Reason:
    """Says in the trace that a person decided against what the rules held, and what that was."""
    against = "; ".join(reason.why for reason in reasons if reason.decisive)
    answer = lead.review_decisions[asked]
    return Reason(
        rule=f"review_decision.{answer}",
        decisive=True,
        why=f"a person answered {answer}, setting aside: {against}",
    )


def rerouted(lead: Lead, stage: str, asked: Iterable[str]) -> Decision | None:
    """Back to scoring and routing with the rep that a person has just named, None if no answer to
    these questions names one."""
    if not lead.review_decisions or "route" not in map(lead.review_decisions.get, asked):
        return None
    why = Reason(
        rule="review_decision.route",
        decisive=True,
        why=f"a person gave it to {lead.review_decisions['route']}",
    )
    return routed_again(answered(lead, *asked), stage, why)


def routed_again(lead: Lead, stage: str, why: Reason) -> Decision:
    """Back to scoring and routing."""
    lead = replace(lead, trigger=None)
    to = forward(
        replace(lead, route=None, score=None), stage, "rerouted", topics.WRITTEN, lead.person_key
    )
    return Decision(kind="rerouted", place=Place.IN_FLIGHT, trace=(why,), lead=lead, outputs=(to,))


def is_customer(lead: Lead) -> bool:
    """Whether the person buys already, or has an open deal."""
    return lead.crm.lifecycle in _CUSTOMER or lead.crm.open_deal


def automation_alert(lead: Lead, said: str, rules: Rules, now: float, ident: str) -> Alert:
    """An alert that something else writes to the same contacts. `ident` is its id: one id, one
    alert."""
    text = (
        f"another automation writes here: {said} (docs/connectors/apollo.md names Apollo's own"
        " switches)"
    )
    return Alert(
        alert_id=ident, kind="ops", to=rules.ops_channel, text=text, at=now, lead_id=lead.lead_id
    )


def review(
    lead: Lead, kind: str, trace: tuple[Reason, ...], asked_about: str = ""
) -> Decision:
    """A decision that a person must take; `asked_about` is the lead that it may be one with."""
    return Decision(
        kind=kind,
        place=Place.REVIEW,
        trace=trace,
        lead=lead,
        wait=WaitReason.REVIEW,
        asked_about=asked_about,
    )


def held_for_sequence(lead: Lead, kind: str, why: Reason, rules: Rules, now: float) -> Decision:
    """It waits until Apollo's own sequence has ended, or is known to have."""
    return Decision(
        kind=kind,
        place=Place.HELD,
        trace=(why,),
        lead=lead,
        wait=WaitReason.HELD,
        wakes=("sequence",),
        until=now + rules.recheck_seconds,
    )


def ops_alert(lead: Lead, stage: str, text: str, rules: Rules, now: float) -> Alert:
    """An alert to the people who operate Leadgate."""
    ident = event_id(lead.lead_id, stage, lead.cause, "alert")
    return Alert(
        alert_id=ident, kind="ops", to=rules.ops_channel, text=text, at=now, lead_id=lead.lead_id
    )


def to_fallback(lead: Lead, stage: str, result: EffectResult, rules: Rules, now: float) -> Decision:
    """The CRM would not take it: to the fallback topic and sheet, with one alert; a person
    re-drives it."""
    tries = "after three tries" if result.kind == "failed" else "at once"
    why = Reason(
        rule="crm.write", decisive=True, why=f"the CRM refused it {tries}: {result.reason}"
    )
    return Decision(
        kind="fallback",
        place=Place.FALLBACK,
        trace=(why,),
        lead=lead,
        wait=WaitReason.FALLBACK,
        outputs=(OutputRecord(topic=topics.FALLBACK.full, key=lead.lead_id, record=lead),),
        alerts=(
            ops_alert(
                lead,
                stage,
                f"{lead.person.name} could not be written to the CRM: {result.reason}",
                rules,
                now,
            ),
        ),
        outcome={"why": result.reason},
    )
