"""The last gate: the rep is told, or the nurture sequence is entered; and whatever is heard
afterwards is acted on here.

A lead that arrived rests here. A signal sets it going again, with `heard`: out of sequences at
once, scored again, or to a person.
"""

from msgspec.structs import replace

from leads import topics
from leads.decision import AuditNote, Decision, NeedsEffects, OutputRecord, WaitReason
from leads.effect_results import EffectResult
from leads.effects import (
    CreateTask,
    Effect,
    ReadApolloSequences,
    SetApolloOwner,
    StopContact,
    StopInApollo,
)
from leads.explain import notice
from leads.gates.after_engagement import arrived, deleted, on_signal
from leads.gates.common import (
    Guarded,
    answered,
    held_for_sequence,
    is_customer,
    ops_alert,
    rerouted,
    resubmitted,
    review,
    routed_again,
    terminal_decision,
    to_fallback,
    undone,
)
from leads.gates.enrol import NAME, enrolled, entering, in_apollos, leave, refused, stuck
from leads.keys import event_id
from leads.records import Alert, Enrolment, Lead, Place, Reason, Sequences, SlaTick
from leads.route import sequence
from leads.rules import Rules
from leads.sequence_guard import guard

#: What a lead waits for here that a person may answer by naming a rep.
_ASKED = (
    "sequence_active",
    "sequence_unknown",
    "another_automation",
    "not_enrolled",
    "unenrol_failed",
    "replied",
    "fallback",
)


class EngageState(Guarded, frozen=True, kw_only=True):
    """The suppression, the lead as it came to rest here before, and what was last heard of Apollo's
    sequences."""

    rest: Lead | None = None
    waits: bool = False  # it lies here for an answer or an outside cause, and does not rest
    sequences: Sequences | None = None
    entering: bool = False  # an earlier attempt at this record may have entered its sequence


