"""How a waiting lead goes on: by a person's decision, by a signal, by its time."""

from msgspec.structs import replace

from leads.decision import Parked
from leads.keys import event_id
from leads.records import Heard, Lead, Ruling, Signal

#: Signals that set every waiting or resting lead of the person going, whatever it waits for.
ALWAYS = frozenset({"bounce", "unsubscribe", "do_not_contact", "deleted"})


#: Signals that are about one lead, and set it going only if it is that one.
_OF_ONE = frozenset({"undone", "released"})


def resume(parked: Parked | None, cause: Ruling | Signal, stage: str) -> Lead | None:
    """The lead as it goes on because of `cause`, or None if nothing waits for it.

    A decision names the step that it settles; for another step it comes too late (INTERLEAVINGS 3).
    """
    if parked is None or parked.lead is None or parked.put_off:
        return None
    lead = parked.lead
    if isinstance(cause, Ruling):
        if cause.step != lead.step:
            return None
        ruled = {**lead.ruled, **_ruled(cause, stage)}
        return replace(lead, step=lead.step + 1, cause=cause.ruling_id, ruled=ruled)
    if cause.kind in _OF_ONE and cause.value != lead.lead_id:
        return None
    if cause.kind not in parked.wakes and cause.kind not in ALWAYS:
        return None
    heard = Heard(kind=cause.kind, value=cause.value, at=cause.heard_at, source=cause.source)
    return replace(lead, step=lead.step + 1, cause=event_id(lead.lead_id, stage, cause.signal_id, "wake"), heard=heard)


def _ruled(ruling: Ruling, stage: str) -> dict[str, str]:
    if ruling.action == "set":  # at the first gate it is applied there; from any other the lead goes back to it
        prefix = "set" if stage == "intake" else "fix"
        return {f"{prefix}.{name}": value for name, value in ruling.fields.items()}
    if ruling.action in {"suppress", "undo"}:
        return {ruling.action: ruling.actor}
    return {stage: ruling.action + (f" {ruling.fields['to']}" if "to" in ruling.fields else "")}


def due(parked: Parked, stage: str) -> Lead | None:
    """The lead as it goes on because its time has come: as it was if its call was put off, else one step on."""
    lead = parked.lead
    if lead is None or parked.put_off:
        return lead
    cause = event_id(lead.lead_id, stage, str(lead.step), "due")
    return replace(lead, step=lead.step + 1, cause=cause, heard=Heard(kind="due", at=parked.until))
