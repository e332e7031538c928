"""assigned -> the rep or the nurture sequence; routed-signals -> what they mean for a lead that
arrived."""

from leads import topics
from leads.gates.engage import AliasRows, Engage, EngageState
from leads.gates.signal_forwarding import alias_target
from leads.records import Lead, ReviewDecision, Signal
from leads.table_rows import PersonRow
from leads.waits import LASTING, MOST_DELIVERIES, MOVED
from streams.runner.model import Stage
from streams.runner.suppression import suppression_of
from streams.stages.assign import is_superseded
from tables import schema
from tables.schema import PEOPLE, SEQUENCES
from tables.state import BatchView


def make() -> Stage:
    """The engagement stage."""
    return Stage(
        gate=Engage(),
        inputs={
            topics.ASSIGNED: Lead,
            topics.ROUTED_SIGNALS: Signal,
            topics.REVIEW_DECISIONS: ReviewDecision,
        },
        load_state=read,
        state_type=EngageState,
        retry_topic=topics.ASSIGNED,
        wakes_on_signal=True,
        lead_on_its_way=expects,
        writes=(schema.deferred("engage"),),
        follows_alias=follows_alias,
    )


def read(record: Lead | Signal, view: BatchView) -> EngageState:
    """What stops the person, and how the lead rested here before; of a signal that follows an
    alias, where it goes and what goes with it."""
    if isinstance(record, Signal):
        return EngageState(alias=_alias_rows(record, view))
    parked = view.get(schema.parked("engage"), record.lead_id)
    attempt = view.get(schema.attempts("engage"), record.lead_id)
    return EngageState(
        suppression=suppression_of(record, view),
        rest=parked.waiting if parked else None,
        waits=parked is not None and parked.held is not None,
        sequences=view.get(SEQUENCES, record.person_key),
        entering=attempt is not None and attempt.cause == record.cause and "enter" in attempt.begun,
        moved=_has_moved(record, view),
    )


def _has_moved(lead: Lead, view: BatchView) -> bool:
    claim = view.get(PEOPLE, lead.person_key)
    if claim is None or _has_come_back(lead.lead_id, claim):
        return False
    return is_superseded(lead, view)


def _alias_rows(signal: Signal, view: BatchView) -> AliasRows | None:
    person = view.get(PEOPLE, signal.person_key)
    if person is None or signal.kind == MOVED:
        return None
    deferred = None
    if signal.kind == "linked":
        deferred = view.get(schema.deferred("engage"), signal.value)
    return AliasRows(person=person, deferred=deferred)


def follows_alias(signal: Signal, view: BatchView) -> bool:
    """Whether a signal's key has become an alias since the signals stage read it, or it says so."""
    if signal.kind == "linked":
        return True
    if signal.kind == MOVED:
        return _has_come_back(signal.value, view.get(PEOPLE, signal.person_key))
    if signal.kind not in LASTING or signal.delivery >= MOST_DELIVERIES:
        return False
    if view.has(schema.waiting("engage"), signal.person_key):
        return False
    return bool(alias_target(view.get(PEOPLE, signal.person_key), signal.person_key))


def _has_come_back(lead_id: str, claim: PersonRow | None) -> bool:
    """Whether the key is a lead's own again since it moved to another person."""
    return claim is not None and claim.lead_id == lead_id


def expects(signal: Signal, view: BatchView) -> str:
    """The lead that has claimed the person, wherever it is under way; '' if none has."""
    person = view.get(PEOPLE, signal.person_key)
    if person is None or person.status != "waiting":
        return ""
    return person.lead_id
