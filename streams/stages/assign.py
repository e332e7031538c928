"""routed -> assigned: the owner is written and read back."""

from leads import names
from leads.gates.assign import Assign
from leads.gates.common import Guarded
from leads.records import Lead, Ruling, Signal
from streams.jobs import Stage
from streams.stages.signals import read_guarded


def make() -> Stage:
    """The CRM assign stage."""
    return Stage(
        gate=Assign(),
        inputs={names.ROUTED: Lead, names.HEARD: Signal, names.DECIDED: Ruling},
        read=read_guarded,
        seen=Guarded,
        kinds={},
        home=names.ROUTED,
        woken=True,
    )
