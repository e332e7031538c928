"""Charts of measures: what an SVG draws, in its own units; pure.

The table beside a chart holds the same numbers. What has no leads has no bar; a share of 0 % has a
line on the axis.
"""

from collections.abc import Sequence
from typing import NamedTuple

from app.console.measures.counting import Measure, Period, Report, Share
from app.console.measures.drawing import HEIGHT, WIDTH, Bar, Chart, Label, Mark
from app.console.measures.wording import day_words, percent_words, period_words, time_words
from leads.times import format_duration

#: Of the drawing without the axes' words.
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 8.0, 18.0, 24.0
#: Height of what is none.
_LINE = 2.0
_MOST_LABELS = 8
_TOP_SHARES = (0.05, 0.1, 0.25, 0.5, 1.0)
_HOUR = 3600.0
_TOP_TIMES = tuple(
    hours * _HOUR for hours in (1 / 12, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 24.0, 72.0, 240.0)
)


class _Column(NamedTuple):
    """The part of the width that a period has."""

    x: float
    width: float


def chart_of(report: Report) -> Chart:
    """The share by period; of a measure of times the median, with a line at the 90th percentile."""
    return _time_chart(report) if report.measure.has_seconds else _share_chart(report)


def _share_chart(report: Report) -> Chart:
    heights = [_height(share) for _, share in report.periods]
    top = _top(heights, _TOP_SHARES)
    bars = []
    for column, (period, share) in _columns(report):
        if share.ratio is None:
            continue
        says = _says(report.measure, period, share)
        bar = _bar(column, share.ratio / top, says, is_open=not period.over)
        bars.append(bar)
        if share.against:
            y = min(_y(_height(share) / top), bar.y - _LINE)
            bars.append(bar._replace(y=y, height=round(bar.y - y, 2), against=True))
    up = [Label(_y(part), f"{100 * top * part:g} %") for part in (0.0, 0.5, 1.0)]
    axis = f"{report.measure.counted}, % of {report.measure.of}"
    if report.measure.against:
        axis += f"; on top: {report.measure.became[report.measure.against]}"
    return Chart(report.measure.title, _description(report), axis, bars, [], up, _along(report))


def _height(share: Share) -> float:
    return (share.hits + (share.against or 0)) / share.n if share.n else 0.0


def _says(measure: Measure, period: Period, share: Share) -> str:
    text = f"{period_words(period)}: {percent_words(share)} of {share.n:,}"
    if share.against is None:
        return text
    return f"{text}; {share.against:,} {measure.became[measure.against]}"


def _time_chart(report: Report) -> Chart:
    shares = [share for _, share in report.periods]
    known = [one for share in shares for one in (share.median, share.p90) if one is not None]
    top = _top(known, _TOP_TIMES)
    bars, marks = [], []
    for column, (period, share) in _columns(report):
        if share.n:
            bars.append(_time_bar(column, share, period, top))
            p90 = 1.0 if share.p90 is None else min(1.0, share.p90 / top)
            marks.append(Mark(column.x, _y(p90), column.width, past=share.p90 is None))
    up = [Label(_y(part), format_duration(round(top * part))) for part in (0.0, 0.5, 1.0)]
    axis = "median time to first contact; the line across is the p90"
    return Chart(report.measure.title, _description(report), axis, bars, marks, up, _along(report))


def _time_bar(column: _Column, share: Share, period: Period, top: float) -> Bar:
    says = (
        f"{period_words(period)}: median {time_words(share.median)}, p90 {time_words(share.p90)},"
        f" of {share.n:,}"
    )
    part = 1.0 if share.median is None else share.median / top
    made = _bar(column, part, says, is_open=not period.over)
    return made._replace(past=share.median is None)


def _bar(column: _Column, part: float, says: str, *, is_open: bool) -> Bar:
    y = min(_y(min(part, 1.0)), _y(0.0) - _LINE)
    return Bar(column.x, y, column.width, round(_y(0.0) - y, 2), says, open=is_open)


def _columns(report: Report) -> list[tuple[_Column, tuple[Period, Share]]]:
    width = (WIDTH - _LEFT - _RIGHT) / len(report.periods)
    gap = width / 5
    return [
        (_Column(round(_LEFT + i * width + gap / 2, 2), round(width - gap, 2)), one)
        for i, one in enumerate(report.periods)
    ]


def _along(report: Report) -> list[Label]:
    every = -(-len(report.periods) // _MOST_LABELS)
    return [
        Label(round(column.x + column.width / 2, 2), day_words(period.first))
        for column, (period, _) in _columns(report)[::every]
    ]


def _description(report: Report) -> str:
    """The text alternative of the chart, for screen readers."""
    known = [(period, share) for period, share in report.periods if share.n]
    if not known:
        return "No leads yet."
    first, last = period_words(report.periods[0][0]), period_words(report.periods[-1][0])
    total = percent_words(report.total)
    return (
        f"From {first} to {last}: {total} of {report.total.n:,} {report.measure.of},"
        f" {report.measure.counted}. The table below has the same numbers."
    )


def _top(values: Sequence[float], steps: Sequence[float]) -> float:
    """The end of an axis: the first step that no value exceeds, or the largest value."""
    largest = max(values, default=0.0)
    return next((step for step in steps if step >= largest), largest)


def _y(part: float) -> float:
    """Where a part of the axis lies: 0 at the bottom, 1 at the top."""
    return round(HEIGHT - _BOTTOM - part * (HEIGHT - _TOP - _BOTTOM), 2)
