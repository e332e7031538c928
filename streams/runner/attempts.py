"""The rows that a stage stores of a job: its attempt, the record that waits under it, and what is
deferred for its lead."""

from collections.abc import Iterable
from operator import attrgetter, itemgetter

import structlog
from msgspec.structs import replace

from leads.decision import Decision, Parked, WaitReason
from leads.effect_results import EffectResult
from leads.records import ENDED_PLACES, Lead, PersonalRecord, Record, ReviewItem, Signal
from leads.sealing import Sealing
from leads.table_rows import NOTHING, Attempt, Deferred, WaitingRow
from leads.waits import due_at, release
from streams.ports import Fatal
from streams.runner import audit_events, outputs
from streams.runner.model import Stage, StageTask
from streams.runner.outgoing import LARGEST
from tables.state import BatchView, Row

log = structlog.get_logger(__name__)

#: So many captured records of one source record are remembered, to know their bytes again.
MOST_EARLIER = 100
_VALUE, _CHANGE = attrgetter("value"), itemgetter(1)
_CHANGES = attrgetter("changes")  # of an effect's result: what it has changed in the CRM


def attempt_of(stage: Stage, job: StageTask, *, closed: bool) -> Attempt:
    """The stage's own row of a job: what it decides from, and, if `closed`, that it has decided.

    Before that, what was only read is left out: it will have changed by the time the job goes on.
    """
    return Attempt(
        step=job.step,
        cause=job.cause,
        now=job.now,
        since=job.since,
        rules=job.rules,
        seen=job.encoded_state,
        done=_results(job, closed=closed),
        started=job.started,
        begun=tuple(sorted(job.begun)),
        closed=closed,
        waited=job.was_waiting,
        at=job.at,
        review_decision=job.review_decision,
        released=job.released,
        failed=job.failed,
        shadow=job.shadow,
        lead_id=_lead_of(job),
        earlier=job.earlier,
        logic=stage.gate.logic,
        unchanged=job.unchanged,
    )


def check_logic(stage: Stage, attempt: Attempt, record: Record, subject: str) -> None:
    """Say so if an attempt that a record goes on from is of another version of the gate's logic.

    An open one is decided by this version, from what its effects have changed so far; the rest is
    read again. Raises Fatal for a closed one: this version may decide otherwise, and the rows that
    belong to the other decision are stored already. Signals that are sent on have none.
    """
    if attempt.logic in {0, stage.gate.logic} or attempt.failed:
        return
    if attempt.closed and not isinstance(record, Signal):
        raise Fatal(
            f"{stage.name} decided on {subject} by version {attempt.logic} of its logic, and this"
            f" release has version {stage.gate.logic}: what was decided may not have been sent."
            " Start the earlier release until every worker's lag is 0, then this one"
        )
    log.info(
        "an attempt of another version goes on",
        stage=stage.name,
        subject=subject,
        logic=attempt.logic,
    )


def _lead_of(job: StageTask) -> str:
    """The lead whose key seals what vendors have answered."""
    if isinstance(job.record, PersonalRecord):
        return job.record.data_subject
    answer = job.answer
    return answer.lead.lead_id if answer is not None and answer.lead is not None else ""


def remember(attempt: Attempt) -> tuple[str, ...]:
    """What the next captured record of a source record knows as earlier, this one's cause among
    it."""
    return (*attempt.earlier, attempt.cause)[-MOST_EARLIER:]


def _results(job: StageTask, *, closed: bool) -> dict[str, EffectResult]:
    if closed or not job.reads:
        return job.results
    return {name: result for name, result in job.results.items() if name not in job.reads}


def settle(stage: Stage, view: BatchView, job: StageTask, decision: Decision) -> None:
    """Complete a decided job: what waits now, what is released by it, and all that it sends."""
    lead = decision.lead
    before = job.before = view.get(stage.parked, _parked_key(job, lead))
    job.was_waiting = before is not None and before.held is not None
    if lead is not None and decision.wait:
        held = None
        if decision.wait is not WaitReason.REST:
            held = outputs.held(stage, job, decision, lead)
        if (
            before is not None
            and held is not None
            and _is_unchanged(stage, job, decision, before, held)
        ):
            job.unchanged, held, lead = True, before.held, _at_its_step(lead, before)
        job.parked = Parked(
            subject=lead.lead_id, lead=lead, held=held, wakes=decision.wakes, until=decision.until
        )
    if lead is not None and (
        stage.lead_on_its_way is not None or (before is not None and before.put_off)
    ):
        job.had_deferred, job.released, job.stays = _release(stage, view, job, decision, lead)
    encode_outgoing(stage, job, view.sealing)


def _is_unchanged(
    stage: Stage, job: StageTask, decision: Decision, before: Parked, held: ReviewItem
) -> bool:
    """Whether a lead that waits was looked at because its time had come, and nothing is new: people
    are asked what they were asked, for the same reasons.

    What was changed outside, decided in shadow, or leads on is told, though the lead still waits.
    """
    known = before.held
    if known is None or due_at(job.record, stage.name) is None or job.shadow:
        return False
    told = decision.outcome or decision.details
    if decision.notes or decision.alerts or told or decision.puts:
        return False
    if any(isinstance(output.record, Lead) for output in decision.outputs):
        return False
    if decision.trace != held.reasons or any(map(_CHANGES, job.results.values())):
        return False
    return replace(held, step=known.step, since=known.since) == known


