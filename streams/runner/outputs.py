"""From a decided job to the records that its decision sends on: outputs, alerts, what people are
asked, and what had been deferred."""

from msgspec.structs import replace

from leads import topics
from leads.decision import Decision, WaitReason
from leads.keys import STEPS_A_REVISION
from leads.records import ENDED_PLACES, Lead, Record, ReviewItem, SlaOutcome
from leads.review_items import MOVED
from leads.sealing import Sealing
from leads.table_rows import NOTHING
from streams.runner.model import Stage, StageTask
from streams.runner.outgoing import OutgoingRecord


def outputs(stage: Stage, job: StageTask, sealing: Sealing) -> list[OutgoingRecord]:
    """What a decision sends on. Its lead's next step has the decision's own event as its cause."""
    decision = job.answer
    assert isinstance(decision, Decision)
    outgoing = []
    for output in decision.outputs:
        value = sealing.encode(mark_shadow(output.record, job))
        outgoing.append(OutgoingRecord(topics.BY_NAME[output.topic], output.key.encode(), value))
    for alert in decision.alerts:
        outgoing.append(OutgoingRecord(topics.ALERTS, alert.to.encode(), sealing.encode(alert)))
    lead = decision.lead
    if lead is None:
        return outgoing
    item = _item(stage, job, decision, lead)
    if item is not None:
        outgoing.append(
            OutgoingRecord(
                topics.REVIEW_QUEUE,
                f"{lead.lead_id}/{stage.name}".encode(),
                sealing.encode(item),
                lead.lead_id.encode(),
            )
        )
    return outgoing + _released(job, sealing)


def mark_shadow(record: Record, job: StageTask) -> Record:
    """An output as it leaves: an SLA outcome that was decided in shadow says so."""
    if job.shadow and isinstance(record, SlaOutcome):
        return replace(record, shadow=True)
    return record


def _item(stage: Stage, job: StageTask, decision: Decision, lead: Lead) -> ReviewItem | None:
    """What people are asked of the lead now, or that it has moved on; None if there is nothing new
    to say.

    A replay says it of what waits now, not of what was decided then: compaction keeps a stage's
    last word on a lead.
    """
    if job.unchanged:
        return None
    waits = job.before.held if job.replay and job.before is not None else None
    if decision.wait in {WaitReason.REVIEW, WaitReason.HELD, WaitReason.FALLBACK}:
        if job.replay and (waits is None or waits.step != lead.step):
            return None
        return held(stage, job, decision, lead)
    moved = job.was_waiting or (decision.place in ENDED_PLACES and lead.step >= STEPS_A_REVISION)
    if not moved or waits is not None:
        return None
    return ReviewItem(
        lead_id=lead.lead_id,
        kind=MOVED,
        stage=stage.name,
        partition=job.partition,
        step=lead.step,
        since=job.now,
    )


def _released(job: StageTask, sealing: Sealing) -> list[OutgoingRecord]:
    """What had been deferred and can be taken up now, sent to this stage's own partition again."""
    if job.released is NOTHING:
        return []
    signals = [
        OutgoingRecord(
            topics.ROUTED_SIGNALS, s.person_key.encode(), sealing.encode(s), partition=job.partition
        )
        for _, s in job.released.signals
    ]
    review_decisions = [
        OutgoingRecord(
            topics.REVIEW_DECISIONS, r.lead_id.encode(), sealing.encode(r), partition=job.partition
        )
        for r in job.released.review_decisions
    ]
    return signals + review_decisions


def held(stage: Stage, job: StageTask, decision: Decision, lead: Lead) -> ReviewItem:
    """What the review queue shows of a waiting lead."""
    return ReviewItem(
        lead_id=lead.lead_id,
        kind=str(decision.wait),
        stage=stage.name,
        partition=job.partition,
        step=lead.step,
        since=job.now,
        reasons=tuple(r for r in decision.trace if r.decisive),
        person=lead.person,
        company=lead.company,
        reason_kind=decision.kind,
        asked_about=decision.asked_about,
    )
