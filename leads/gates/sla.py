"""The clock of a high-intent lead: one a person, met by the owner's own activity, breached exactly
once."""

from datetime import UTC, datetime
from typing import Literal

from msgspec.structs import replace

from leads import topics
from leads.decision import Decision, NeedsEffects, OutputRecord, TableWrite
from leads.effect_results import ActivityRead, EffectResult, SlackUserRead, value_of
from leads.effects import CreateNote, CreateTask, Effect, ReadActivities, ReadSlackUser
from leads.gates.common import Guarded, ops_alert
from leads.keys import derive, event_id
from leads.records import Alert, Place, Reason, Signal, SlaOutcome, SlaTick
from leads.rules import Rules
from leads.table_rows import SlaClock


class SlaState(Guarded, frozen=True, kw_only=True):
    """The person's clock."""

    clock: SlaClock | None = None


class Sla:
    """Decides on ticks (start, intent, taken, due, assign_by) and on the owner's activity."""

    name = "sla"

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
        clock = seen.clock
        if isinstance(record, Signal) and record.kind == "taken":
            return self._taken(record, clock, done, rules, now)
        if isinstance(record, Signal):
            return self._activity(record, clock, rules)
        if record.kind in {"start", "taken", "intent"}:
            return self._set(record, clock, rules)
        if clock is None:
            return _nothing()
        if record.kind == "assign_by":
            return self._untaken(record, clock, rules, now)
        return self._due(record, clock, seen, done, rules, now)

    def _set(self, tick: SlaTick, clock: SlaClock | None, rules: Rules) -> Decision:
        assert tick.lead is not None
        if tick.kind == "intent":
            if clock is not None and (clock.started or clock.assign_by):
                return _nothing()
            return _put(
                tick.person_key,
                SlaClock(lead=tick.lead, assign_by=tick.at + rules.sla.untaken_seconds),
                None,
            )
        if tick.kind == "taken":
            return (
                _put(tick.person_key, replace(clock, assign_by=0.0), None)
                if clock is not None
                else _nothing()
            )
        # not one of before its release
        real = clock is not None and clock.lead.released == tick.lead.released
        running = (
            clock is not None
            and clock.started
            and not (clock.satisfied_at or clock.breached_at)
            and real
        )
        if running:
            return _nothing()
        owner = tick.lead.route.owner_email if tick.lead.route else ""
        new = SlaClock(
            lead=tick.lead,
            started=tick.at,
            deadline=tick.at + rules.sla.seconds,
            team=rules.team_of(owner),
        )
        why = Reason(
            rule="sla.start",
            decisive=True,
            why=f"the owner is confirmed: {rules.sla.seconds:g} s from then",
        )
        return replace(
            _put(tick.person_key, new, new),
            kind="sla_started",
            trace=(why,),
            outcome={"deadline": new.deadline, "team": new.team},
            outputs=_outcome(new, "opened", rules),
        )

    def _activity(self, signal: Signal, clock: SlaClock | None, rules: Rules) -> Decision:
        owner = clock.lead.route.owner_id if clock and clock.lead.route else ""
        mine = (
            signal.kind == "activity"
            and clock is not None
            and signal.value == owner
            and signal.at >= clock.started
        )
        if signal.kind == "undone" and clock is not None and clock.lead.lead_id == signal.value:
            ends = _runs(clock)
            return replace(
                _put(signal.person_key, None, None),
                outputs=_outcome(clock, "withdrawn", rules) if ends else (),
            )
        if (
            clock is None
            or not clock.started
            or clock.satisfied_at
            or clock.breached_at
            or not mine
        ):
            return _nothing()
        return self._met(clock, signal.at, signal.person_key, rules)

    def _taken(
        self,
        signal: Signal,
        clock: SlaClock | None,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
    ) -> Decision | NeedsEffects:
        """The owner says in Slack that he is on it: logged in the CRM as his activity, which stops
        the clock."""
        if clock is None or not clock.started or clock.satisfied_at or clock.lead.route is None:
            return self._answer(signal, clock, "not_taken", _too_late(clock), rules, now)
        lead, owner = clock.lead, clock.lead.route
        if "who" not in done:
            return NeedsEffects(
                effects={"who": ReadSlackUser(user=signal.value)},
                lead=lead,
            )
        who = value_of(done["who"], SlackUserRead)
        if who is None or who.email.casefold() != owner.owner_email.casefold():
            said = (
                f"{lead.person.name} ({lead.company.name}) is {owner.owner_email}'s: only the owner"
                " stops the clock."
            )
            return self._answer(signal, clock, "not_taken", said, rules, now)
        if "note" not in done:
            note = CreateNote(
                contact_id=lead.crm.contact_id,
                owner_id=owner.owner_id,
                text="I'm on it (Slack)",
                at=signal.at,
            )
            return NeedsEffects(effects={"note": note}, lead=lead)
        if not done["note"].ok:
            said = (
                f"The CRM did not take the note for {lead.person.name}, so the clock runs on:"
                f" {done['note'].reason}"
            )
            return self._answer(signal, clock, "not_taken", said, rules, now)
        met = self._met(clock, signal.at, signal.person_key, rules)
        said = f"Noted in the CRM: you are on {lead.person.name} ({lead.company.name})."
        return replace(met, alerts=self._answer(signal, clock, "", said, rules, now).alerts)

    def _answer(
        self, signal: Signal, clock: SlaClock | None, kind: str, said: str, rules: Rules, now: float
    ) -> Decision:
        """A word to whoever clicked."""
        ident, lead = derive("taken", signal.signal_id), clock.lead if clock else None
        alert = Alert(
            alert_id=ident,
            kind="notice",
            to=signal.value,
            text=said,
            at=now,
            lead_id=lead.lead_id if lead else "",
            shadow=lead is not None and not rules.is_live(lead),
        )
        why = Reason(rule="sla.taken", decisive=True, why=said)
        return Decision(kind=kind, place=Place.NOWHERE, trace=(why,), lead=lead, alerts=(alert,))

    def _met(self, clock: SlaClock, at: float, person_key: str, rules: Rules) -> Decision:
        new = replace(clock, satisfied_at=at)
        why = Reason(
            rule="sla.activity",
            decisive=True,
            why=f"the owner acted {at - clock.started:.0f} s after the start",
        )
        return replace(
            _put(person_key, new, new),
            kind="sla_met",
            trace=(why,),
            outcome={"seconds": at - clock.started},
            outputs=_outcome(clock, "met", rules) if _runs(clock) else (),
        )

    def _due(
        self,
        tick: SlaTick,
        clock: SlaClock,
        seen: SlaState,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
    ) -> Decision | NeedsEffects:
        if (
            clock.satisfied_at
            or clock.breached_at
            or not clock.started
            or tick.at != clock.deadline
            or seen.suppression is not None
        ):
            # the tick says that its time has come: whose clock is ahead doesn't matter
            return _nothing()
        lead = clock.lead
        assert lead.route is not None
        if "task" in done:
            return self._breach(tick, clock, rules, now)
        if "activity" not in done:
            activity = ReadActivities(
                contact_id=lead.crm.contact_id, owner_id=lead.route.owner_id, since=clock.started
            )
            return NeedsEffects(effects={"activity": activity})
        acted = value_of(done["activity"], ActivityRead)
        if acted is not None and acted.at and acted.at <= clock.deadline:
            return self._met(clock, acted.at, tick.person_key, rules)
        return NeedsEffects(effects={"task": self._task(clock, rules)}, lead=lead)

    def _task(self, clock: SlaClock, rules: Rules) -> Effect:
        lead = clock.lead
        who = f"{lead.person.name} ({lead.company.name})"
        return CreateTask(
            contact_id=lead.crm.contact_id,
            owner_email=rules.sla.escalate_to,
            due=clock.deadline,
            subject=f"Escalation: {who} was not contacted in time",
        )

    def _breach(self, tick: SlaTick, clock: SlaClock, rules: Rules, now: float) -> Decision:
        lead = clock.lead
        assert lead.route is not None
        new = replace(clock, breached_at=now)
        text = (
            f"{lead.person.name} ({lead.company.name}) has waited {now - clock.started:.0f} s for"
            f" {lead.route.owner_email}."
        )
        ident, shadow = (
            event_id(lead.lead_id, self.name, str(clock.started), "escalation"),
            not rules.is_live(lead),
        )
        alert = Alert(
            alert_id=ident,
            kind="escalation",
            to=rules.sla.escalate_to,
            text=text,
            at=now,
            lead_id=lead.lead_id,
            shadow=shadow,
        )
        why = Reason(
            rule="sla.deadline",
            decisive=True,
            why=f"no activity of the owner within {rules.sla.seconds:g} s",
        )
        outcome = {"late": now - clock.deadline, "to": rules.sla.escalate_to}
        return replace(
            _put(tick.person_key, new, new),
            kind="breached",
            trace=(why,),
            alerts=(alert,),
            outcome=outcome,
            outputs=_outcome(clock, "breached", rules),
        )

    def _untaken(self, tick: SlaTick, clock: SlaClock, rules: Rules, now: float) -> Decision:
        if clock.assign_by != tick.at or clock.alerted_at or clock.started:
            return _nothing()
        new = replace(clock, alerted_at=now)
        why = Reason(
            rule="sla.assignment_overdue",
            decisive=True,
            why=f"not with a rep {rules.sla.untaken_seconds:g} s after its intent was heard",
        )
        alert = ops_alert(
            clock.lead,
            self.name,
            f"{clock.lead.person.name} ({clock.lead.company.name}): {why.why}",
            rules,
            now,
        )
        return replace(
            _put(tick.person_key, new, new),
            kind="assignment_overdue",
            trace=(why,),
            alerts=(alert,),
        )


