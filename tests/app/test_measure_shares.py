"""From what was counted to shares, charts and a file: pure."""

import csv
import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.console.measures.charts import chart_of
from app.console.measures.counting import (
    Counted,
    Measure,
    Period,
    Report,
    Share,
    percentile,
    periods,
    report,
)
from app.console.measures.definitions import (
    BREACH_RATE,
    ENROLLED,
    FIRST_CONTACT,
    MEASURES,
    ROUTING_ACCURACY,
)
from app.console.measures.drawing import HEIGHT, WIDTH
from app.console.measures.table_file import csv_text
from app.console.measures.wording import (
    date_of,
    percent_words,
    period_words,
    time_words,
)

TODAY = 20_000  # 4 October 2024, a Friday
DAYS = st.sampled_from((7, 28, 90))
BY = st.sampled_from(("day", "week"))


@given(DAYS, BY, st.integers(100, 40_000))
def test_periods_follow_each_other_up_to_today(days: int, by: str, today: int) -> None:
    found = periods(days, by, today)
    wanted = range(found[0].first, found[-1].last + 1)
    assert [day for one in found for day in range(one.first, one.last + 1)] == [*wanted]
    assert found[0].first <= today - days + 1 < found[0].first + 7
    assert found[-1].first <= today <= found[-1].last
    assert [one.over for one in found] == [one.last < today for one in found]
    if by == "week":
        assert {date_of(one.first).weekday() for one in found} == {0}
        assert {one.last - one.first for one in found} == {6}
    else:
        assert len(found) == days


def test_the_day_in_progress_is_not_over() -> None:
    assert periods(7, "day", TODAY)[-2:] == [
        Period(TODAY - 1, TODAY - 1, True),
        Period(TODAY, TODAY, False),
    ]
    assert period_words(periods(7, "week", TODAY)[-1]) == "30 Sep to 6 Oct"


@given(st.lists(st.none() | st.floats(0, 1e6), max_size=40), st.integers(1, 100))
def test_a_percentile_is_what_so_many_did_not_exceed(
    times: list[float | None], percent: int
) -> None:
    waits = sorted(math.inf if one is None else one for one in times)
    found = percentile(times, percent)
    if not waits:
        assert found is None
        return
    enough = [one for one in waits if sum(o <= one for o in waits) * 100 >= percent * len(waits)]
    assert (math.inf if found is None else found) == enough[0]


@pytest.mark.parametrize(
    ("times", "median", "p90"),
    [
        ([], None, None),
        ([5.0], 5.0, 5.0),
        ([None], None, None),
        ([1.0, None], 1.0, None),
        ([1.0, 2.0, None, 3.0], 2.0, None),
        ([*map(float, range(1, 11))], 5.0, 9.0),
    ],
)
def test_median_and_p90(
    times: list[float | None], median: float | None, p90: float | None
) -> None:
    assert (percentile(times, 50), percentile(times, 90)) == (median, p90)


@st.composite
def reports(draw: st.DrawFn, measures: tuple[Measure, ...] = MEASURES) -> Report:
    """A measure of a range, of whatever was counted."""
    measure, wanted = draw(st.sampled_from(measures)), periods(draw(DAYS), draw(BY), TODAY)
    one = st.builds(
        Counted,
        day=st.integers(wanted[0].first, wanted[-1].last),
        became=st.sampled_from([*measure.became]),
        rules=st.sampled_from(("v1", "v2")),
        group=st.sampled_from(("north", "south")),
        leads=st.integers(1, 5),
        seconds=st.none() | st.floats(0, 1e6),
    )
    return report(measure, draw(st.lists(one, max_size=30)), wanted)


@given(reports())
def test_every_breakdown_adds_up_to_the_whole(found: Report) -> None:
    total = found.total
    parts = [[one for _, one in found.periods], [one for _, one in found.rules]]
    if found.measure.grouped_by:
        parts.append([one for _, one in found.groups])
    for shares in parts:
        assert sum(one.hits for one in shares) == total.hits
        assert sum(one.n for one in shares) == total.n
        assert sum(one.against or 0 for one in shares) == (total.against or 0)
    became = dict(found.became)
    assert total.hits == became.get(found.measure.good, 0)
    outside = sum(became.get(name, 0) for name in found.measure.outside)
    assert total.n == sum(became.values()) - outside
    assert [*became] == [name for name in found.measure.became if name in became]


def test_what_was_not_checked_is_no_part_of_n() -> None:
    counted = [Counted(TODAY, name, "v1", leads=2) for name in ("right", "other", "unchecked")]
    found = report(ROUTING_ACCURACY, counted, periods(7, "day", TODAY))
    assert found.total == Share(2, 4)
    assert found.became == [("right", 2), ("other", 2), ("unchecked", 2)]


