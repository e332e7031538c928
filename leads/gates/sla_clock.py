"""A person's clock: its states, and the decisions that change it. Parts of the SLA gate."""

from typing import Literal

from msgspec.structs import replace

from leads import topics
from leads.decision import Decision, OutputRecord, TableWrite
from leads.keys import derive
from leads.records import Place, Reason, SlaOutcome
from leads.rules import Rules
from leads.table_rows import SlaClock
from leads.times import format_duration

NAME = "sla"


def is_running(clock: SlaClock) -> bool:
    """Whether the owner's time is counted, and neither met nor over."""
    return bool(clock.started) and not (clock.satisfied_at or clock.breached_at)


def about(clock: SlaClock) -> str:
    """The person and the company, as messages name them."""
    return f"{clock.lead.person.name} ({clock.lead.company.name})"


def unchanged() -> Decision:
    """There is no clock, or nothing to change on it."""
    return Decision(kind="unchanged", place=Place.NOWHERE)


def set_clock(person_key: str, clock: SlaClock | None) -> Decision:
    """Another row for the clock, None for no clock; no event says so."""
    put = TableWrite(table="clocks", key=person_key, value=clock)
    return Decision(kind="set", place=Place.NOWHERE, puts=(put,))


def withdrawn(
    person_key: str, clock: SlaClock, rules: Rules, left: SlaClock | None = None
) -> Decision:
    """Delete the clock of a lead that is suppressed, undone, or another person's by now, and leave
    the row `left`. The lead's own events say which."""
    outputs = window_outputs(clock, "withdrawn", rules) if is_running(clock) else ()
    return replace(set_clock(person_key, left), outputs=outputs)


def changed(person_key: str, clock: SlaClock, why: Reason) -> Decision:
    """Another row for the clock, for a reason that the lead's story tells. The caller names the
    kind."""
    return replace(set_clock(person_key, clock), lead=clock.lead, trace=(why,))


def met(person_key: str, clock: SlaClock, at: float, rules: Rules) -> Decision:
    """The owner acted at `at`: in time, or after the breach, which stays one."""
    taken = at - clock.started
    why = Reason(
        rule="sla.activity",
        decisive=True,
        why=f"the owner acted {format_duration(taken)} after the start",
    )
    return replace(
        changed(person_key, replace(clock, satisfied_at=at), why),
        kind="sla_met",
        outcome={"seconds": taken},
        outputs=window_outputs(clock, "met", rules) if is_running(clock) else (),
    )


def window_outputs(
    clock: SlaClock, kind: Literal["opened", "met", "breached", "withdrawn"], rules: Rules
) -> tuple[OutputRecord, ...]:
    """What the SLA windows count of a clock."""
    clock_id = f"{clock.lead.lead_id}@{clock.started:.3f}"
    record = SlaOutcome(
        outcome_id=derive("sla-outcome", clock_id, kind),
        kind=kind,
        team=clock.team,
        clock_id=clock_id,
        deadline=clock.deadline,
        shadow=not rules.is_live(clock.lead),
    )
    return (OutputRecord(topic=topics.SLA_OUTCOMES.full, key=clock.team, record=record),)
