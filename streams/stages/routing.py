"""written -> routed: scoring and routing."""

from leads import names
from leads.gates.common import Guarded
from leads.gates.routing import Routing
from leads.records import Lead, Ruling, Signal
from streams.jobs import Stage
from streams.stages.signals import read_guarded


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
