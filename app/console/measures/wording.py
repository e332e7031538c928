"""Shares, times and periods in words."""

from datetime import date, timedelta

from app.console.measures.counting import Period, Share
from leads.times import format_duration

_EPOCH = date(1970, 1, 1)


def date_of(day: int) -> date:
    """A day as the read model counts it."""
    return _EPOCH + timedelta(day)


def day_words(day: int) -> str:
    """As 3 Nov."""
    found = date_of(day)
    return f"{found.day} {found:%b}"


def period_words(period: Period) -> str:
    """A day, or the first and the last one of a week."""
    if period.first == period.last:
        return day_words(period.first)
    return f"{day_words(period.first)} to {day_words(period.last)}"


def percent_words(share: Share) -> str:
    """With one decimal. What is not all, or not nothing, is not said to be."""
    if share.ratio is None:
        return "no leads"
    if share.hits in {0, share.n}:
        return "100 %" if share.hits else "0 %"
    text = f"{100 * share.ratio:.1f}"
    edges = {"0.0": "under 0.1", "100.0": "over 99.9"}
    return f"{edges.get(text, text)} %"


def time_words(seconds: float | None) -> str:
    """A percentile of the time to the first contact, of n > 0."""
    return "past the deadline" if seconds is None else format_duration(round(seconds))
