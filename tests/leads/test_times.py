"""One set of forms for times and durations."""

import pytest

from leads.times import format_duration, format_time, parse_time

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.54, "0.5 s"),
        (9.96, "10 s"),
        (45.4, "45 s"),
        (59.6, "1 min"),
        (60, "1 min"),
        (90, "1 min 30 s"),
        (3600, "1 h"),
        (3605, "1 h"),
        (9000, "2 h 30 min"),
        (86_400, "1 d"),
        (93_600, "1 d 2 h"),
    ],
)
def test_a_duration_has_at_most_two_units(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_a_time_names_its_zone() -> None:
    assert format_time(NOW) == "2027-01-15 08:00:00 UTC"
    assert parse_time(format_time(NOW).removesuffix(" UTC"), 0.0) == NOW


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2027-01-15T08:00", NOW),
        ("2027-01-15T08:00:00Z", NOW),
        ("2027-01-15T10:00+02:00", NOW),
        ("2027-01-15", NOW - 8 * 3600),
        ("1800000000", NOW),
        ("0", 0.0),
        ("90s", NOW - 90),
        ("15m", NOW - 900),
        ("15 min", NOW - 900),
        ("2h", NOW - 7200),
        ("1.5 d", NOW - 129_600),
    ],
)
def test_every_form_of_a_time_is_read(text: str, at: float) -> None:
    assert parse_time(text, NOW) == at


@pytest.mark.parametrize("text", ["", "yesterday", "-3", "2h ago", "2027-13-01", "nan"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time: write 2026-11-24T10:00"):
        parse_time(text, NOW)
