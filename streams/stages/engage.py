"""assigned -> the rep, the nurture sequence; and heard -> whatever it means for a lead that arrived."""

from leads import names
from leads.decision import Parked
from leads.gates.engage import Engage, Seen
from leads.records import Lead, Ruling, Signal
from streams.jobs import Stage
from streams.stages.signals import SEQUENCES, suppression_of
from tables.state import Kind, View

REST = Kind("parked.engage", Parked)


def make() -> Stage:
    """The engagement stage."""
    return Stage(
        gate=Engage(),
        inputs={names.ASSIGNED: Lead, names.HEARD: Signal, names.DECIDED: Ruling},
        read=read,
        seen=Seen,
        kinds={},
        home=names.ASSIGNED,
        woken=True,
        serial=lambda record: record.person_key,
    )


def read(record: Lead, view: View) -> Seen:
    """What stops the person, and how the lead rested here before."""
    parked = view.get(REST, record.lead_id)
    heard = view.get(SEQUENCES, record.person_key)
    return Seen(suppression=suppression_of(record, view), rest=parked.lead if parked else None, sequences=heard)
