"""clocks, due, heard -> breaches."""

from typing import Any

from leadgate.leads import names
from leadgate.leads.gates.sla import Seen, Sla
from leadgate.leads.records import Signal, Tick
from leadgate.leads.tabled import Clock
from leadgate.streams.jobs import Stage
from leadgate.streams.stages.signals import suppression_of
from leadgate.tables.state import Kind, View

CLOCKS = Kind("clocks", Clock)


def make() -> Stage:
    """The SLA stage."""
    return Stage(
        gate=Sla(),
        inputs={names.CLOCKS: Tick, names.DUE: Tick, names.HEARD: Signal},
        read=read,
        seen=Seen,
        kinds={"clocks": CLOCKS},
        home=names.DUE,
        serial=lambda record: record.person_key,
    )


def read(record: Any, view: View) -> Seen:
    """The person's clock and what stops the person."""
    return Seen(suppression=suppression_of(record, view), clock=view.get(CLOCKS, record.person_key))