def _at_its_step(lead: Lead, before: Parked) -> Lead:
    """The lead at the step at which people were asked, so that their answer still settles it."""
    assert before.held is not None
    assert before.waiting is not None
    return replace(lead, step=before.held.step, cause=before.waiting.cause)


def _parked_key(job: StageTask, lead: Lead | None) -> str:
    """The key of what lies here of a decision's lead, or of the record if it is about none."""
    if lead is None:
        return job.row_key
    return lead.lead_id


def _release(
    stage: Stage, view: BatchView, job: StageTask, decision: Decision, lead: Lead
) -> tuple[bool, Deferred, Deferred]:
    deferred = view.get(stage.deferred, lead.lead_id)
    if deferred is None:
        return False, NOTHING, NOTHING
    lasting = stage.lead_on_its_way is not None and decision.place not in ENDED_PLACES
    answered = job.review_decision.at if job.review_decision is not None else 0.0
    return (True, *release(deferred, job.parked, stage.name, lasting=lasting, answered_at=answered))


def encode_outgoing(stage: Stage, job: StageTask, sealing: Sealing) -> None:
    """Encode what the decision of a job sends, into `job.audits` and `job.outputs`.

    Raises what encoding raises, and ValueError for what no topic takes.
    """
    job.audits = audit_events.audits(stage, job, sealing)
    job.outputs = outputs.outputs(stage, job, sealing)
    outgoing = job.audits + job.outputs
    if _size(map(_VALUE, outgoing)) > LARGEST:
        for record in outgoing:
            _refuse_large(record.value, f"a record of {record.topic.name}")


def close_attempt(stage: Stage, view: BatchView, job: StageTask, decision: Decision) -> list[Row]:
    """The rows that a settled job changes."""
    rows = [view.row(stage.tables[put.table], put.key, put.value) for put in decision.puts]
    rows.append(view.row(stage.attempts, job.row_key, attempt_of(stage, job, closed=True)))
    lead = decision.lead
    ident = _parked_key(job, lead)
    if job.parked is not None or job.before is not None:
        rows.append(view.row(stage.parked, ident, job.parked))
        if stage.wakes_on_signal and lead is not None:
            rows += _waiting(stage, view, lead, job.parked)
    job.was_put_off = job.before is not None and job.before.put_off
    if job.taken_up and ident != job.row_key and view.has(stage.parked, job.row_key):
        job.was_put_off = True
        rows.append(view.row(stage.parked, job.row_key, None))
    if job.had_deferred:
        rows.append(view.row(stage.deferred, ident, job.stays or None))
    if _size(map(_CHANGE, rows)) > LARGEST:
        for key, value in rows:
            _refuse_large(value, f"the row {key.decode()[:80]!r}")
    return rows


def _size(values: Iterable[bytes | None]) -> int:
    return sum(map(len, filter(None, values)))


def _refuse_large(value: bytes | None, what: str) -> None:
    if value and len(value) > LARGEST:
        raise ValueError(f"{len(value)} bytes for {what}, which takes {LARGEST}")


def _waiting(stage: Stage, view: BatchView, lead: Lead, parked: Parked | None) -> list[Row]:
    """The change of the person's pointer to the lead that lies here, none if it points to another
    lead that does."""
    if parked is not None:
        return [view.row(stage.waiting, lead.person_key, WaitingRow(lead_id=lead.lead_id))]
    pointer = view.get(stage.waiting, lead.person_key)
    if pointer is None or pointer.lead_id != lead.lead_id:
        return []
    return [view.row(stage.waiting, lead.person_key, None)]


def postpone(stage: Stage, view: BatchView, job: StageTask, until: float) -> Parked:
    """Put a record off whose call must wait: it is in flight, its results so far are stored, and no
    attempt counts."""
    job.before = view.get(stage.parked, job.row_key)
    if isinstance(job.record, Lead):
        parked = park_postponed(job.before, job.record, until)
        if stage.wakes_on_signal:
            view.put(stage.waiting, job.record.person_key, WaitingRow(lead_id=job.row_key))
    else:
        body, key = view.sealing.encode(job.record).decode(), job.key.decode()
        parked = Parked(
            subject=job.row_key, other=body, topic=job.topic, key=key, until=until, put_off=True
        )
    view.put(stage.attempts, job.row_key, attempt_of(stage, job, closed=False))
    view.put(stage.parked, parked.subject, parked)
    return parked


def park_postponed(before: Parked | None, lead: Lead, until: float) -> Parked:
    """A put-off lead over what lay here of it: people still see what they were asked, signals what
    it rests as."""
    if before is None:
        return Parked(subject=lead.lead_id, lead=lead, until=until, put_off=True)
    return replace(before, lead=lead, rested=before.waiting, until=until, put_off=True)
