"""Times and durations as people read and write them; every message uses these forms."""

import re
from datetime import UTC, datetime

#: Units of a duration, the largest first, in seconds.
_UNITS = (("d", 86_400), ("h", 3600), ("min", 60))
_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|d)")
_SECONDS_OF = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}


def format_time(at: float) -> str:
    """A time in seconds since the epoch, such as `2026-11-24 10:00:00 UTC`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def format_duration(seconds: float) -> str:
    """A duration in its two largest units: `0.5 s`, `45 s`, `1 min`, `2 h 30 min`, `3 d`.

    Tenths of a second are given below ten seconds.
    """
    if seconds < 59.5:
        return f"{round(seconds, 1 if seconds < 9.95 else None):g} s"
    rest, parts = round(seconds), []
    for name, size in (*_UNITS, ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {name}")
        elif parts:
            break
    return " ".join(parts[:2])


def parse_time(text: str, now: float) -> float:
    """Seconds since the epoch, from an ISO 8601 time (UTC unless it names a zone), a number of
    seconds since 1970, or a time before `now` such as `90s`, `15m`, `2h` or `3d`.

    Raises ValueError with the accepted forms.
    """
    text = text.strip()
    if text.isdecimal():
        return float(text)
    if ago := _AGO.fullmatch(text):
        return now - float(ago[1]) * _SECONDS_OF[ago[2]]
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is not a time: write 2026-11-24T10:00, seconds since 1970, or 2h for two"
            " hours ago"
        ) from None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
