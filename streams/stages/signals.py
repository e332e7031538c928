"""signals -> routed-signals."""

from leads import topics
from leads.gates.signals import Signals, SignalsState
from leads.records import Signal
from streams.runner.model import Stage
from tables.schema import PEOPLE, SEQUENCES, SUPPRESSIONS
from tables.state import BatchView


def make() -> Stage:
    """The signals stage."""
    return Stage(
        gate=Signals(),
        inputs={topics.SIGNALS: Signal},
        load_state=read,
        state_type=SignalsState,
        writes=(SUPPRESSIONS, SEQUENCES),
        retry_topic=topics.SIGNALS,
    )


def read(record: Signal, view: BatchView) -> SignalsState:
    """Whose address it is, and what stops it already."""
    key = record.person_key or record.address_key
    return SignalsState(
        person=view.get(PEOPLE, key),
        suppression=view.get(SUPPRESSIONS, key),
    )
