"""From a decided job to the records that leave: audit events, outputs, held items, dead letters."""

from functools import lru_cache
from hashlib import sha256
from itertools import chain
from operator import attrgetter
from typing import Any, TypeAlias, cast

from msgspec.structs import asdict, replace

from leads import topics
from leads.decision import Decision
from leads.effect_results import EffectResult
from leads.keys import derive, event_id, lead_id
from leads.records import (
    Audit,
    AuditPerson,
    Captured,
    Change,
    Lead,
    Person,
    Reason,
    ReviewDecision,
    Signal,
    encode,
)
from leads.sealing import Sealing
from streams.runner.model import Stage, StageTask
from streams.runner.outgoing import OutgoingRecord

ACTOR = "leadgate"
_NOBODY, _CHANGES = Person(), attrgetter("changes")


# a record's subject, its step and its cause: see subject_of
About: TypeAlias = tuple[str, int, str]


def event_record(event: Audit, sealing: Sealing) -> OutgoingRecord:
    """An event as it leaves for Kafka.

    All events of a lead lie in one partition, in order, so that its story is one read.
    """
    value = sealing.encode(event)
    return OutgoingRecord(topics.AUDIT, event.id.encode(), value, event.lead.encode())


def subject_of(record: Any, raw: Any) -> About:
    """The key of a record's row, its step, and what makes the stage run.

    `raw` is what it was decoded from.

    A captured record has no step of its own; its offset orders the revisions of one source
    record.
    """
    if isinstance(record, Lead):
        return record.lead_id, record.step, record.cause
    if isinstance(record, Captured):
        source = lead_id(record.source, record.source_id)
        return (
            f"captured:{source}",
            raw.offset,
            derive("capture", source, sha256(raw.value).hexdigest()),
        )
    if isinstance(record, Signal):
        ident = _delivery_of(record)
        return ident, 0, ident
    for name in ("link_id", "alert_id", "tick_id", "outcome_id", "order_id"):
        if ident := getattr(record, name, ""):
            return ident, 0, ident
    ident = derive(type(record).__name__, encode(record).hex())
    return ident, 0, ident


def _delivery_of(signal: Signal) -> str:
    """A signal that follows aliases is worked at each of them, perhaps in one partition."""
    ident = signal.signal_id
    if signal.forwarded:
        ident += ">"
    if signal.delivery:
        ident += f"#{signal.delivery}"
    return ident


def audits(stage: Stage, job: StageTask, sealing: Sealing) -> list[OutgoingRecord]:
    """The events of a decision: the human decision that led to it, its notes, itself.

    Empty if it is about no lead, or if it finds again what an event says already.
    """
    decision = job.answer
    assert isinstance(decision, Decision)
    lead = decision.lead
    if lead is None or job.unchanged:
        return []
    events = []
    if job.review_decision is not None:
        events.append(_reviewed(stage, job, lead, job.review_decision))
    for i, note in enumerate(decision.notes):
        events.append(
            _event(
                stage,
                job,
                lead,
                note.kind,
                i,
                place=note.place,
                outcome=note.outcome,
                details=note.details,
            )
        )
    if decision.silent:
        return [event_record(event, sealing) for event in events]
    inputs = {
        "record": _without_person(job.record),
        "seen": _seen_without_person(job),
        "done": _done_without_changes(job),
    }
    events.append(
        _event(
            stage,
            job,
            lead,
            decision.kind,
            0,
            place=decision.place,
            inputs=inputs,
            outcome=decision.outcome,
            details=decision.details,
            trace=decision.trace,
            person=_person_of(lead, job),
        )
    )
    return [event_record(event, sealing) for event in events]


def _reviewed(stage: Stage, job: StageTask, lead: Lead, review_decision: ReviewDecision) -> Audit:
    outcome: dict[str, Any] = {
        "action": review_decision.action,
        "reason": review_decision.reason,
        "fields": dict.fromkeys(review_decision.fields, ""),
    }
    if review_decision.rules:
        outcome["rules"] = review_decision.rules
    return _event(
        stage,
        job,
        lead,
        "reviewed",
        0,
        place="",
        actor=review_decision.actor,
        inputs={"step": review_decision.step},
        outcome=outcome,
        details={"fields": review_decision.fields},
    )


def _event(
    stage: Stage,
    job: StageTask,
    lead: Lead,
    kind: str,
    ordinal: int,
    *,
    place: str,
    actor: str = ACTOR,
    inputs: Any = None,
    outcome: Any = None,
    details: dict[str, Any] | None = None,
    trace: tuple[Reason, ...] = (),
    person: AuditPerson | None = None,
) -> Audit:
    return Audit(
        id=event_id(lead.lead_id, stage.name, job.cause, kind, ordinal),
        lead=lead.lead_id,
        stage=stage.name,
        kind=kind,
        step=_step(job, lead),
        place=place,
        at=job.now,
        actor=actor,
        cause=job.cause,
        rules=job.rules,
        inputs=inputs,
        outcome=outcome,
        details=details or {},
        trace=trace,
        person=person,
        shadow=job.shadow,
        logic=stage.gate.logic,
    )


def _person_of(lead: Lead, job: StageTask) -> AuditPerson:
    changes, known = _changes(job), getattr(job.state, "known", None)
    if not changes and known is None:
        return cast("AuditPerson", lead.person)  # encoded alike, and a lead has ten events
    values = asdict(lead.person)
    if changes:
        values["changes"] = changes
    if known is not None:
        values["known"] = known
    return AuditPerson(**values)


def _changes(job: StageTask) -> tuple[Change, ...]:
    """What the job's effects have changed in the CRM."""
    return tuple(chain.from_iterable(map(_CHANGES, job.results.values())))


def _done_without_changes(job: StageTask) -> dict[str, EffectResult]:
    if not _changes(job):
        return job.results
    return {name: replace(result, changes=()) for name, result in job.results.items()}


def _step(job: StageTask, lead: Lead) -> int:
    return job.record.step if isinstance(job.record, Lead) else lead.step


def _without_person(record: Any) -> Any:
    """A record for `inputs`: the event names its person once, in `person` (promise P8)."""
    if isinstance(record, Captured):
        return {
            "source": record.source,
            "source_id": record.source_id,
            "captured_at": record.captured_at,
        }
    if isinstance(record, Lead):
        return replace(record, person=_NOBODY)
    lead = getattr(record, "lead", None)
    if isinstance(lead, Lead):
        return replace(record, lead=_without_person(lead))
    return record


def _seen_without_person(job: StageTask) -> Any:
    if getattr(job.state, "known", None) is not None:
        return replace(job.state, known=None)
    name = _personal_field(job.state.__class__)
    if not name or (row := getattr(job.state, name)) is None:
        return job.encoded_state
    return replace(job.state, **{name: _without_person(row)})


@lru_cache
def _personal_field(seen: object) -> str:
    """The field of a stage's `seen` that holds a record with a person, '' for none."""
    for name in ("rest", "clock"):
        if hasattr(seen, name):
            return name
    return ""


def with_person(record: Any, person: Person) -> Any:
    """The other way round: a record of `inputs` as the stage had it.

    Records without a lead are as they were.
    """
    if isinstance(record, Lead):
        return replace(record, person=person)
    if isinstance(person, AuditPerson) and person.known is not None and hasattr(record, "known"):
        return replace(record, known=person.known)
    for name in ("lead", "rest", "clock"):
        if (row := getattr(record, name, None)) is not None:
            return replace(record, **{name: with_person(row, person)})
    return record
