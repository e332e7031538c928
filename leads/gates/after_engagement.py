"""A signal for a lead that has arrived: it leaves its sequence, is scored again, released, or goes
to a person."""

from msgspec.structs import replace

from leads import topics
from leads.decision import Decision, NeedsEffects, WaitReason
from leads.effect_results import EffectResult
from leads.effects import SHADOW
from leads.gates.common import answered, automation_alert, forward, held_for_sequence, review
from leads.gates.enrol import NAME, in_apollos, leave, only_said, stuck
from leads.keys import derive
from leads.records import CrmLink, Intent, Lead, Place, Reason, Trigger
from leads.rules import Rules

_WAKES = ("reply", "intent", "owner", "deleted", "sequence", "undone", "released")


def arrived(lead: Lead, kind: str, trace: tuple[Reason, ...]) -> Decision:
    """It rests, engaged or nurtured, until a signal comes."""
    place = Place.ENGAGED if lead.engaged_at else Place.NURTURED
    return Decision(
        kind=kind,
        place=place,
        trace=trace,
        lead=replace(lead, trigger=None),
        wait=WaitReason.REST,
        wakes=_WAKES,
    )


def deleted(lead: Lead) -> Decision:
    """A contact that people have deleted: whatever the lead waited for, they are asked, and nothing
    else is done."""
    assert lead.trigger is not None
    said = Reason(
        rule="signal.deleted", decisive=True, why=f"deleted, reported by {lead.trigger.source}"
    )
    if "deleted" in lead.review_decisions:
        return _look_again(lead, said)
    return review(lead, "deleted", (said,))


def on_signal(
    lead: Lead, rested: Lead, done: dict[str, EffectResult], rules: Rules, now: float
) -> Decision | NeedsEffects:
    """What becomes of a lead that had arrived, by the signal that resumes it."""
    assert lead.trigger is not None
    kind = lead.trigger.kind
    said = Reason(rule=f"signal.{kind}", decisive=True, why=f"{kind} {lead.trigger.value}".strip())
    if kind == "intent":
        return _again(lead, said, now)
    if kind == "released":
        return _release(lead, said)
    if kind == "owner" and _flipped(rested, lead.trigger.value):
        return _flip(lead, said, rules, now)
    if _ends_sequence(lead.trigger, rested):
        if (left := leave(rested, done)) is not None:
            return left
        if (going_on := stuck(lead, done)) is not None:
            return going_on
        # in shadow it was only said to have left: it is left for good by what comes later
        lead = replace(lead, enrolled=rested.enrolled if only_said(done) else None)
        if rested.nurtured_at:
            return _out_of_nurture(replace(lead, nurtured_at=0.0), said, rules, now)
    return arrived(lead, f"signal_{kind}", (said,))


def _ends_sequence(trigger: Trigger, rested: Lead) -> bool:
    """An answer ends any sequence; Apollo's own beginning ends ours, unless it is the one that we
    have entered."""
    if not (rested.nurtured_at or rested.enrolled):
        return False
    return trigger.kind == "reply" or (
        trigger.kind == "sequence" and trigger.value == "active" and not in_apollos(rested)
    )


def _out_of_nurture(lead: Lead, said: Reason, rules: Rules, now: float) -> Decision:
    """One that has answered goes to a person; one in Apollo's sequence is held until that ends."""
    assert lead.trigger is not None
    if lead.trigger.kind == "reply":
        return review(lead, "replied", (said,))
    return held_for_sequence(lead, "sequence_active", said, rules, now)


def _again(lead: Lead, said: Reason, now: float) -> Decision:
    """New interest is a new fact: the lead is scored and routed again."""
    assert lead.trigger is not None
    sort, _, value = lead.trigger.value.partition(":")
    intents = (*lead.intents, Intent(kind=sort, value=value, at=lead.trigger.at or now))
    moved = replace(lead, intents=intents, trigger=None, route=None, score=None)
    to = forward(moved, NAME, "rescored", topics.WRITTEN, lead.person_key)
    return Decision(
        kind="rescored",
        place=Place.IN_FLIGHT,
        trace=(said,),
        lead=lead,
        outputs=(to,),
        wait=WaitReason.REST,
    )


def _release(lead: Lead, said: Reason) -> Decision:
    """From here on it is live: it is written, scored, routed and handed over like a new lead."""
    fresh = replace(_unseen(lead), released=True)
    to = forward(fresh, NAME, "released", topics.MATCHED, lead.person_key)
    return Decision(
        kind="released", place=Place.IN_FLIGHT, trace=(said,), lead=fresh, outputs=(to,)
    )


def _look_again(lead: Lead, said: Reason) -> Decision:
    """A person has answered for a deleted contact: the CRM write looks whether it is back, or makes
    it again if approved."""
    if lead.review_decisions["deleted"] != "approve":
        lead = answered(lead, "deleted")
    fresh = _unseen(lead)
    to = forward(fresh, NAME, "recreated", topics.MATCHED, lead.person_key)
    return Decision(
        kind="recreated", place=Place.IN_FLIGHT, trace=(said,), lead=fresh, outputs=(to,)
    )


def _unseen(lead: Lead) -> Lead:
    """As before the CRM write, but for the contact that it is known by.

    It rests here no more, since the write may ask people about it: signals that come meanwhile
    are deferred until it is back.
    """
    crm = CrmLink(contact_id=lead.crm.contact_id)
    if crm.contact_id.startswith(SHADOW):
        crm = CrmLink()
    fresh = replace(lead, trigger=None, crm=crm, score=None, route=None, owner_confirmed_at=0.0)
    return replace(fresh, engaged_at=0.0, nurtured_at=0.0, enrolled=None)


def _flip(lead: Lead, said: Reason, rules: Rules, now: float) -> Decision:
    """The owner we had replaced is back. No person gives a lead back to an owner who has left, so
    this is another automation: our owner is written once more, then a person is asked."""
    alert = automation_alert(
        lead,
        f"the owner of contact {lead.crm.contact_id} flipped back after our write",
        rules,
        now,
        derive("automation", lead.crm.contact_id),
    )
    if lead.owner_rewrites:
        return replace(
            review(replace(lead, trigger=None), "another_automation", (said,)), alerts=(alert,)
        )
    lead = replace(lead, owner_rewrites=1, trigger=None)
    to = forward(lead, NAME, "owner_rewritten", topics.ROUTED, lead.person_key)
    return Decision(
        kind="owner_rewritten",
        place=Place.IN_FLIGHT,
        trace=(said,),
        lead=lead,
        outputs=(to,),
        alerts=(alert,),
        wait=WaitReason.REST,
    )


def _flipped(rested: Lead, owner_id: str) -> bool:
    """Whether the CRM shows the owner again that our write has replaced."""
    return bool(owner_id) and owner_id == rested.crm.owner_id != rested.owner_id
