"""From what was counted to shares by day, week, team, list and rules version: pure.

Days are counted from 1970, UTC.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

#: The first Monday, 5 January 1970.
_MONDAY = 4
_WEEK = 7  # days


class Counted(NamedTuple):
    """So many things of a cohort that are alike: the day by which they are counted, what became of
    them, the rules version that decided, and the team or list that they belong to.

    `seconds` is the time to the first contact of a single one, None where there was none.
    """

    day: int
    became: str
    rules: str
    group: str = ""
    leads: int = 1
    seconds: float | None = None


class Measure(NamedTuple):
    """What is measured, in the words of the page. `became` names every outcome, in the order of
    the table; `good` is the one that is counted (the numerator). `of` says what n is."""

    key: str
    title: str
    of: str
    counted: str
    definition: str
    good: str
    became: dict[str, str]
    #: Outcomes that are shown beside the share and are not part of n.
    outside: frozenset[str] = frozenset()
    #: What `Counted.group` is: team or list; '' for nothing.
    grouped_by: str = ""
    #: The outcome that is shown against the good one, of the same n; '' for none.
    against: str = ""
    has_seconds: bool = False


class Period(NamedTuple):
    """A day, or a week from Monday to Sunday, both ends included; `over` once its last day is."""

    first: int
    last: int
    over: bool


class Share(NamedTuple):
    """How many of n, and how many of the outcome that is shown against them (None: there is none).
    Median and 90th percentile are seconds, None where that one had no contact."""

    hits: int
    n: int
    against: int | None = None
    median: float | None = None
    p90: float | None = None

    @property
    def ratio(self) -> float | None:
        """From 0 to 1; None of nothing."""
        return self.hits / self.n if self.n else None


class Report(NamedTuple):
    """A measure in a range: in all, by period, by team or list, and by rules version, the largest
    first. `became` counts every outcome that occurred."""

    measure: Measure
    total: Share
    periods: list[tuple[Period, Share]]
    groups: list[tuple[str, Share]]
    rules: list[tuple[str, Share]]
    became: list[tuple[str, int]]


def periods(days: int, by: str, today: int) -> list[Period]:
    """The last `days` days up to today, by `day` or by `week`. Weeks are whole ones: the first
    begins on the Monday on which, or before which, the range begins."""
    first = today - days + 1
    if by == "day":
        return [Period(day, day, day < today) for day in range(first, today + 1)]
    monday = first - (first - _MONDAY) % _WEEK
    starts = range(monday, today + 1, _WEEK)
    return [Period(start, start + _WEEK - 1, start + _WEEK - 1 < today) for start in starts]


def report(
    measure: Measure,
    counted: Sequence[Counted],
    wanted: Sequence[Period],
    grouped: Sequence[Counted] = (),
) -> Report:
    """The measure of what was counted in these periods. `grouped` is that by team or list, where
    something may belong to several."""
    became = Counter[str]()
    for one in counted:
        became[one.became] += one.leads
    return Report(
        measure,
        share(measure, counted),
        _by_period(measure, counted, wanted),
        _by(measure, grouped or counted, lambda one: one.group) if measure.grouped_by else [],
        _by(measure, counted, lambda one: one.rules),
        [(name, became[name]) for name in measure.became if became[name]],
    )


def share(measure: Measure, counted: Iterable[Counted]) -> Share:
    """The share of what is counted in n."""
    inside = [one for one in counted if one.became not in measure.outside]
    n, hits = sum(one.leads for one in inside), _leads(inside, measure.good)
    against = _leads(inside, measure.against) if measure.against else None
    if not measure.has_seconds:
        return Share(hits, n, against)
    times = [one.seconds for one in inside]
    return Share(hits, n, against, percentile(times, 50), percentile(times, 90))


def _leads(counted: Iterable[Counted], became: str) -> int:
    return sum(one.leads for one in counted if one.became == became)


def percentile(times: Sequence[float | None], percent: int) -> float | None:
    """The smallest time that so many percent did not exceed (nearest rank). A lead without a
    contact ranks behind all that had one: None if the rank falls on it, or without leads."""
    known = sorted(one for one in times if one is not None)
    rank = math.ceil(len(times) * percent / 100)
    return known[rank - 1] if 0 < rank <= len(known) else None


def _by_period(
    measure: Measure, counted: Sequence[Counted], wanted: Sequence[Period]
) -> list[tuple[Period, Share]]:
    length = wanted[0].last - wanted[0].first + 1
    found: list[list[Counted]] = [[] for _ in wanted]
    for one in counted:  # periods are equally long, and follow each other
        found[(one.day - wanted[0].first) // length].append(one)
    return [(period, share(measure, some)) for period, some in zip(wanted, found, strict=True)]


def _by(
    measure: Measure, counted: Sequence[Counted], key: Callable[[Counted], str]
) -> list[tuple[str, Share]]:
    found: dict[str, list[Counted]] = {}
    for one in counted:
        found.setdefault(key(one), []).append(one)
    shares = [(name, share(measure, some)) for name, some in found.items()]
    return sorted(shares, key=lambda one: (-one[1].n, one[0]))
