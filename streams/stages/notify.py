"""alerts -> Slack."""

from typing import Any

from leads import names
from leads.gates.notify import Notify, Seen
from leads.records import Alert
from streams.jobs import Stage
from tables.state import View


def make() -> Stage:
    """The Slack sink."""
    return Stage(gate=Notify(), inputs={names.ALERTS: Alert}, read=read, seen=Seen, kinds={}, home=names.ALERTS)


def read(record: Any, view: View) -> Seen:
    """Nothing."""
    del record, view
    return Seen()
