"""alerts -> Slack."""

from typing import Any

from leads import topics
from leads.gates.notify import Notify, NotifyState
from leads.records import Alert
from streams.runner.model import Stage
from tables.state import BatchView


def make() -> Stage:
    """The Slack sink."""
    return Stage(
        gate=Notify(),
        inputs={topics.ALERTS: Alert},
        load_state=read,
        state_type=NotifyState,
        retry_topic=topics.ALERTS,
    )


def read(record: Any, view: BatchView) -> NotifyState:
    """Nothing."""
    del record, view
    return NotifyState()
