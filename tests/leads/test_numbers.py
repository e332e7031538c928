"""Numbers as people and spreadsheets write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.numbers import parse_count, parse_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1200", 1200),
        ("1,200", 1200),
        ("1 200", 1200),
        ("1'200", 1200),
        ("1.234.567", 1234567),
        ("12,5", 12.5),
        ("12.50", 12.5),
        ("1.234,56", 1234.56),
        ("1,234.56", 1234.56),
        ("-3", -3),
        ("+.5", 0.5),
        ("1e3", 1000),
        *(
            (nothing, None)
            for nothing in (
                "",
                "፩",
                "٣",
                "½",
                "9" * 5000,
                "1e9999",
                "1e400",
                "1,2,3",
                "1_0",
                "0x1",
                "nan",
                "inf",
                "-",
            )
        ),
    ],
)
def test_a_number_is_read_as_it_was_meant_or_not_at_all(text: str, number: float | None) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("250", 250),
        ("250.0", 250),
        ("1.200", 1200),
        ("1,200", 1200),
        ("201-500", 201),
        ("201 \u2013 500", 201),
        ("10,001+", 10001),
        ("11 to 50", 11),
        ("~500", 500),
        (">1,000", 1000),
        ("2k", 2000),
        ("1.5k", 1500),
        ("1k - 5k", 1000),
        ("5-10k employees", 5000),
        ("500 employees", 500),
        *((nothing, None) for nothing in ("", "-3", "12.5", "፩", "many", "9" * 5000, "1-", "+")),
    ],
)
def test_a_count_is_whole_and_of_a_range_its_lower_bound(text: str, count: int | None) -> None:
    assert parse_count(text) == count


@given(st.text() | st.text("0123456789.,+-eE' \u0661\u00b2", max_size=12))
def test_no_text_raises_and_every_number_is_finite(text: str) -> None:
    number, count = parse_number(text), parse_count(text)
    assert number is None or math.isfinite(number)
    assert count is None or count >= 0
