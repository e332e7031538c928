"""How a waiting lead goes on: by a person's decision, by a signal, by its time."""

from msgspec.structs import replace

from leads.decision import Parked
from leads.keys import event_id
from leads.records import Lead, ReviewDecision, Signal, Trigger
from leads.table_rows import Deferred

#: The person is being erased: nobody with one of its addresses is ever taken in again.
ERASED = "erased"
#: Signals that resume every waiting or resting lead of the person, whatever it waits for.
ALWAYS = frozenset({"bounce", "unsubscribe", "do_not_contact", ERASED, "deleted"})
#: Signals about one lead, which resume that one only.
_OF_ONE = frozenset({"undone", "released"})
#: Signals that count for a lead whenever they come: engagement defers them until the lead rests
#: there.
LASTING = frozenset({"reply", "intent", "deleted"}) | _OF_ONE
#: Ends what is left of a lead under the key of a person whose it is no longer.
MOVED = "moved"
#: Signals that can resume a lead at all; for others no row says that they were read.
WAKING = ALWAYS | LASTING | {"owner", "sequence", "linked", MOVED}
#: Signals that every gate reads as a row of state: they end a put-off at once, so that nothing
#: waits to be stopped.
STOPPING = frozenset({"bounce", "unsubscribe", "do_not_contact", ERASED})


#: Seconds after which a signal about an unclaimed person is read again, a day in all: the person's
#: lead may lie in a topic that is read later.
EARLY_WAITS = (5.0, 30.0, 300.0, 3600.0, 21_600.0, 56_000.0)


#: A signal that has been sent so often follows no further alias: they point to each other. Six of
#: these may have been waits.
MOST_DELIVERIES = 2 * len(EARLY_WAITS)


def early_wait(signal: Signal) -> float:
    """Seconds until a signal that is about nobody yet comes again, 0 for never."""
    if signal.kind not in LASTING or signal.delivery >= len(EARLY_WAITS):
        return 0.0
    return EARLY_WAITS[signal.delivery]


def resume(parked: Parked | None, cause: ReviewDecision | Signal, stage: str) -> Lead | None:
    """The lead as it goes on because of `cause`, or None if nothing waits for it, or if it is put
    off.

    A decision names the step that it settles; for another step it comes too late
    (docs/design/interleavings.md 3).
    """
    if parked is None or parked.lead is None or parked.put_off:
        return None
    if isinstance(cause, ReviewDecision):
        return _resume_decided(parked, parked.lead, cause, stage)
    return _resume_woken(parked, parked.lead, cause, stage)


def _resume_decided(
    parked: Parked, lead: Lead, decision: ReviewDecision, stage: str
) -> Lead | None:
    if decision.step != lead.step:
        return None
    asked = decision.asked
    if not asked:
        asked = stage if parked.held is None else parked.held.reason_kind
    return replace(
        lead,
        step=lead.step + 1,
        cause=decision.decision_id,
        review_decisions={**lead.review_decisions, **_ruled(decision, stage, asked)},
        rules=decision.rules or lead.rules,
    )


def _resume_woken(parked: Parked, lead: Lead, signal: Signal, stage: str) -> Lead | None:
    if is_outdated(lead, signal) or not wakes(parked, signal):
        return None
    return replace(
        lead,
        step=lead.step + 1,
        cause=event_id(lead.lead_id, stage, signal.signal_id, "wake"),
        trigger=Trigger(kind=signal.kind, value=signal.value, at=signal.at, source=signal.source),
    )


def is_outdated(lead: Lead, signal: Signal) -> bool:
    """Whether a signal that had to wait is older than the lead's record, which says it all."""
    waited = signal.delivery > 0 and signal.kind not in STOPPING | {MOVED}
    return waited and signal.at < lead.captured_at


def wakes(parked: Parked, signal: Signal) -> bool:
    """Whether a signal resumes the lead that is parked here, or was before it was put off."""
    if signal.kind == MOVED:
        return parked.lead is not None and parked.lead.person_key == signal.person_key
    lead = parked.waiting
    if signal.kind in _OF_ONE and (lead is None or signal.value != lead.lead_id):
        return False
    return signal.kind in parked.wakes or signal.kind in ALWAYS