class Engage:
    """Decides the last step of a lead, and every step after it."""

    name = NAME

    def decide(
        self,
        record: Lead,
        seen: EngageState,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
    ) -> Decision | NeedsEffects:
        """Engaged, nurtured, held for Apollo's sequence, suppressed, back to a person, or to
        scoring again.

        Whoever may have been entered by an attempt whose outcome is unknown, and is not to be by
        now, is taken out first.
        """
        answer = self._decide(record, seen, done, rules, now)
        if isinstance(answer, Decision) and seen.entering and "enter" not in done:
            return (
                leave(_as_entered(record, rules), done)
                or _tried_again(stuck(record, done), rules, now)
                or answer
            )
        return answer

    def _decide(
        self,
        record: Lead,
        seen: EngageState,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
    ) -> Decision | NeedsEffects:
        rested = _rested(seen, rules)
        if (end := undone(record) or resubmitted(record)) is not None:
            left = (
                (leave(rested, done) or _tried_again(stuck(record, done), rules, now))
                if rested is not None
                else None
            )
            return left or end
        if terminal_decision(record, seen.suppression) is not None:
            return self._stop(record, seen, rested, done, rules, now)
        if (named := self._routed_by_person(record)) is not None:
            return named
        if record.trigger is not None and record.trigger.kind == "deleted":
            return deleted(record)
        hears_again = record.review_decisions.get("unenrol_failed") == "redrive"
        if rested is not None and record.trigger is not None and (hears_again or not seen.waits):
            return on_signal(answered(record, "unenrol_failed"), rested, done, rules, now)
        if (
            asked := self._still_asked(record, seen) or self._replied_before(record, rested)
        ) is not None:
            return asked
        if "replied" in record.review_decisions:
            record = replace(answered(record, "replied"), replied=False)
        # a new revision knows nothing of where the lead stands
        if rested is not None and record.trigger is None:
            stands = {
                "engaged_at": rested.engaged_at,
                "nurtured_at": rested.nurtured_at,
                "enrolled": rested.enrolled,
            }
            record = replace(record, **stands)
        if seen.sequences is not None and seen.sequences.read_at > record.sequences.read_at:
            record = replace(record, sequences=seen.sequences)
        return self._start(record, rested, done, rules, now)

    def _routed_by_person(self, lead: Lead) -> Decision | None:
        """Back to routing with the rep whom a person names, or to write our own owner once more."""
        again = rerouted(lead, self.name, _ASKED)
        if again is None and lead.review_decisions.get("another_automation") == "redrive":
            said = Reason(
                rule="review_decision.redrive",
                decisive=True,
                why="a person had our owner written again",
            )
            again = routed_again(answered(lead, "another_automation"), self.name, said)
        return replace(again, wait=WaitReason.REST) if again is not None else None

    def _still_asked(self, lead: Lead, seen: EngageState) -> Decision | None:
        """A new revision of a lead that waits for a person's answer waits on: news of its fields
        answers nothing."""
        waits = seen.rest.trigger if seen.rest is not None else None
        if (
            waits is None
            or waits.kind not in {"reply", "deleted"}
            or lead.trigger not in {None, waits}
        ):
            return None
        kind = "replied" if waits.kind == "reply" else "deleted"
        if lead.review_decisions.get(kind) == "approve":
            return None
        said = Reason(
            rule=f"signal.{waits.kind}", decisive=True, why=f"{waits.kind} {waits.value}".strip()
        )
        return review(replace(lead, trigger=waits), kind, (said,))

    def _replied_before(self, lead: Lead, rested: Lead | None) -> Decision | None:
        """Who had answered Apollo's sequence when he came in enters none of ours before a person
        says so."""
        nurture = lead.route is not None and lead.route.kind == "nurture"
        if (
            not (lead.replied and nurture)
            or rested is not None
            or lead.review_decisions.get("replied") == "approve"
        ):
            return None
        said = Reason(
            rule="signal.reply", decisive=True, why="it had answered in Apollo before it came in"
        )
        return review(lead, "replied", (said,))

    # A lead that arrives

    def _start(
        self,
        lead: Lead,
        rested: Lead | None,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
    ) -> Decision | NeedsEffects:
        assert lead.route is not None
        if lead.route.kind == "nurture" and rested is not None:
            return arrived(
                replace(
                    lead,
                    engaged_at=rested.engaged_at,
                    nurtured_at=rested.nurtured_at,
                    enrolled=rested.enrolled,
                ),
                "updated",
                (),
            )
        if lead.route.kind != "nurture" and in_apollos(rested):
            assert rested is not None
            if (left := leave(rested, done) or stuck(lead, done)) is not None:
                return left
            # what is known of them is of before we left: asked anew
            lead = replace(lead, sequences=Sequences())
        verdict = guard(lead, done.get("sequences"), rules, now)
        if verdict.ask:
            asked = ReadApolloSequences(apollo_id=lead.apollo_id, email=lead.person.email)
            return NeedsEffects(effects={"sequences": asked})
        lead = replace(lead, sequences=verdict.sequences, unknown_since=verdict.unknown_since)
        if verdict.review:
            return review(lead, "sequence_unknown", (verdict.reason,))
        if not verdict.free:
            kind = "sequence_active" if verdict.sequences.state == "active" else "sequence_unknown"
            return held_for_sequence(lead, kind, verdict.reason, rules, now)
        if lead.route is not None and lead.route.kind == "nurture":
            return self._nurture(lead, verdict.reason, done, rules, now)
        return self._tell(lead, rested, verdict.reason, done, rules, now)

    def _nurture(
        self, lead: Lead, why: Reason, done: dict[str, EffectResult], rules: Rules, now: float
    ) -> Decision | NeedsEffects:
        rule = sequence(lead, rules, "nurture")
        assert rule is not None
        entered = done.get("enter")
        act = entering(lead, rule, rules)
        if act is not None and entered is None:
            return NeedsEffects(effects={"enter": act})
        if entered is not None and entered.kind == "suppressed":
            return self._suppressed(lead, entered.reason)
        if entered is not None and not entered.ok:
            return refused(lead, rule, entered, rules, now)
        lead, note = enrolled(replace(lead, nurtured_at=now), rule, entered)
        return replace(arrived(lead, "nurtured", (why,)), notes=(note,))

    def _tell(
        self,
        lead: Lead,
        rested: Lead | None,
        why: Reason,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
    ) -> Decision | NeedsEffects:
        assert lead.route is not None
        leaves = rested if rested is not None and not _same_owner(rested, lead) else None
        if leaves is not None and (left := leave(leaves, done) or stuck(lead, done)) is not None:
            return left
        high = lead.score.high_intent if lead.score else ""
        told = (
            rested is not None
            and rested.engaged_at
            and rested.route
            and rested.route.owner_id == lead.route.owner_id
        )
        fresh = not told or (high and not (rested and rested.score and rested.score.high_intent))
        if not fresh:
            assert rested is not None
            return arrived(
                replace(lead, engaged_at=rested.engaged_at, enrolled=rested.enrolled),
                "updated",
                (why,),
            )
        call = high and not lead.do_not_call
        if call and "task" not in done:
            return NeedsEffects(effects={"task": self._task(lead, rules)})
        if call and done["task"].kind == "suppressed":
            return self._suppressed(lead, done["task"].reason)
        if call and not done["task"].ok:
            return to_fallback(lead, self.name, done["task"], rules, now)
        if rules.apollo_owner and lead.apollo_id and "apollo_owner" not in done:
            owner = SetApolloOwner(apollo_id=lead.apollo_id, email=lead.route.owner_email)
            return NeedsEffects(effects={"apollo_owner": owner})
        lead = replace(lead, engaged_at=now, nurtured_at=0.0, enrolled=None)
        return self._outreach(self._told(lead, high, why, rules, now), done, rules)

    def _outreach(
        self, told: Decision, done: dict[str, EffectResult], rules: Rules
    ) -> Decision | NeedsEffects:
        """A rep's lead enters a sequence where the rules name one for it; one that can't is told
        all the same."""
        lead = told.lead
        assert lead is not None
        # nobody who buys, or is about to, or has answered, gets a sequence
        if is_customer(lead) or lead.replied:
            return told
        rule = sequence(lead, rules, "rep")
        act = entering(lead, rule, rules) if rule is not None else None
        if rule is None or act is None:
            return told
        entered = done.get("enter")
        if entered is None:
            return NeedsEffects(effects={"enter": act})
        if entered.kind == "suppressed":
            return self._suppressed(lead, entered.reason)
        if not entered.ok:
            failed = AuditNote(
                kind="not_enrolled", outcome={"sequence": rule.name, "why": entered.reason}
            )
            return replace(told, notes=(*told.notes, failed))
        lead, note = enrolled(lead, rule, entered)
        return replace(told, lead=lead, notes=(*told.notes, note))

    def _told(self, lead: Lead, high: str, why: Reason, rules: Rules, now: float) -> Decision:
        assert lead.route is not None
        ident = event_id(lead.lead_id, self.name, lead.cause, "notice")
        alert = Alert(
            alert_id=ident,
            kind="notice",
            to=lead.route.owner_email,
            text=notice(lead, rules),
            at=now,
            lead_id=lead.lead_id,
            person_key=lead.person_key if high else "",
            shadow=not rules.is_live(lead),
        )
        tick = SlaTick(
            tick_id=event_id(lead.lead_id, self.name, lead.cause, "start"),
            kind="start" if high else "taken",
            person_key=lead.person_key,
            at=lead.owner_confirmed_at,
            lead=lead,
        )
        note = AuditNote(kind="noticed", outcome={"to": alert.to, "text": alert.text})
        clock = OutputRecord(topic=topics.CLOCKS.full, key=lead.person_key, record=tick)
        decision = arrived(lead, "engaged", (why,))
        return replace(
            decision,
            alerts=(alert,),
            notes=(note,),
            outputs=(clock,) if high or lead.intents else (),
        )

    def _task(self, lead: Lead, rules: Rules) -> Effect:
        assert lead.route is not None
        assert lead.score is not None
        return CreateTask(
            contact_id=lead.crm.contact_id,
            owner_id=lead.route.owner_id,
            due=lead.owner_confirmed_at + rules.sla.seconds,
            subject=f"Call {lead.person.name} ({lead.company.name}): {lead.score.high_intent}",
        )

    def _stop(
        self,
        lead: Lead,
        seen: EngageState,
        rested: Lead | None,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
    ) -> Decision | NeedsEffects:
        """Out of every sequence at once, and the other tool hears of it too (promise P4)."""
        end = terminal_decision(lead, seen.suppression)
        assert end is not None
        kind = seen.suppression.kind if seen.suppression else "do_not_contact"
        acts: dict[str, Effect] = {
            "stop": StopContact(
                contact_id=lead.crm.contact_id,
                kind=kind,
                nurtured=bool(rested and rested.enrolled),
            ),
            "apollo": StopInApollo(
                apollo_id=lead.apollo_id,
                kind=kind,
                source=seen.suppression.source if seen.suppression else "review",
            ),
        }
        if (
            rested
            and rested.enrolled
            and rested.enrolled.tool == "hubspot"
            and (own := leave(rested, done)) is not None
        ):
            acts |= own.effects
        if missing := {name: act for name, act in acts.items() if name not in done}:
            return NeedsEffects(effects=missing)
        if refused := [
            f"{name}: {done[name].reason}"
            for name in acts
            if not done[name].ok and done[name].kind != "deleted"
        ]:
            return _not_stopped(lead, refused, rules, now)
        return replace(
            end, outcome={**end.outcome, "crm": done["stop"].kind, "apollo": done["apollo"].kind}
        )

    def _suppressed(self, lead: Lead, why: str) -> Decision:
        return Decision(
            kind="suppressed",
            place=Place.SUPPRESSED,
            trace=(Reason(rule="suppression", decisive=True, why=why),),
            lead=lead,
        )


