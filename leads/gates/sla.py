"""The clock of a high-intent lead: one a person, met by the owner's own activity, breached exactly
once."""

from msgspec.structs import replace

from leads.decision import Decision, NeedsEffects
from leads.effect_results import ActivityRead, EffectResult, value_of
from leads.effects import CreateTask, Effect, ReadActivities
from leads.gates.common import Guarded, ops_alert
from leads.gates.sla_clock import (
    NAME,
    about,
    changed,
    is_running,
    met,
    set_clock,
    unchanged,
    window_outputs,
    withdrawn,
)
from leads.gates.sla_taken import taken
from leads.keys import event_id
from leads.records import Alert, Lead, Reason, Signal, SlaTick
from leads.rules import Rules
from leads.table_rows import SlaClock
from leads.times import format_duration
from leads.waits import STOPPING


class SlaState(Guarded, frozen=True, kw_only=True):
    """The person's clock, and what stops its lead."""

    clock: SlaClock | None = None


class Sla:
    """Decides on ticks (intent, start, taken, due, assign_by), on the owner's activity, and on
    clicks in Slack."""

    name = NAME
    logic = 4

    def decide(
        self,
        record: SlaTick | Signal,
        seen: SlaState,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
    ) -> Decision | NeedsEffects:
        """A changed clock; a breach with its task and alert; or nothing, if the tick comes too
        late."""
        if isinstance(record, SlaTick) and _has_ended(record, seen.clock):
            return unchanged()
        if seen.clock is not None and seen.clock.ended:
            seen = replace(seen, clock=None)
        if isinstance(record, Signal):
            return _on_signal(record, seen, done, rules, now)
        if record.lead is not None:
            return _on_lead(record, record.lead, seen, rules)
        if seen.clock is None or seen.suppression is not None:
            return unchanged()
        if record.kind == "assign_by":
            return _assignment_overdue(record, seen.clock, rules, now)
        return _due(record, seen.clock, done, rules, now)


def _has_ended(tick: SlaTick, clock: SlaClock | None) -> bool:
    """Whether the tick is of a lead that had ended here by then: another revision of it, or another
    way through the pipeline, was read late."""
    lead = tick.lead
    if lead is None or clock is None or not clock.ended:
        return False
    return lead.lead_id == clock.lead.lead_id and lead.step <= clock.lead.step


def _on_signal(
    signal: Signal,
    seen: SlaState,
    done: dict[str, EffectResult],
    rules: Rules,
    now: float,
) -> Decision | NeedsEffects:
    clock = seen.clock
    if signal.kind == "taken":
        return taken(signal, clock, done, rules, now)
    if clock is None:
        return unchanged()
    undone = signal.kind == "undone" and clock.lead.lead_id == signal.value
    if undone or (signal.kind in STOPPING and seen.suppression is not None):
        return withdrawn(signal.person_key, clock, rules)
    own = signal.kind == "activity" and signal.value == clock.lead.owner_id
    if own and is_running(clock) and signal.at >= clock.started:
        return met(signal.person_key, clock, signal.at, rules)
    return unchanged()


def _on_lead(tick: SlaTick, lead: Lead, seen: SlaState, rules: Rules) -> Decision:
    """The lead has shown intent, has reached its rep with a clock to start or without, or is no
    longer this person's."""
    clock = seen.clock
    if tick.kind == "ended":
        return _ended(tick, lead, clock, rules)
    if seen.suppression is not None:
        return unchanged()
    if tick.kind == "intent":
        if clock is not None and (clock.started or clock.assign_by):
            return unchanged()
        waits = SlaClock(lead=lead, assign_by=tick.at + rules.sla.untaken_seconds)
        return set_clock(tick.person_key, waits)
    if tick.kind == "taken":
        if clock is None:
            return unchanged()
        return set_clock(tick.person_key, replace(clock, assign_by=0.0))
    # a clock that was started before the lead's release was one of a shadow run
    same_run = clock is not None and clock.lead.released == lead.released
    if clock is not None and same_run and is_running(clock):
        # the person waits since the first rep had the lead: another rep goes on with that deadline
        same_owner = clock.lead.owner_id == lead.owner_id
        return unchanged() if same_owner else set_clock(tick.person_key, replace(clock, lead=lead))
    return _started(tick, lead, rules)


