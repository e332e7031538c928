"""signals -> heard."""

from typing import Any

from leads import topics
from leads.gates.common import Guarded
from leads.gates.signals import Seen, Signals
from leads.records import Lead, Sequences, Signal
from leads.table_rows import PersonRow, Suppression
from streams.runner.model import Stage
from tables.state import Kind, View

SUPPRESSIONS = Kind("suppressions", Suppression)
SEQUENCES = Kind("sequences", Sequences)
PEOPLE = Kind("people", PersonRow)


def make() -> Stage:
    """The signals stage."""
    return Stage(
        gate=Signals(),
        inputs={topics.SIGNALS: Signal},
        read=read,
        seen=Seen,
        kinds={"suppressions": SUPPRESSIONS, "sequences": SEQUENCES},
        home=topics.SIGNALS,
    )


def read(record: Signal, view: View) -> Seen:
    """Whose address it is, and what stops it already."""
    return Seen(
        person=view.get(PEOPLE, record.address_key), suppression=view.get(SUPPRESSIONS, record.person_key or record.address_key)
    )


def suppression_of(record: Any, view: View) -> Suppression | None:
    """What stops a lead's person, or its present address."""
    lead = record if isinstance(record, Lead) else getattr(record, "lead", None)
    keys = (record.person_key, lead.address_key if lead else "")
    return next((found for key in keys if key and (found := view.get(SUPPRESSIONS, key)) is not None), None)


def read_guarded(record: Any, view: View) -> Guarded:
    """For stages that only need to know whether the person may be written to."""
    return Guarded(suppression=suppression_of(record, view))
