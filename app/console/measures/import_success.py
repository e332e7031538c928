"""Import success: what became of each export on its way to the CRM."""

from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Subquery,
    and_,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.sql.selectable import CTE

from app.console.measures.cohorts import Condition, Window, count_alike, first_events
from app.console.measures.counting import Counted
from app.console.schema import EVENTS, LEADS
from leads.records import ENDED_PLACES, Place

_INTAKE = "intake"
#: The first record of a lead, or one that could not be read; also in shadow: whether the lead is
#: live shows later.
_TAKEN_IN = Condition(("captured", "dead", "quarantined"), _INTAKE, also_shadow=True)
_WRITTEN = Condition(("written",), "write")
_INVALID = Condition(("invalid",), also_shadow=True)
_DUPLICATE = Condition(("variant", "shared_address", "merged"), also_shadow=True)
_REFUSED = Condition(("fallback",), "write")
_GATES = ("identity", "company", "write", "routing", "assign", "engage")


class Export(NamedTuple):
    """What is known of an export. Validation and duplicates count where they come before the first
    write."""

    written: bool
    invalid: bool
    duplicate: bool
    refused: bool
    place: str | None


def became(export: Export) -> str:
    """The outcome, by its key in definitions.py; the first that holds."""
    outcomes = (
        (export.place == Place.DEAD and not export.written, "unreadable"),
        (export.invalid, "invalid"),
        (export.duplicate, "duplicate"),
        (export.written, "clean"),
        (export.refused, "refused"),
        (export.place in ENDED_PLACES, "ended"),
    )
    return next((name for holds, name in outcomes if holds), "waiting")


def count_exports(connection: Connection, window: Window) -> list[Counted]:
    """Leads by the day of their first record; without those that were decided in shadow alone."""
    summary = _summaries(first_events(window, _TAKEN_IN))
    is_live = or_(summary.c.live == 1, summary.c.shadow == 0)
    rows = select(
        summary.c.day,
        summary.c.rules,
        summary.c.written.is_not(None).label("is_written"),
        _before(summary.c.invalid, summary).label("is_invalid"),
        _before(summary.c.duplicate, summary).label("is_duplicate"),
        (summary.c.refused == 1).label("is_refused"),
        LEADS.c.place,
    )
    # a dead letter of a topic without leads has no lead
    is_lead = and_(LEADS.c.lead == summary.c.lead, LEADS.c.place.is_not(None))
    rows = rows.join_from(summary, LEADS, is_lead)
    return [
        Counted(day, became(Export(*known)), rules, leads=leads)
        for day, rules, *known, leads in count_alike(connection, rows.where(is_live))
    ]


def _summaries(cohort: CTE) -> Subquery:
    """A row for each lead of the cohort, summed up from its events."""
    c = EVENTS.c
    in_gate = c.stage.in_(_GATES)
    key = (cohort.c.lead, cohort.c.day, cohort.c.rules)
    asked = select(
        *key,
        _first_step(_WRITTEN).label("written"),
        _first_step(_INVALID).label("invalid"),
        _first_step(_DUPLICATE).label("duplicate"),
        _any(_REFUSED.of(EVENTS)).label("refused"),
        _any(and_(in_gate, ~c.shadow)).label("live"),
        _any(c.shadow).label("shadow"),
    )
    asked = asked.join_from(cohort, EVENTS, c.lead == cohort.c.lead)
    return asked.group_by(*key).subquery("summary")


def _first_step(wanted: Condition) -> ColumnElement[int]:
    return func.min(case((wanted.of(EVENTS), EVENTS.c.step)))


def _any(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.max(case((condition, 1), else_=0))


def _before(step: ColumnElement[int], summary: FromClause) -> ColumnElement[bool]:
    """Whether something happened before the lead was first written, if it ever was."""
    written = summary.c.written
    return and_(step.is_not(None), or_(written.is_(None), step < written))
