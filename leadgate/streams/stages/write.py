"""matched -> written."""

from leadgate.leads import names
from leadgate.leads.gates.common import Guarded
from leadgate.leads.gates.write import Write
from leadgate.leads.records import Lead, Ruling
from leadgate.leads.tabled import ContactRow
from leadgate.streams.jobs import Stage
from leadgate.streams.stages.signals import read_guarded
from leadgate.tables.state import Kind

CONTACTS = Kind("contacts", ContactRow)


def make() -> Stage:
    """The CRM write stage."""
    return Stage(
        gate=Write(),
        inputs={names.MATCHED: Lead, names.DECIDED: Ruling},
        read=read_guarded,
        seen=Guarded,
        kinds={"contacts": CONTACTS},
        home=names.MATCHED,
        serial=lambda record: record.person_key,
    )
