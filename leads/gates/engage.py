"""The rep gets the lead, or it enters the nurture sequence; signals that come
afterwards are acted on here.

A lead that arrived rests here. A signal resumes it, with the signal as its `trigger`: it leaves
its sequence at once, is scored again, or goes to a person.
"""

from msgspec.structs import replace

from leads.decision import Decision, NeedsEffects, WaitReason
from leads.effect_results import EffectResult
from leads.effects import ReadApolloSequences
from leads.gates.after_engagement import arrived, deleted, on_signal
from leads.gates.common import (
    Guarded,
    answered,
    held_for_sequence,
    rerouted,
    resubmitted,
    review,
    routed_again,
    terminal_decision,
    undone,
)
from leads.gates.enrol import (
    LEAVE_ENTERED,
    NAME,
    enrolled,
    entering,
    in_apollos,
    leave,
    refused,
    stuck,
)
from leads.gates.handover import hand_over
from leads.gates.moving import end_moved
from leads.gates.signal_forwarding import forwarded, forwarded_deferred
from leads.gates.stopping import leave_first, stop_everywhere, suppressed
from leads.records import Enrolment, Lead, Place, Reason, Record, Sequences, Signal, Trigger
from leads.route import sequence
from leads.rules import Rules
from leads.sequence_guard import guard
from leads.table_rows import Deferred, PersonRow
from leads.waits import MOVED

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
#: The table of what came for a lead that was on its way here.
DEFERRED = f"deferred.{NAME}"
#: What people are asked after a signal, by its kind.
_QUESTIONS = {"reply": "replied", "deleted": "deleted"}


class AliasRows(Record, frozen=True, kw_only=True):
    """Identity's row of a signal's key, and what was deferred for a lead that had claimed it."""

    person: PersonRow
    deferred: Deferred | None = None


class EngageState(Guarded, frozen=True, kw_only=True):
    """The suppression, the lead as it came to rest here before, and the last signal about
    Apollo's sequences."""

    rest: Lead | None = None
    waits: bool = False  # it is parked for an answer or an outside cause, and does not rest
    sequences: Sequences | None = None
    entering: bool = False  # an earlier attempt at this record may have entered its sequence
    alias: AliasRows | None = None  # of a signal whose key is an alias by now
    # a newer revision of the lead has gone to another person, whose the lead's key is by now
    moved: bool = False