def test_each_definition_names_its_outcomes() -> None:
    for one in MEASURES:
        assert {one.good, *one.outside} <= {*one.became}
        assert one.against in {"", *one.became}
        assert one.good not in one.outside
    assert len({one.key for one in MEASURES}) == len(MEASURES)


@given(reports())
def test_a_chart_draws_each_period_that_has_leads_within_its_axes(found: Report) -> None:
    chart = chart_of(found)
    drawn = {bar.x for bar in chart.bars}
    assert len(drawn) == sum(1 for _, share in found.periods if share.n)
    for bar in chart.bars:
        assert 0 < bar.x < bar.x + bar.width <= WIDTH
        assert 0 <= bar.y < bar.y + bar.height <= HEIGHT
        assert bar.height > 0
    assert len(chart.marks) == (len(chart.bars) if found.measure.has_seconds else 0)
    assert len(chart.along) <= 8
    assert chart.up[0].at > chart.up[-1].at


def heights(measure: Measure, *counted: Counted) -> list[float]:
    """Of the bars."""
    return [bar.height for bar in chart_of(_report(measure, *counted)).bars]


def _report(measure: Measure, *counted: Counted) -> Report:
    return report(measure, counted, periods(7, "day", TODAY))


def test_a_constant_rate_is_flat_and_a_spike_stands_out() -> None:
    def day(number: int, breached: int, met: int) -> list[Counted]:
        both = (("breached", breached), ("met", met))
        return [Counted(TODAY - number, name, "v1", leads=leads) for name, leads in both if leads]

    flat = heights(BREACH_RATE, *day(0, 1, 9), *day(1, 2, 18), *day(2, 1, 9))
    assert len({*flat}) == 1
    spiky = heights(BREACH_RATE, *day(2, 0, 10), *day(1, 3, 7), *day(0, 0, 10))
    assert spiky[1] > 10 * spiky[0] == 10 * spiky[2]
    scale = chart_of(_report(BREACH_RATE, *day(1, 3, 7))).up
    assert [one.text for one in scale] == ["0 %", "25 %", "50 %"]


def test_held_leads_stand_on_top_of_enrolled_ones() -> None:
    counted = [Counted(TODAY, name, "v1") for name in ("enrolled", "held", "other")]
    enrolled, held = chart_of(_report(ENROLLED, *counted)).bars
    assert (enrolled.against, held.against, held.open) == (False, True, True)
    assert held.height == pytest.approx(enrolled.height, abs=0.1)
    assert held.y + held.height == pytest.approx(enrolled.y)
    assert held.says == "4 Oct: 33.3 % of 3; 1 held for want of an owner"


def test_a_median_past_the_deadline_fills_the_chart() -> None:
    late = Counted(TODAY, "breached", "v1")
    in_time = Counted(TODAY - 1, "met", "v1", seconds=600.0)
    first, second = chart_of(_report(FIRST_CONTACT, late, in_time)).bars
    assert (first.past, second.past) == (False, True)
    assert second.height > first.height
    assert "median 10 min, p90 10 min" in first.says
    assert "median past the deadline" in second.says


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (Share(0, 0), "no leads"),
        (Share(0, 9), "0 %"),
        (Share(9, 9), "100 %"),
        (Share(1, 8), "12.5 %"),
        (Share(1, 9999), "under 0.1 %"),
        (Share(9998, 9999), "over 99.9 %"),
    ],
)
def test_a_share_says_no_more_than_it_is(share: Share, words: str) -> None:
    assert percent_words(share) == words


def test_times_in_words() -> None:
    assert time_words(5400.2) == "1 h 30 min"
    assert time_words(None) == "past the deadline"


@given(reports())
def test_the_file_has_the_same_numbers(found: Report) -> None:
    lines = list(csv.DictReader(io.StringIO(csv_text([found]), newline="")))
    [whole] = [one for one in lines if one["by"] == "range"]
    assert (whole["counted"], whole["n"]) == (str(found.total.hits), str(found.total.n))
    assert (whole["share"] == "") == (found.total.n == 0)
    shown = [one for one in lines if one["by"] == "period"]
    for line, (period, share) in zip(shown, found.periods, strict=True):
        assert line["first_day"] == date_of(period.first).isoformat()
        assert line["is_over"] == ("yes" if period.over else "no")
        assert (line["counted"], line["n"]) == (str(share.hits), str(share.n))
        for name, number in (("share", share.ratio), ("median_seconds", share.median)):
            assert line[name] == ("" if number is None else f"{number:.6g}")


def test_no_cell_of_the_file_is_a_formula() -> None:
    hostile = Counted(TODAY, "met", "-1+1", group='=HYPERLINK("http://evil.test")', seconds=1.0)
    text = csv_text([_report(FIRST_CONTACT, hostile)])
    cells = [cell for line in csv.reader(io.StringIO(text, newline="")) for cell in line]
    assert "'=HYPERLINK(\"http://evil.test\")" in cells
    assert not [cell for cell in cells if cell[:1] in {*"=+-@"}]
