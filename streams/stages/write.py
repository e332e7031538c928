"""matched -> written."""

from leads import topics
from leads.gates.common import Guarded
from leads.gates.write import Write
from leads.records import Lead, ReviewDecision
from streams.runner.model import Stage
from streams.runner.suppression import read_guarded
from tables.schema import CONTACTS


def make() -> Stage:
    """The CRM write stage."""
    return Stage(
        gate=Write(),
        inputs={topics.MATCHED: Lead, topics.REVIEW_DECISIONS: ReviewDecision},
        load_state=read_guarded,
        state_type=Guarded,
        writes=(CONTACTS,),
        retry_topic=topics.MATCHED,
    )
