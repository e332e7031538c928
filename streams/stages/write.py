"""matched -> written."""

from leads import names
from leads.gates.common import Guarded
from leads.gates.write import Write
from leads.records import Lead, Ruling
from leads.tabled import ContactRow
from streams.jobs import Stage
from streams.stages.signals import read_guarded
from tables.state import Kind

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
    )
