"""written -> routed: scoring and routing."""

from leadgate.leads import names
from leadgate.leads.gates.common import Guarded
from leadgate.leads.gates.routing import Routing
from leadgate.leads.records import Lead, Ruling, Signal
from leadgate.streams.jobs import Stage
from leadgate.streams.stages.signals import read_guarded


def make() -> Stage:
    """The scoring and routing stage."""
    return Stage(
        gate=Routing(),
        inputs={names.WRITTEN: Lead, names.HEARD: Signal, names.DECIDED: Ruling},
        read=read_guarded,
        seen=Guarded,
        kinds={},
        home=names.WRITTEN,
        woken=True,
    )
