"""assigned -> the rep or the nurture sequence; routed-signals -> what they mean for a lead that
arrived."""

from leads import topics
from leads.gates.engage import Engage, EngageState
from leads.records import Lead, ReviewDecision, Signal
from streams.runner.model import Stage
from streams.runner.suppression import suppression_of
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
    )


def read(record: Lead, view: BatchView) -> EngageState:
    """What stops the person, and how the lead rested here before."""
    parked = view.get(schema.parked("engage"), record.lead_id)
    attempt = view.get(schema.attempts("engage"), record.lead_id)
    return EngageState(
        suppression=suppression_of(record, view),
        rest=parked.waiting if parked else None,
        waits=parked is not None and parked.held is not None,
        sequences=view.get(SEQUENCES, record.person_key),
        entering=attempt is not None and attempt.cause == record.cause and "enter" in attempt.begun,
    )


def expects(signal: Signal, view: BatchView) -> str:
    """The lead that has claimed the person, wherever it is under way; '' if none has."""
    person = view.get(PEOPLE, signal.person_key)
    if person is None or person.status != "waiting":
        return ""
    return person.lead_id