def _rested(seen: EngageState, rules: Rules) -> Lead | None:
    """The lead as it rested here before.

    Rows of the release before sequences don't name the list, which was the one.
    """
    rest = seen.rest
    if rest is None or not (rest.engaged_at or rest.nurtured_at):
        return None
    if rest.nurtured_at and rest.enrolled is None:
        return replace(
            rest,
            enrolled=Enrolment(name=rules.nurture.list, tool="list", target=rules.nurture.list),
        )
    return rest


def _tried_again(asked: Decision | None, rules: Rules, now: float) -> Decision | None:
    """A lead that is to end is taken out of its sequence by itself as soon as the tool lets it,
    whatever people do."""
    return replace(asked, until=now + rules.recheck_seconds) if asked is not None else None


def _not_stopped(lead: Lead, refused: list[str], rules: Rules, now: float) -> Decision:
    """A tool did not take it: people must know, since its mails may go on; it is tried again
    meanwhile."""
    why = Reason(
        rule="stop",
        decisive=True,
        why=f"could not be stopped everywhere, mails may go on: {'; '.join(refused)}",
    )
    again = lead.trigger is not None and lead.trigger.kind == "due"
    alert = ops_alert(lead, NAME, f"{lead.person.name} ({lead.company.name}) {why.why}", rules, now)
    decision = review(lead, "not_stopped", (why,))
    return replace(decision, until=now + rules.recheck_seconds, alerts=() if again else (alert,))


def _as_entered(lead: Lead, rules: Rules) -> Lead:
    """The lead in the sequence that the rules have for it."""
    rule = sequence(
        lead, rules, "nurture" if lead.route is not None and lead.route.kind == "nurture" else "rep"
    )
    return enrolled(lead, rule, None)[0] if rule is not None else lead


def _same_owner(rested: Lead, lead: Lead) -> bool:
    """It was with the same rep before, so that it stays in the rep's sequence."""
    ours = rested.route.owner_id if rested.route else ""
    return bool(rested.engaged_at) and lead.route is not None and ours == lead.route.owner_id
