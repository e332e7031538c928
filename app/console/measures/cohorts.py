"""Cohorts of leads in the read model: the leads that a measure counts, by their first event of a
kind."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    exists,
    func,
    select,
    tuple_,
)
from sqlalchemy.sql.selectable import CTE

from app.console.schema import EVENTS, LISTS


class Window(NamedTuple):
    """Days from `first` to `last`, since 1970, UTC; with a list, only leads that have been on
    it."""

    first: int
    last: int
    list: str = ""


def first_events(window: Window, wanted: "Condition") -> CTE:
    """Of each lead its first event of this kind, if that lies in the window: `lead`, `day`, `step`
    and `rules`. Steps say the order: machines' clocks may differ."""
    one, before = EVENTS.alias("one"), EVENTS.alias("before")
    earlier = tuple_(before.c.step, before.c.at, before.c.id) < tuple_(
        one.c.step, one.c.at, one.c.id
    )
    known = exists().where(before.c.lead == one.c.lead, wanted.of(before), earlier)
    asked = select(one.c.lead, one.c.day, one.c.step, one.c.rules)
    asked = asked.where(*within(one, window), wanted.of(one), ~known)
    return asked.cte("cohort")


class Condition(NamedTuple):
    """Events of these kinds that were not decided in shadow; `also_shadow`: those, too."""

    kinds: tuple[str, ...]
    stage: str = ""
    suppression: str = ""
    also_shadow: bool = False

    def of(self, events: FromClause) -> ColumnElement[bool]:
        """Whether a row of (an alias of) EVENTS is one."""
        c = events.c
        found: list[ColumnElement[bool]] = [c.kind.in_(self.kinds)]
        if self.stage:
            found.append(c.stage == self.stage)
        if self.suppression:
            found.append(c.suppression == self.suppression)
        if not self.also_shadow:
            found.append(~c.shadow)
        return and_(*found)


def within(events: FromClause, window: Window) -> tuple[ColumnElement[bool], ...]:
    """Whether a row of (an alias of) EVENTS lies in the window, and its lead is of the list."""
    in_days = events.c.day.between(window.first, window.last)
    if not window.list:
        return (in_days,)
    on_it = select(LISTS.c.lead).where(LISTS.c.list == window.list)
    return in_days, events.c.lead.in_(on_it)


def has_later(cohort: CTE, wanted: Condition) -> ColumnElement[bool]:
    """Whether a lead of a cohort has such an event at the step of its first one, or later."""
    return exists().where(
        EVENTS.c.lead == cohort.c.lead, EVENTS.c.step >= cohort.c.step, wanted.of(EVENTS)
    )


def count_alike(connection: Connection, rows: Select[Any]) -> Iterator[tuple[Any, ...]]:
    """The rows that differ, each with how often it comes as its last column."""
    # by columns of a subquery: PostgreSQL takes an expression with parameters for another one
    each = rows.subquery("each")
    asked = select(*each.c, func.count()).group_by(*each.c)
    return map(tuple, connection.execute(asked))
