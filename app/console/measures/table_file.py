"""The measures as a CSV file: each share a line, with what it is counted of."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from app.console.measures.counting import Period, Report, Share
from app.console.measures.wording import date_of
from app.files.formulas import escape_formulas


class Line(NamedTuple):
    """`by` says what `value` is: range, period, team, list, rules, or outcome; of an outcome only
    `counted` is known. `share` is from 0 to 1, times are in seconds; both are empty of nothing.
    `against` is how many of n are held for want of an owner, empty but for `enrolled`."""

    measure: str
    by: str
    value: str
    first_day: str
    last_day: str
    is_over: str
    counted: str
    n: str
    share: str = ""
    against: str = ""
    median_seconds: str = ""
    p90_seconds: str = ""


def csv_text(reports: Iterable[Report]) -> str:
    """The file. No cell is a formula to a spreadsheet."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(Line._fields)
    for report in reports:
        writer.writerows(map(escape_formulas, line) for line in lines_of(report))
    return text.getvalue()


def lines_of(report: Report) -> Iterator[Line]:
    """The lines of a measure."""
    key, first, last = report.measure.key, report.periods[0][0], report.periods[-1][0]
    whole = Period(first.first, last.last, last.over)
    yield _line(key, "range", "", whole, report.total)
    for period, share in report.periods:
        yield _line(key, "period", "", period, share)
    for name, share in report.groups:
        yield _line(key, report.measure.grouped_by, name, whole, share)
    for name, share in report.rules:
        yield _line(key, "rules", name, whole, share)
    for name, leads in report.became:
        yield _line(key, "outcome", name, whole, Share(leads, 0))._replace(n="")


def _line(measure: str, by: str, value: str, period: Period, share: Share) -> Line:
    first, last = date_of(period.first).isoformat(), date_of(period.last).isoformat()
    numbers = (share.ratio, share.against, share.median, share.p90)
    texts = ["" if number is None else f"{number:.6g}" for number in numbers]
    over = "yes" if period.over else "no"
    return Line(measure, by, value, first, last, over, str(share.hits), str(share.n), *texts)
