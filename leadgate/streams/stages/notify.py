"""alerts -> Slack."""

from typing import Any

from leadgate.leads import names
from leadgate.leads.gates.notify import Notify, Seen
from leadgate.leads.records import Alert
from leadgate.streams.jobs import Stage
from leadgate.tables.state import View


def make() -> Stage:
    """The Slack sink."""
    return Stage(gate=Notify(), inputs={names.ALERTS: Alert}, read=read, seen=Seen, kinds={}, home=names.ALERTS)


def read(record: Any, view: View) -> Seen:
    """Nothing."""
    del record, view
    return Seen()
