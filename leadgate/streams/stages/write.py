"""matched -> written."""

from leadgate.leads import names
from leadgate.leads.gates.common import Guarded
from leadgate.leads.gates.write import Write
from leadgate.leads.records import Lead, Ruling
from leadgate.streams.jobs import Stage
from leadgate.streams.stages.signals import read_guarded


def make() -> Stage:
    """The CRM write stage."""
    return Stage(
        gate=Write(),
        inputs={names.MATCHED: Lead, names.DECIDED: Ruling},
        read=read_guarded,
        seen=Guarded,
        kinds={},
        home=names.MATCHED,
        serial=lambda record: record.person_key,
    )
