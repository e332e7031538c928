"""Further fields by the rules' mapping: from Apollo's record, through transforms, to values of the
CRM property's type."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, NamedTuple

from leads.keys import registrable
from leads.numbers import parse_number
from leads.records import Captured
from leads.rule_models import FieldRule
from leads.rules import Rules
from leads.text import squeeze

_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_TRANSFORMS: dict[str, Callable[[str], str]] = {
    "lower": str.casefold,
    "upper": str.upper,
    "title": str.title,
    "digits": partial(re.compile(r"[^0-9]").sub, ""),
    "domain": registrable,
}


class Fields(NamedTuple):
    """The CRM properties of a record by name, and a line for each value that can't be one and
    is left out."""

    contact: dict[str, Any]
    company: dict[str, Any]
    dropped: tuple[str, ...]


def map_fields(captured: Captured, rules: Rules) -> Fields:
    """What the rules' mapping makes of a record."""
    found: dict[str, dict[str, Any]] = {"contact": {}, "company": {}}
    dropped = []
    for rule in rules.mapping:
        text = _text(_dig(captured, rule))
        if not text:
            continue
        try:
            found[rule.object][rule.to] = convert(text, rule)
        except ValueError as error:
            dropped.append(f"{rule.apollo} is not written to {rule.to}: {error}")
    return Fields(found["contact"], found["company"], tuple(dropped))


def convert(text: str, rule: FieldRule) -> Any:
    """A text as its property's type.

    Raises ValueError with what is wrong. Its text doesn't hold the value, which is personal.
    """
    for name in rule.transform:
        text = _TRANSFORMS[name](text)
    if rule.values:
        text = rule.table.get(text.casefold(), "" if rule.type == "choice" else text)
        if not text:
            raise ValueError("the value table has no such value")
    return _TYPES[rule.type](text)


def _number(text: str) -> int | float:
    if (number := parse_number(text)) is None:
        raise ValueError("it is not a number")
    return number


def _flag(text: str) -> bool:
    if (flag := _FLAGS.get(text.casefold())) is None:
        raise ValueError("it is neither yes nor no")
    return flag


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise ValueError("it is no date, such as 2026-11-24") from None


def _moment(text: str) -> str:
    try:
        at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise ValueError("it is no time, such as 2026-11-24T10:00:00Z") from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


_TYPES: dict[str, Callable[[str], Any]] = {
    "text": str,
    "long": str,
    "choice": str,
    "number": _number,
    "flag": _flag,
    "date": _date,
    "moment": _moment,
}


def _dig(captured: Captured, rule: FieldRule) -> Any:
    """By Apollo's name for a custom field, by a column of its export, or along dots into its
    contact."""
    if rule.apollo in captured.custom:
        return captured.custom[rule.apollo]
    if captured.format == "csv":
        return captured.raw.get(rule.column or rule.apollo)
    value: Any = captured.raw
    for step in rule.apollo.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def _text(value: Any) -> str:
    """Several values are one text with semicolons, as both CRMs' multiple choices and Apollo's own
    export have them."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ";".join(filter(None, map(squeeze, value)))
    if isinstance(value, dict):
        return ""
    return squeeze(value)
