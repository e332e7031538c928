"""A click on "I'm on it" in Slack: a note in the CRM as the owner's activity, which stops the
clock."""

from msgspec.structs import replace

from leads.decision import Decision, NeedsEffects
from leads.effect_results import EffectResult, SlackUserRead, value_of
from leads.effects import CreateNote, ReadSlackUser
from leads.gates.sla_clock import about, met
from leads.keys import derive
from leads.records import Alert, Place, Reason, Signal
from leads.rules import Rules
from leads.table_rows import SlaClock
from leads.times import format_time


def taken(
    signal: Signal,
    clock: SlaClock | None,
    done: dict[str, EffectResult],
    rules: Rules,
    now: float,
) -> Decision | NeedsEffects:
    """The clock met by its owner's click, or an answer to the person who clicked that says why
    not."""
    if clock is None or not clock.started or clock.satisfied_at or clock.lead.route is None:
        return _refused(signal, clock, *_too_late(clock), rules, now)
    lead, owner = clock.lead, clock.lead.route
    if "who" not in done:
        return NeedsEffects(effects={"who": ReadSlackUser(user=signal.value)}, lead=lead)
    who = value_of(done["who"], SlackUserRead)
    if who is None or who.email.casefold() != owner.owner_email.casefold():
        said = f"{about(clock)} is {owner.owner_email}'s: only the owner stops the clock."
        return _refused(signal, clock, "only the owner stops the clock", said, rules, now)
    if "note" not in done:
        note = CreateNote(
            contact_id=lead.crm.contact_id,
            owner_id=owner.owner_id,
            text="I'm on it (Slack)",
            at=signal.at,
        )
        return NeedsEffects(effects={"note": note}, lead=lead)
    if not done["note"].ok:
        reason = done["note"].reason
        said = (
            f"The CRM did not take the note for {lead.person.name}, so the clock runs on: {reason}"
        )
        why = f"the CRM did not take the note: {reason}"
        return _refused(signal, clock, why, said, rules, now)
    said = f"Noted in the CRM: you are on {about(clock)}."
    return replace(
        met(signal.person_key, clock, signal.at, rules),
        alerts=(_answer(signal, clock, said, rules, now),),
    )


def _refused(
    signal: Signal, clock: SlaClock | None, why: str, said: str, rules: Rules, now: float
) -> Decision:
    """`why` names nobody, as a trace must; `said` is for the person who clicked."""
    return Decision(
        kind="not_taken",
        place=Place.NOWHERE,
        trace=(Reason(rule="sla.taken", decisive=True, why=why),),
        lead=clock.lead if clock is not None else None,
        alerts=(_answer(signal, clock, said, rules, now),),
    )


def _answer(signal: Signal, clock: SlaClock | None, said: str, rules: Rules, now: float) -> Alert:
    """A message to the person who clicked."""
    alert = Alert(
        alert_id=derive("taken", signal.signal_id),
        kind="notice",
        to=signal.value,
        text=said,
        at=now,
    )
    if clock is None:
        return alert
    return replace(alert, lead_id=clock.lead.lead_id, shadow=not rules.is_live(clock.lead))


def _too_late(clock: SlaClock | None) -> tuple[str, str]:
    """Why a click stops nothing: for the trace, and for the person who clicked."""
    if clock is None:
        return "no clock runs", "No clock runs for this lead any more."
    if clock.satisfied_at:
        at = format_time(clock.satisfied_at)
        said = f"{about(clock)} was taken already, at {at}: the clock has stopped."
        return f"taken already, at {at}", said
    said = f"The clock of {about(clock)} has not begun yet: click again in a minute."
    return "the clock has not begun", said
