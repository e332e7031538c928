"""routed -> assigned: the owner is written and read back."""

from leads import topics
from leads.gates.assign import Assign, AssignState
from leads.gates.identity import Identity
from leads.keys import STEPS_A_REVISION
from leads.records import Lead, ReviewDecision, Signal
from streams.runner.model import Stage
from streams.runner.suppression import suppression_of
from tables.schema import attempts
from tables.state import BatchView


def make() -> Stage:
    """The CRM assign stage."""
    return Stage(
        gate=Assign(),
        inputs={
            topics.ROUTED: Lead,
            topics.ROUTED_SIGNALS: Signal,
            topics.REVIEW_DECISIONS: ReviewDecision,
        },
        load_state=read,
        state_type=AssignState,
        retry_topic=topics.ROUTED,
        wakes_on_signal=True,
    )


def read(record: Lead, view: BatchView) -> AssignState:
    """What stops the person, and whether a newer revision of the lead is on its way."""
    return AssignState(
        suppression=suppression_of(record, view), superseded=is_superseded(record, view)
    )


def is_superseded(lead: Lead, view: BatchView) -> bool:
    """Whether identity has had a newer revision of a lead: each comes there under the lead's first
    person key."""
    latest = view.get(attempts(Identity.name), lead.lead_id)
    revision = lead.step // STEPS_A_REVISION
    return latest is not None and latest.step // STEPS_A_REVISION > revision