def awaits(parked: Parked, review_decision: ReviewDecision) -> bool:
    """Whether a review decision is about what people were asked of a lead that is put off now."""
    return parked.put_off and parked.held is not None and parked.held.step == review_decision.step


def defer(known: Deferred | None, record: ReviewDecision | Signal, now: float) -> Deferred:
    """Defer one more record; one that is deferred already stays in its place."""
    deferred = known or Deferred()
    if isinstance(record, ReviewDecision):
        if any(one.decision_id == record.decision_id for one in deferred.review_decisions):
            return deferred
        return replace(deferred, review_decisions=(*deferred.review_decisions, record))
    if any(one.signal_id == record.signal_id for _, one in deferred.signals):
        return deferred
    return replace(deferred, signals=(*deferred.signals, (now, record)))


def release(
    deferred: Deferred,
    parked: Parked | None,
    stage: str,
    *,
    lasting: bool,
    answered_at: float = 0.0,
) -> tuple[Deferred, Deferred]:
    """What is sent again after a decision, and what stays.

    `parked` is the lead as it lies here now, None if it doesn't.

    A review decision goes on under the step at which the lead asks now. With `lasting` a signal
    that the lead can't take yet waits until it rests here; without, or once the lead has ended, it
    is dropped: the gate has read what it says. Replies from before the decision at `answered_at`
    are dropped: the person had seen them.
    """
    send: list[tuple[float, Signal]] = []
    stay: list[tuple[float, Signal]] = []
    for at, signal in deferred.signals:
        if parked is not None and parked.lead is not None and at < parked.lead.captured_at:
            continue  # the source's record is newer than the signal
        if signal.kind == "reply" and at <= answered_at:
            continue
        if parked is not None and wakes(parked, signal):
            send.append((at, replace(signal, only=stage, delivery=signal.delivery + 1)))
        elif lasting and signal.kind in LASTING:
            stay.append((at, signal))
    review_decisions: tuple[ReviewDecision, ...] = ()
    if parked is not None and parked.held is not None:
        step = parked.held.step
        review_decisions = tuple(
            replace(one, step=step, delivery=one.delivery + 1) for one in deferred.review_decisions
        )
    return Deferred(signals=tuple(send), review_decisions=review_decisions), Deferred(
        signals=tuple(stay)
    )


def _ruled(review_decision: ReviewDecision, stage: str, asked: str) -> dict[str, str]:
    """What the lead carries of a decision.

    An answer stands under what was asked: it answers no later question.
    """
    # at the first gate it is applied there; from any other the lead goes back to it
    if review_decision.action == "set":
        prefix = "set" if stage == "intake" else "fix"
        return {f"{prefix}.{name}": value for name, value in review_decision.fields.items()}
    if review_decision.action in {"suppress", "undo", "erase"}:
        return {review_decision.action: review_decision.actor}
    answers = {asked: review_decision.action}
    if review_decision.action == "route":
        answers["route"] = review_decision.fields["to"]
    return answers


def resume_due(parked: Parked, stage: str) -> Lead | None:
    """The lead as it goes on because its time has come: as it was if its call was put off, else one
    step on."""
    lead = parked.lead
    if lead is None or parked.put_off:
        return lead
    return replace(
        lead,
        step=lead.step + 1,
        cause=_look(lead, stage, lead.step, parked.until),
        trigger=Trigger(kind="due", at=parked.until),
    )


def due_at(record: object, stage: str) -> float | None:
    """When a record was due, if it is a lead that this stage looks at again for its time alone.

    A lead that was set going by anything else may still carry the trigger of an earlier look.
    """
    if not isinstance(record, Lead) or record.trigger is None or record.trigger.kind != "due":
        return None
    at = record.trigger.at
    return at if record.cause == _look(record, stage, record.step - 1, at) else None


def _look(lead: Lead, stage: str, step: int, until: float) -> str:
    """The cause of a look at a waiting lead. One that finds nothing new leaves the lead at its
    step, so that the next one is told from it by its time."""
    return event_id(lead.lead_id, stage, f"{step} {until}", "due")
