"""erasures -> a person is erased."""

from typing import Any

from leads import topics
from leads.erasure_order import ErasureOrder
from leads.gates.erasure import ErasureState, PersonErasure
from streams.runner.model import Stage
from tables.state import BatchView


def make() -> Stage:
    """The erasure stage."""
    return Stage(
        gate=PersonErasure(),
        inputs={topics.ERASURES: ErasureOrder},
        load_state=read,
        state_type=ErasureState,
        retry_topic=topics.ERASURES,
    )


def read(record: Any, view: BatchView) -> ErasureState:
    """Nothing."""
    del record, view
    return ErasureState()