def _ended(tick: SlaTick, lead: Lead, clock: SlaClock | None, rules: Rules) -> Decision:
    mark = SlaClock(lead=_without_content(lead), ended=True)
    if clock is None:
        return set_clock(tick.person_key, mark)
    if clock.lead.lead_id != lead.lead_id or clock.lead.step > lead.step:
        return unchanged()
    return withdrawn(tick.person_key, clock, rules, mark)


def _without_content(lead: Lead) -> Lead:
    """Which lead it is and how far it had come, without anybody's data."""
    return Lead(
        lead_id=lead.lead_id,
        source=lead.source,
        source_id=lead.source_id,
        version="",
        step=lead.step,
        cause="",
        rules="",
        captured_at=0.0,
    )


def _started(tick: SlaTick, lead: Lead, rules: Rules) -> Decision:
    owner = lead.route.owner_email if lead.route else ""
    clock = SlaClock(
        lead=lead,
        started=tick.at,
        deadline=tick.at + rules.sla.seconds,
        team=rules.team_of(owner),
    )
    why = Reason(
        rule="sla.start",
        decisive=True,
        why=f"the owner is confirmed: {format_duration(rules.sla.seconds)} from then",
    )
    return replace(
        changed(tick.person_key, clock, why),
        kind="sla_started",
        outcome={"deadline": clock.deadline, "team": clock.team},
        outputs=window_outputs(clock, "opened", rules),
    )


def _due(
    tick: SlaTick,
    clock: SlaClock,
    done: dict[str, EffectResult],
    rules: Rules,
    now: float,
) -> Decision | NeedsEffects:
    # the tick says that its time has come: whose machine's time is ahead doesn't matter
    if not is_running(clock) or tick.at != clock.deadline:
        return unchanged()
    if "task" in done:
        return _breach(tick, clock, rules, now)
    lead = clock.lead
    if "activity" not in done:
        activity = ReadActivities(
            contact_id=lead.crm.contact_id, owner_id=lead.owner_id, since=clock.started
        )
        return NeedsEffects(effects={"activity": activity})
    acted = value_of(done["activity"], ActivityRead)
    if acted is not None and acted.at and acted.at <= clock.deadline:
        return met(tick.person_key, clock, acted.at, rules)
    return NeedsEffects(effects={"task": _task(clock, rules)}, lead=lead)


def _task(clock: SlaClock, rules: Rules) -> Effect:
    return CreateTask(
        contact_id=clock.lead.crm.contact_id,
        owner_email=rules.sla.escalate_to,
        due=clock.deadline,
        subject=f"Escalation: {about(clock)} was not contacted in time",
    )


def _breach(tick: SlaTick, clock: SlaClock, rules: Rules, now: float) -> Decision:
    why = Reason(
        rule="sla.deadline",
        decisive=True,
        why=f"no activity of the owner within {format_duration(rules.sla.seconds)}",
    )
    return replace(
        changed(tick.person_key, replace(clock, breached_at=now), why),
        kind="breached",
        alerts=(_escalation(clock, rules, now),),
        outcome={"late": now - clock.deadline, "to": rules.sla.escalate_to},
        outputs=window_outputs(clock, "breached", rules),
    )


def _escalation(clock: SlaClock, rules: Rules, now: float) -> Alert:
    lead = clock.lead
    assert lead.route is not None
    waited = format_duration(now - clock.started)
    return Alert(
        alert_id=event_id(lead.lead_id, NAME, str(clock.started), "escalation"),
        kind="escalation",
        to=rules.sla.escalate_to,
        text=f"{about(clock)} has waited {waited} for {lead.route.owner_email}.",
        at=now,
        lead_id=lead.lead_id,
        shadow=not rules.is_live(lead),
    )


def _assignment_overdue(tick: SlaTick, clock: SlaClock, rules: Rules, now: float) -> Decision:
    if clock.assign_by != tick.at or clock.alerted_at or clock.started:
        return unchanged()
    limit = format_duration(rules.sla.untaken_seconds)
    why = Reason(
        rule="sla.assignment_overdue",
        decisive=True,
        why=f"not with a rep {limit} after its sign of intent",
    )
    alert = ops_alert(clock.lead, NAME, f"{about(clock)}: {why.why}", rules, now)
    return replace(
        changed(tick.person_key, replace(clock, alerted_at=now), why),
        kind="assignment_overdue",
        alerts=(alert,),
    )