class Engage:
    """Decides the last step of a lead, and every step after it."""

    name = NAME
    logic = 5

    def decide(
        self,
        record: Lead | Signal,
        seen: EngageState,
        done: dict[str, EffectResult],
        rules: Rules,
        now: float,
    ) -> Decision | NeedsEffects:
        """Engaged, nurtured, held for Apollo's sequence, suppressed, back to a person, or to
        scoring again. A signal that is for another person's lead follows it.

        An earlier attempt of unknown outcome may have entered the person into a sequence. If this
        decision doesn't enter it, the sequence is left first.
        """
        if isinstance(record, Signal):
            return _follow_alias(record, seen.alias)
        answer = _end_moved(record, seen, done, rules, now)
        if answer is None:
            answer = self._decide(record, seen, done, rules, now)
        if isinstance(answer, Decision) and seen.entering and "enter" not in done:
            entered = _as_entered(record, rules)
            return leave_first(record, entered, done, rules, now, LEAVE_ENTERED) or answer
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
        still_in = rested or _enrolled_before(seen)
        if (end := undone(record) or resubmitted(record)) is not None:
            return leave_first(record, still_in, done, rules, now) or end
        if (end := terminal_decision(record, seen.suppression, now)) is not None:
            return stop_everywhere(end, record, still_in, seen.suppression, done, rules, now)
        if (named := self._routed_by_person(record)) is not None:
            return named
        if record.trigger is not None and record.trigger.kind == "deleted":
            return deleted(record)
        acts_again = record.review_decisions.get("unenrol_failed") == "redrive"
        if rested is not None and record.trigger is not None and (acts_again or not seen.waits):
            return on_signal(answered(record, "unenrol_failed"), rested, done, rules, now)
        if (
            asked := self._still_asked(record, seen, rested) or self._replied_before(record, rested)
        ) is not None:
            return asked
        if "replied" in record.review_decisions:
            record = replace(answered(record, "replied"), replied=False)
        # a new revision knows nothing of where the lead stands
        if rested is not None and record.trigger is None:
            record = _where_it_stood(record, rested)
        if seen.sequences is not None and seen.sequences.read_at > record.sequences.read_at:
            record = replace(record, sequences=seen.sequences)
        return self._start(record, rested, done, rules, now)

    def _routed_by_person(self, lead: Lead) -> Decision | None:
        """Back to routing with the rep that a person names, or to write our own owner once more."""
        again = rerouted(lead, self.name, _ASKED)
        if again is None and lead.review_decisions.get("another_automation") == "redrive":
            said = Reason(
                rule="review_decision.redrive",
                decisive=True,
                why="a person had our owner written again",
            )
            again = routed_again(answered(lead, "another_automation"), self.name, said)
        if again is None:
            return None
        return replace(again, wait=WaitReason.REST)

    def _still_asked(self, lead: Lead, seen: EngageState, rested: Lead | None) -> Decision | None:
        """A new revision of a lead that waits for a person's answer waits on: news of its fields
        answers nothing. It stays in the sequence that it could not leave."""
        if seen.rest is None or (waits := seen.rest.trigger) is None:
            return None
        kind = _QUESTIONS.get(waits.kind)
        if rested is not None:
            lead = _where_it_stood(lead, rested)
            kind = "unenrol_failed" if waits.kind == "reply" else kind
        if (
            kind is None
            or lead.trigger not in {None, waits}
            or lead.review_decisions.get(kind) == "approve"
        ):
            return None
        said = Reason(
            rule=f"signal.{waits.kind}", decisive=True, why=f"{waits.kind} {waits.value}".strip()
        )
        return review(replace(lead, trigger=waits), kind, (said,))

    def _replied_before(self, lead: Lead, rested: Lead | None) -> Decision | None:
        """A person who had answered Apollo's sequence before capture enters none of ours until
        somebody approves it."""
        if (
            not (lead.replied and lead.is_nurture)
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
        if rested is not None and lead.is_nurture:
            return arrived(_where_it_stood(lead, rested), "updated", ())
        if rested is not None and in_apollos(rested):
            if (left := leave(rested, done) or stuck(lead, done)) is not None:
                return left
            # what is known of them dates from before we left: Apollo is asked again
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
        if lead.is_nurture:
            return self._nurture(lead, verdict.reason, done, rules, now)
        return hand_over(lead, rested, verdict.reason, done, rules, now)

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
            return suppressed(lead, entered.reason)
        if entered is not None and not entered.ok:
            return refused(lead, rule, entered, rules, now)
        lead, note = enrolled(replace(lead, nurtured_at=now), rule, entered)
        return replace(arrived(lead, "nurtured", (why,)), notes=(note,))


def _follow_alias(signal: Signal, alias: AliasRows | None) -> Decision:
    if alias is None or (signal.kind == "linked" and alias.deferred is None):
        return Decision(kind="unchanged", place=Place.NOWHERE)
    if alias.deferred is not None:
        return forwarded_deferred(signal.address_key, signal.value, alias.deferred, DEFERRED)
    return forwarded(signal, alias.person.person_key, signal.delivery + 1)


def _end_moved(
    lead: Lead, seen: EngageState, done: dict[str, EffectResult], rules: Rules, now: float
) -> Decision | NeedsEffects | None:
    if seen.moved:
        lead = replace(lead, trigger=Trigger(kind=MOVED))
    if lead.trigger is None or seen.suppression is not None:
        return None  # who is suppressed is stopped everywhere
    enrolled = _rested(seen, rules) or _enrolled_before(seen)
    return end_moved(lead, seen.rest, enrolled, done, rules, now)


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


def _enrolled_before(seen: EngageState) -> Lead | None:
    """The lead that waits here, if its sequence was left in shadow alone."""
    rest = seen.rest
    return rest if rest is not None and rest.enrolled is not None else None


def _as_entered(lead: Lead, rules: Rules) -> Lead:
    """The lead in the sequence that the rules have for it."""
    band = "nurture" if lead.is_nurture else "rep"
    rule = sequence(lead, rules, band)
    if rule is None:
        return lead
    return enrolled(lead, rule, None)[0]


def _where_it_stood(lead: Lead, rested: Lead) -> Lead:
    """A lead engaged or nurtured since when it was before, and in the same sequence."""
    return replace(
        lead,
        engaged_at=rested.engaged_at,
        nurtured_at=rested.nurtured_at,
        enrolled=rested.enrolled,
    )
