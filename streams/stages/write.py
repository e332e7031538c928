"""matched -> written."""

from leads import topics
from leads.gates.common import Guarded
from leads.gates.write import Write
from leads.records import Lead, Ruling
from leads.table_rows import ContactRow
from streams.runner.model import Stage
from streams.stages.signals import read_guarded
from tables.state import Kind

CONTACTS = Kind("contacts", ContactRow)


def make() -> Stage:
    """The CRM write stage."""
    return Stage(
        gate=Write(),
        inputs={topics.MATCHED: Lead, topics.DECIDED: Ruling},
        read=read_guarded,
        seen=Guarded,
        kinds={"contacts": CONTACTS},
        home=topics.MATCHED,
    )
