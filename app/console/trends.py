"""This week beside the last one, and whether each source still delivers."""

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Integer, case, cast, func, select

from app.console.figures import count_by_kind
from app.console.lead_rows import is_known
from app.console.schema import LEADS

_DAY = 86_400
_WEEK = 7  # days
#: Days over which a source's habits are looked at.
_HABIT = 28
#: A source is silent after a pause so many times as long as its longest one.
_LONGER = 2


class WeekChange(NamedTuple):
    """How many leads had an event of a kind in the last seven days, and in the seven before."""

    kind: str
    now: int
    before: int


class SourceRow(NamedTuple):
    """What a source has brought: leads in all, in the last seven days and in the seven before, when
    the last one came, and whether it is silent for longer than it ever was."""

    source: str
    leads: int
    now: int
    before: int
    last_at: float
    silent: bool


def count_weeks(connection: Connection, kinds: Sequence[str], today: int) -> list[WeekChange]:
    """The kinds in the order given; `today` counts days from 1970, and is the last day. Without
    what was only decided in shadow."""
    now = count_by_kind(connection, kinds, today - _WEEK + 1, today)
    before = count_by_kind(connection, kinds, today - 2 * _WEEK + 1, today - _WEEK)
    return [WeekChange(kind, now.get(kind, 0), before.get(kind, 0)) for kind in kinds]


def sources(connection: Connection, today: int) -> list[SourceRow]:
    """Every source that has brought a lead, by name."""
    c = LEADS.c
    source, at = func.coalesce(c.source, c.waiting_source), func.coalesce(
        c.captured_at, c.waiting_at
    )
    day = _day_of(at)
    asked = select(source, day, func.count(), func.max(at)).where(is_known(), at.is_not(None))
    by_day: dict[str, dict[int, int]] = {}
    last: dict[str, float] = {}
    for name, number, leads, latest in connection.execute(asked.group_by(source, day)):
        by_day.setdefault(name or "", {})[number] = leads
        last[name or ""] = max(latest, last.get(name or "", 0.0))
    return [_row(name, days, last[name], today) for name, days in sorted(by_day.items())]


def _day_of(at: ColumnElement[float]) -> ColumnElement[int]:
    """Days since 1970. Cut off by SQLite and rounded by PostgreSQL; SQLite before 3.35 has no
    floor."""
    number = cast(at / _DAY, Integer)
    return case((number > at / _DAY, number - 1), else_=number)


def _row(name: str, days: dict[int, int], last: float, today: int) -> SourceRow:
    week = sum(leads for day, leads in days.items() if today - _WEEK < day <= today)
    before = sum(leads for day, leads in days.items() if 0 <= today - _WEEK - day < _WEEK)
    return SourceRow(name, sum(days.values()), week, before, last, is_silent(days, today))


def is_silent(days: Collection[int], today: int) -> bool:
    """Whether a source that delivered on these days has stopped: it has brought nothing for more
    than twice its longest pause of the four weeks before the last one.

    A source that has delivered on one day alone has no habit, and is not judged.
    """
    last = max(days, default=today)
    known = sorted(day for day in days if last - _HABIT <= day <= last)
    if len(known) < 2:
        return False
    pauses = [after - day for day, after in pairwise(known)]
    return today - known[-1] > _LONGER * max(pauses)
