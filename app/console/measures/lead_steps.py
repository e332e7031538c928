"""Some events of leads, in order, for measures that follow a lead from one event to the next."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, select

from app.console.measures.cohorts import Window, within
from app.console.schema import EVENTS


class StepOutcome(msgspec.Struct, frozen=True):
    """The fields of some kinds' outcomes."""

    kind: str = ""
    rule: str = ""
    team: str = ""
    seconds: float = 0.0


class _Stored(msgspec.Struct, frozen=True):
    outcome: StepOutcome | None = None


class LeadStep(NamedTuple):
    """An event of a lead, with its outcome where the measure reads it."""

    lead: str
    day: int
    at: float
    step: int
    kind: str
    stage: str
    shadow: bool
    rules: str
    owner: str
    outcome: StepOutcome = StepOutcome()


_STORED = msgspec.json.Decoder(_Stored)


def lead_steps(
    connection: Connection,
    window: Window,
    begin: Sequence[str],
    wanted: ColumnElement[bool],
) -> list[LeadStep]:
    """All wanted events of the leads that had one of the kinds of `begin` in the window, whenever
    they were."""
    c, one = EVENTS.c, EVENTS.alias("one")
    leads = select(one.c.lead).where(one.c.kind.in_(begin), *within(one, window))
    columns = (c.lead, c.day, c.at, c.step, c.kind, c.stage, c.shadow, c.rules, c.owner, c.record)
    asked = select(*columns).where(c.lead.in_(leads), wanted)
    return [LeadStep._make((*row[:-1], _outcome_in(row[-1]))) for row in connection.execute(asked)]


def _outcome_in(record: bytes) -> StepOutcome:
    return _STORED.decode(record).outcome or StepOutcome()


def by_lead(steps: Iterable[LeadStep]) -> Iterator[list[LeadStep]]:
    """The events of each lead as they came."""
    for _, found in groupby(sorted(steps, key=_order), key=attrgetter("lead")):
        yield list(found)


def _order(one: LeadStep) -> tuple[str, int, float, bool]:
    """Steps come first, since machines' clocks may differ; a clock starts before it ends."""
    return one.lead, one.step, one.at, one.kind != "sla_started"
