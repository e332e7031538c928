"""What is left at engagement of a lead that is another person's by now: it ends, and its sequence
with it (promise P4: an opt-out of the person reaches the lead that goes on, not this one)."""

from msgspec.structs import replace

from leads.decision import Decision, NeedsEffects, WaitReason
from leads.effect_results import EffectResult
from leads.gates.common import ops_alert
from leads.gates.enrol import NAME, only_said
from leads.gates.stopping import leave_first
from leads.records import Lead, Place, Reason, Trigger
from leads.rules import Rules
from leads.waits import MOVED


def end_moved(
    lead: Lead,
    rest: Lead | None,
    enrolled: Lead | None,
    done: dict[str, EffectResult],
    rules: Rules,
    now: float,
) -> Decision | NeedsEffects | None:
    """The end of a lead that has moved, after it has left the sequence of `enrolled`; None for one
    that hasn't moved. `rest` is the lead as it lies here."""
    assert lead.trigger is not None
    again = lead.trigger.kind != MOVED
    if again and (rest is None or rest.trigger is None or rest.trigger.kind != MOVED):
        return None
    lead = replace(lead, trigger=Trigger(kind=MOVED))
    left = leave_first(lead, enrolled, done, rules, now)
    if isinstance(left, Decision) and not again:
        text = f"{lead.person.name} is another lead's person by now, and its sequence goes on"
        return replace(left, alerts=(ops_alert(lead, NAME, text, rules, now),))
    if left is not None:
        return left
    why = Reason(rule="signal.moved", decisive=True, why="its address is another person's by now")
    ended = Decision(kind="moved", place=Place.NOWHERE, trace=(why,), lead=lead)
    if only_said(done):  # the tool still has it: it is left once effects are live
        return replace(ended, wait=WaitReason.REST, until=now + rules.recheck_seconds)
    return ended
