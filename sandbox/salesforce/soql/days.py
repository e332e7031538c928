"""The spans of date literals, in UTC.

Source: SOQL and SOSL Reference, "Date Formats and Date Literals". Weeks begin on Sunday, the first
day of the week in the United States.
"""

from datetime import UTC, datetime, timedelta

from sandbox.salesforce.soql.tree import DateLiteral

_DAY = timedelta(days=1)


def span(literal: DateLiteral, now: datetime) -> tuple[datetime, datetime]:
    """When the literal's time begins, and when it is over."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    name, number = literal.name, literal.number
    if name in {"LAST_90_DAYS", "NEXT_90_DAYS"}:
        name, number = name.replace("90", "N"), 90
    match name:
        case "LAST_N_DAYS":
            return today - number * _DAY, today + _DAY
        case "NEXT_N_DAYS":
            return today + _DAY, today + (number + 1) * _DAY
        case "N_DAYS_AGO":
            return today - number * _DAY, today - (number - 1) * _DAY
        case "YESTERDAY" | "TODAY" | "TOMORROW":
            start = today + {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}[name] * _DAY
            return start, start + _DAY
        case _:
            return _unit(name, today)


def _unit(name: str, today: datetime) -> tuple[datetime, datetime]:
    which, _, unit = name.partition("_")
    moved = {"LAST": -1, "THIS": 0, "NEXT": 1}[which]
    if unit == "WEEK":
        sunday = today - (today.weekday() + 1) % 7 * _DAY + 7 * moved * _DAY
        return sunday, sunday + 7 * _DAY
    if unit == "YEAR":
        year = today.year + moved
        return _month(year * 12), _month((year + 1) * 12)
    months = today.year * 12 + today.month - 1 + moved
    return _month(months), _month(months + 1)


def _month(number: int) -> datetime:
    """The first moment of a month, counted from the year 0."""
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)