def _too_late(clock: SlaClock | None) -> str:
    """Why a click stops nothing."""
    if clock is None:
        return "No clock runs for this lead any more."
    who = f"{clock.lead.person.name} ({clock.lead.company.name})"
    if clock.satisfied_at:
        at = datetime.fromtimestamp(clock.satisfied_at, UTC)
        return f"{who} was taken already, {at:%Y-%m-%d %H:%M} UTC: the clock stands."
    return f"The clock of {who} has not begun yet: click again in a minute."


def _runs(clock: SlaClock) -> bool:
    """Whether the owner's time is counted, and neither met nor over."""
    return bool(clock.started) and not (clock.satisfied_at or clock.breached_at)


def _outcome(
    clock: SlaClock, kind: Literal["opened", "met", "breached", "withdrawn"], rules: Rules
) -> tuple[OutputRecord, ...]:
    """What the windows count of a clock."""
    clock_id = f"{clock.lead.lead_id}@{clock.started:.3f}"
    record = SlaOutcome(
        outcome_id=derive("sla-outcome", clock_id, kind),
        kind=kind,
        team=clock.team,
        clock_id=clock_id,
        deadline=clock.deadline,
        shadow=not rules.is_live(clock.lead),
    )
    return (OutputRecord(topic=topics.SLA_OUTCOMES.full, key=clock.team, record=record),)


def _nothing() -> Decision:
    return Decision(kind="unchanged", place=Place.NOWHERE)


def _put(key: str, clock: SlaClock | None, about: SlaClock | None) -> Decision:
    put = TableWrite(table="clocks", key=key, value=clock)
    return Decision(
        kind="set", place=Place.NOWHERE, lead=about.lead if about else None, puts=(put,)
    )
