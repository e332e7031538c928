"""HubSpot's search filters: what each operator takes, and which objects pass it.

Source: HubSpot's page "Search the CRM": values are compared without regard to case, but those of
choices; IN and NOT_IN take texts in small letters; CONTAINS_TOKEN knows `*`; a property without a
value passes only NOT_HAS_PROPERTY and the negated operators. HubSpot/hubspot-api-nodejs#128 has the
refusal of a BETWEEN without its upper end.
"""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.hubspot.definitions import Definition
from sandbox.hubspot.errors import invalid, unreadable

_NEGATED = {"NEQ": "EQ", "NOT_IN": "IN", "NOT_CONTAINS_TOKEN": "CONTAINS_TOKEN"}
_COMPARED: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "LT": lambda a, b: a < b,
    "LTE": lambda a, b: a <= b,
    "GT": lambda a, b: a > b,
    "GTE": lambda a, b: a >= b,
}
_SINGLE = frozenset({"EQ", "CONTAINS_TOKEN", *_COMPARED})
_UNARY = frozenset({"HAS_PROPERTY", "NOT_HAS_PROPERTY"})
OPERATORS = frozenset({*_SINGLE, *_UNARY, "IN", "BETWEEN", *_NEGATED})
Filter = dict[str, Any]


def refuse_unfit(sent: Filter, definition: Definition | None) -> None:
    """Refuse a filter whose operator isn't one, that lacks a value, or whose property isn't there.

    Raises RefusedError.
    """
    name, operator = sent.get("propertyName"), sent.get("operator")
    if operator not in OPERATORS:
        raise unreadable(f"{operator} is not one of {sorted(OPERATORS)}")
    if definition is None:
        raise invalid(f"There is no property {name}", subCategory="PROPERTY_DOESNT_EXIST")
    plain = _NEGATED.get(operator, operator)
    if plain == "IN":
        _refuse_values(operator, sent.get("values"), definition)
    elif plain not in _UNARY and not isinstance(sent.get("value"), str):
        raise unreadable(f"operator {operator} requires a value")
    if plain == "BETWEEN" and not isinstance(sent.get("highValue"), str):
        raise unreadable(f"operator {operator} requires a highValue")
    if plain in {*_COMPARED, "BETWEEN"} and definition["type"] in {"number", "date", "datetime"}:
        for end in filter(None, (sent["value"], sent.get("highValue"))):
            if _number(end) is None:
                raise invalid(f"{end} is no value of {name}, which is a {definition['type']}")


def _refuse_values(operator: str, values: object, definition: Definition) -> None:
    if not isinstance(values, list) or not values:
        raise unreadable(f"operator {operator} requires values")
    if definition["type"] == "string" and any(str(v) != str(v).lower() for v in values):
        raise invalid(f"{operator} takes values of a text property in small letters only")


def passes(value: str | None, sent: Filter, definition: Definition) -> bool:
    """Whether a property's value passes a filter that was found fit."""
    operator = sent["operator"]
    if operator in _UNARY:
        return bool(value) is (operator == "HAS_PROPERTY")
    if operator in _NEGATED:
        return not value or not _holds(_NEGATED[operator], value, sent, definition)
    return bool(value) and _holds(operator, str(value), sent, definition)


def _holds(operator: str, value: str, sent: Filter, definition: Definition) -> bool:
    if operator == "IN":
        return _is_any(value, [str(one) for one in sent["values"]], definition)
    if operator == "EQ":
        return _is_any(value, [sent["value"]], definition)
    if operator == "CONTAINS_TOKEN":
        return _contains(value, sent["value"])
    if operator == "BETWEEN":
        return _compare("GTE", value, sent["value"]) and _compare("LTE", value, sent["highValue"])
    return _compare(operator, value, sent["value"])


def _is_any(value: str, wanted: list[str], definition: Definition) -> bool:
    """Whether a value is one of those wanted; one of several choices is enough."""
    if definition["type"] == "enumeration":
        return bool({value, *value.split(";")}.intersection(wanted))
    if (number := _number(value)) is not None and definition["type"] != "string":
        return any(_number(one) == number for one in wanted)
    return value.lower() in {one.lower() for one in wanted}


def _contains(value: str, wanted: str) -> bool:
    """Whether the tokens of a text include all those that are wanted; `*` stands for any rest."""
    tokens = re.findall(r"\w+", value.lower())
    for word in re.findall(r"[\w*]+", wanted.lower()):
        pattern = ".*".join(map(re.escape, word.split("*")))
        if not any(re.fullmatch(pattern, token) for token in tokens):
            return False
    return True


def _compare(operator: str, value: str, wanted: str) -> bool:
    a, b = _number(value), _number(wanted)
    if a is not None and b is not None:
        return _COMPARED[operator](a, b)
    order = (value.lower() > wanted.lower()) - (value.lower() < wanted.lower())
    return _COMPARED[operator](Decimal(order), Decimal(0))


def _number(text: str) -> Decimal | None:
    """A number, or a time in milliseconds; None for other texts."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return _milliseconds(text)
    return number if number.is_finite() else None


def _milliseconds(text: str) -> Decimal | None:
    if not re.match(r"\d{4}-\d\d-\d\d", text):
        return None
    try:
        at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    aware = at if at.tzinfo else datetime.fromisoformat(f"{at.isoformat()}+00:00")
    return Decimal(round(aware.timestamp() * 1000))


def sort_key(value: str | None, definition: Definition) -> tuple[Decimal, str]:
    """Orders values of a property: numbers and times by size, texts by letters."""
    number = None if definition["type"] == "string" else _number(value or "")
    return (number if number is not None else Decimal(0), (value or "").lower())
