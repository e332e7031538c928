"""written -> routed: scoring and routing."""

from leads import topics
from leads.gates.common import Guarded
from leads.gates.routing import Routing
from leads.records import Lead, ReviewDecision, Signal
from streams.runner.model import Stage
from streams.runner.suppression import read_guarded


def make() -> Stage:
    """The scoring and routing stage."""
    return Stage(
        gate=Routing(),
        inputs={
            topics.WRITTEN: Lead,
            topics.ROUTED_SIGNALS: Signal,
            topics.REVIEW_DECISIONS: ReviewDecision,
        },
        load_state=read_guarded,
        state_type=Guarded,
        retry_topic=topics.WRITTEN,
        wakes_on_signal=True,
    )
