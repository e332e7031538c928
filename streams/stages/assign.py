"""routed -> assigned: the owner is written and read back."""

from leads import topics
from leads.gates.assign import Assign
from leads.gates.common import Guarded
from leads.records import Lead, ReviewDecision, Signal
from streams.runner.model import Stage
from streams.runner.suppression import read_guarded


def make() -> Stage:
    """The CRM assign stage."""
    return Stage(
        gate=Assign(),
        inputs={
            topics.ROUTED: Lead,
            topics.ROUTED_SIGNALS: Signal,
            topics.REVIEW_DECISIONS: ReviewDecision,
        },
        load_state=read_guarded,
        state_type=Guarded,
        retry_topic=topics.ROUTED,
        wakes_on_signal=True,
    )
