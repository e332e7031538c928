"""All measures of a range, as pages, the API and the CSV show them."""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Literal, NamedTuple, TypeAlias

from sqlalchemy import Connection, select

from app.console.measures import definitions
from app.console.measures.bounces import count_bounces, count_bounces_by_list
from app.console.measures.cohorts import Window
from app.console.measures.counting import Counted, Measure, Period, Report, periods, report
from app.console.measures.enrolments import count_enrolled
from app.console.measures.import_success import count_exports
from app.console.measures.routing_accuracy import count_routings
from app.console.measures.sla_clocks import count_clocks
from app.console.schema import LISTS

#: Lists that a page offers.
_MOST_LISTS = 500
By: TypeAlias = Literal["day", "week"]


class Days(IntEnum):
    """How long a range is."""

    WEEK = 7
    FOUR_WEEKS = 28
    QUARTER = 90


class Wanted(NamedTuple):
    """A range up to today, and what it is narrowed to; '' is all. Only clocks have a team: with one
    there are no other measures."""

    days: Days = Days.FOUR_WEEKS
    by: By = "day"
    team: str = ""
    list: str = ""
    rules: str = ""


class Reports(NamedTuple):
    """The measures in the order of the page, their periods, and what they can be narrowed to."""

    periods: Sequence[Period]
    measures: list[Report]
    teams: list[str]
    lists: list[str]
    rules: list[str]


class Answer(NamedTuple):
    """What a measure counts; `grouped` is the same by list, where a lead may be on several."""

    measure: Measure
    counted: list[Counted]
    grouped: Sequence[Counted] = ()


def make_reports(connection: Connection, wanted: Wanted, today: int) -> Reports:
    """The measures; `today` counts days from 1970, and is the last day."""
    found = periods(wanted.days, wanted.by, today)
    answers = ask(connection, Window(found[0].first, found[-1].last, wanted.list))
    every = [one for answer in answers for one in answer.counted]
    by_team = [answer for answer in answers if answer.measure.grouped_by == "team"]
    teams = {one.group for answer in by_team for one in answer.counted}
    asked = select(LISTS.c.list).distinct().order_by(LISTS.c.list).limit(_MOST_LISTS)
    return Reports(
        found,
        [_report(one, wanted, found) for one in (by_team if wanted.team else answers)],
        sorted(teams),
        list(connection.scalars(asked)),
        sorted({one.rules for one in every}),
    )


def ask(connection: Connection, window: Window) -> list[Answer]:
    """What each measure counts in these days, in the order of the page."""
    clocks = count_clocks(connection, window)
    return [
        Answer(definitions.IMPORT_SUCCESS, count_exports(connection, window)),
        Answer(definitions.ROUTING_ACCURACY, count_routings(connection, window)),
        Answer(definitions.FIRST_CONTACT, clocks),
        Answer(definitions.BREACH_RATE, clocks),
        Answer(definitions.ENROLLED, count_enrolled(connection, window)),
        Answer(
            definitions.BOUNCES,
            count_bounces(connection, window),
            count_bounces_by_list(connection, window),
        ),
    ]


def _report(answer: Answer, wanted: Wanted, found: Sequence[Period]) -> Report:
    counted, grouped = _narrow(answer.counted, wanted), _narrow(answer.grouped, wanted)
    return report(answer.measure, counted, found, grouped)


def _narrow(counted: Iterable[Counted], wanted: Wanted) -> list[Counted]:
    """What is of the wanted rules and team."""
    return [
        one
        for one in counted
        if wanted.rules in {"", one.rules} and wanted.team in {"", one.group}
    ]
