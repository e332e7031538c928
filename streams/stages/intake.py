"""captured -> validated."""

from typing import Any

from leads import topics
from leads.gates.intake import Intake, IntakeState
from leads.keys import Keys, lead_id
from leads.records import Captured, Lead, ReviewDecision
from streams.runner.model import Stage
from tables.schema import SOURCES
from tables.state import BatchView


def make(keys: Keys) -> Stage:
    """The intake stage."""
    return Stage(
        gate=Intake(keys),
        inputs={topics.CAPTURED: Captured, topics.REVIEW_DECISIONS: ReviewDecision},
        load_state=read,
        state_type=IntakeState,
        writes=(SOURCES,),
        # never used: intake makes no calls that can be postponed, and what waits here has no time
        retry_topic=topics.VALIDATED,
    )


def read(record: Any, view: BatchView) -> IntakeState:
    """The source record's row."""
    key = record.lead_id if isinstance(record, Lead) else lead_id(record.source, record.source_id)
    return IntakeState(source=view.get(SOURCES, key))
