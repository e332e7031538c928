"""Conditions of a query: judged by the types of their fields, and tested on records.

Source: SOQL and SOSL Reference, "Condition Expression Syntax", "Comparison Operators" and "fieldType
considerations"; ids are compared by their first fifteen characters, texts without regard to case.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sandbox.salesforce.errors import RefusedError
from sandbox.salesforce.soql.days import span
from sandbox.salesforce.soql.tree import (
    Compared,
    Condition,
    DateLiteral,
    Joined,
    Negated,
    Query,
    Selected,
    Value,
)
from sandbox.store import Thing

_TEXTS = frozenset("string email phone url picklist textarea".split())
_IDS = frozenset(("id", "reference"))
#: What stands in a message for a type.
_SAID = {"int": "integer", "double": "double", "boolean": "boolean", "datetime": "dateTime"}
Getter = Callable[[Thing, Selected], Any]
TypeOf = Callable[[Selected], str]


@dataclass(frozen=True, slots=True)
class Context:
    """What conditions are judged and tested with: a field's type and value, the rows of a
    semi-join, and the time."""

    type_of: TypeOf
    get: Getter
    values_of: Callable[[Query], set[Any]]
    now: datetime


def check(condition: Condition | None, context: Context) -> None:
    """Raises RefusedError for a value that doesn't fit its field."""
    match condition:
        case Joined(parts=parts):
            for part in parts:
                check(part, context)
        case Negated(part=part):
            check(part, context)
        case Compared(what=what, sign=sign, values=values):
            _check(what, sign, values, context.type_of(what))
        case _:
            pass


def _check(what: Selected, sign: str, values: tuple[Value, ...] | Query, kind: str) -> None:
    if kind == "longtextarea":
        raise _field_refusal(f"field '{what.path}' can not be filtered in a query call")
    if sign == "LIKE" and kind not in _TEXTS:
        raise RefusedError(
            400, "INVALID_QUERY_FILTER_OPERATOR", f"invalid operator on {kind} field: LIKE"
        )
    if isinstance(values, Query):
        return
    for value in values:
        if value is not None and not _fits(kind, value):
            raise _misfit(what, kind, value)


def _misfit(what: Selected, kind: str, value: Value) -> RefusedError:
    if kind in _IDS and isinstance(value, str):
        return RefusedError(400, "INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {value}")
    quotes = "should be" if kind in _TEXTS | _IDS else "should not be"
    return _field_refusal(
        f"value of filter criterion for field '{what.path}' must be of type"
        f" {_SAID.get(kind, 'string' if kind in _TEXTS else kind)} and {quotes} enclosed in quotes"
    )


def _field_refusal(message: str) -> RefusedError:
    return RefusedError(400, "INVALID_FIELD", message)


def _fits(kind: str, value: Value) -> bool:
    if kind in _IDS:
        return isinstance(value, str) and (len(value) in {15, 18} or value == "")
    if kind in _TEXTS:
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in {"int", "double"}:
        return isinstance(value, float)
    if kind == "datetime":
        return isinstance(value, datetime | DateLiteral)
    return isinstance(value, date | DateLiteral) and not isinstance(value, datetime)


def holds(condition: Condition | None, record: Thing, context: Context) -> bool:
    """Whether a record meets a condition that was checked."""
    match condition:
        case None:
            return True
        case Joined(word="AND", parts=parts):
            return all(holds(part, record, context) for part in parts)
        case Joined(parts=parts):
            return any(holds(part, record, context) for part in parts)
        case Negated(part=part):
            return not holds(part, record, context)
        case Compared():
            return _compare(condition, record, context)


def _compare(compared: Compared, record: Thing, context: Context) -> bool:
    kind = context.type_of(compared.what)
    there = comparable(context.get(record, compared.what), kind)
    if isinstance(compared.values, Query):
        return there in context.values_of(compared.values)
    if compared.sign == "IN":
        return any(_one(there, "=", value, kind, context.now) for value in compared.values)
    return _one(there, compared.sign, compared.values[0], kind, context.now)


def comparable(value: Any, kind: str) -> Any:
    """A field's value in the form in which two of its kind can be compared; '' is null."""
    if value is None or value == "":
        return None
    if kind in _IDS:
        return str(value)[:15]
    if kind in {"datetime", "date"}:
        read = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        return read if read.tzinfo else read.replace(tzinfo=UTC)
    return value.casefold() if isinstance(value, str) else value


def _one(there: Any, sign: str, value: Value, kind: str, now: datetime) -> bool:
    if isinstance(value, DateLiteral):
        return there is not None and _in_span(there, sign, span(value, now))
    if sign == "LIKE":
        return there is not None and _like(there, str(value))
    wanted = comparable(value.isoformat() if isinstance(value, date) else value, kind)
    if sign in {"=", "!="}:
        return (there == wanted) is (sign == "=")
    if there is None or wanted is None:
        return False
    outcomes = {"<": there < wanted, ">": there > wanted}
    return outcomes[sign[0]] or (len(sign) == 2 and bool(there == wanted))


def _in_span(at: datetime, sign: str, limits: tuple[datetime, datetime]) -> bool:
    start, end = limits
    inside = start <= at < end
    outcomes = {"=": inside, "!=": not inside, "<": at < start, ">": at >= end}
    return outcomes[sign] if sign in outcomes else inside or outcomes[sign[0]]


def _like(there: str, pattern: str) -> bool:
    parts = [{"%": ".*", "_": "."}.get(one, re.escape(one)) for one in pattern.casefold()]
    return re.fullmatch("".join(parts), there, re.DOTALL) is not None


def compared_with(path: str, ident: str) -> Condition:
    """That a reference is an id."""
    return Compared(Selected(path), "=", (ident,))


def joined(first: Condition | None, second: Condition) -> Condition:
    """Both of two conditions."""
    return second if first is None else Joined("AND", (first, second))


def named(condition: Condition | None) -> set[Selected]:
    """The fields and functions that stand in a condition."""
    match condition:
        case Joined(parts=parts):
            return set().union(*map(named, parts))
        case Negated(part=part):
            return named(part)
        case Compared(what=what):
            return {what}
        case _:
            return set()
