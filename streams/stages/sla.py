"""clocks, sla-ticks, routed-signals -> sla-outcomes, breaches."""

from typing import Any

from leads import topics
from leads.gates.sla import Sla, SlaState
from leads.records import Signal, SlaTick
from leads.table_rows import SlaClock
from streams.runner.model import Stage
from streams.runner.suppression import suppression_of
from tables.schema import CLOCKS
from tables.state import BatchView


def make() -> Stage:
    """The SLA stage."""
    return Stage(
        gate=Sla(),
        inputs={topics.CLOCKS: SlaTick, topics.SLA_TICKS: SlaTick, topics.ROUTED_SIGNALS: Signal},
        load_state=read,
        state_type=SlaState,
        writes=(CLOCKS,),
        retry_topic=topics.SLA_TICKS,
    )


def read(record: Any, view: BatchView) -> SlaState:
    """The person's clock, and what stops the lead: the record's own, else the clock's."""
    clock: SlaClock | None = view.get(CLOCKS, record.person_key)
    about = record
    if clock is not None and getattr(record, "lead", None) is None:
        about = clock.lead
    return SlaState(suppression=suppression_of(about, view), clock=clock)
