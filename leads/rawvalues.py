"""Values out of a vendor's record, whatever stands where text was promised."""

import re
from datetime import datetime
from typing import Any

from leads.spelling import spell_name, split_name
from leads.text import clean_text, squeeze

_APOLLO_ID = re.compile(r"[0-9a-fA-F]{24}")


class UnusableError(ValueError):
    """The record isn't what its source promises; it becomes a dead letter."""


def word_of(raw: dict[str, Any], *names: str) -> str:
    """The first of these that is text, or an object with a name; '' for whatever else stands
    there."""
    for name in names:
        if (value := raw.get(name)) is None:
            continue
        if isinstance(value, dict):
            value = value.get("name")
        if isinstance(value, (str, bool)) and (text := squeeze(value)):
            return text
    return ""


def says_yes(raw: dict[str, Any], name: str) -> bool:
    """Whether a field is true, whether as JSON's true or as a spreadsheet's TRUE."""
    return word_of(raw, name).casefold() in {"true", "yes", "1"}


def text_of(raw: dict[str, Any], *names: str) -> str:
    """The first of these fields that has text, '' if none.

    Raises UnusableError for an object or a list.
    """
    for name in names:
        value = raw.get(name)
        if value is not None and (
            text := squeeze(value) if isinstance(value, str) else _scalar(name, value)
        ):
            return text
    return ""


def said_of(raw: dict[str, Any], *names: str) -> str:
    """The first of these fields that says something: as `text_of`, without placeholders such as
    "N/A"."""
    for name in names:
        value = raw.get(name)
        if value is not None and (
            text := clean_text(value if isinstance(value, str) else _scalar(name, value))
        ):
            return text
    return ""


def names_of(raw: dict[str, Any], first: str, last: str, full: str) -> tuple[str, str]:
    """A person's first and last name by their fields, else split out of the full name's."""
    names = said_of(raw, first), said_of(raw, last)
    if not any(names):
        names = split_name(said_of(raw, full))
    return spell_name(names[0]), spell_name(names[1])


def _scalar(name: str, value: object) -> str:
    if isinstance(value, (dict, list)):
        raise UnusableError(f"{name} must be text, it is a {type(value).__name__}")
    try:
        return squeeze(value)
    except ValueError:  # a whole number of more digits than Python writes
        return ""


def dict_of(raw: dict[str, Any], name: str) -> dict[str, Any]:
    """An object, {} where the field is missing. Raises UnusableError for anything else."""
    value = raw.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UnusableError(f"{name} must be an object, it is a {type(value).__name__}")
    return value


def dicts_of(raw: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """A list of objects, [] where the field is missing. Raises UnusableError for anything else."""
    value = raw.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or any(not isinstance(item, dict) for item in value):
        raise UnusableError(f"{name} must be a list of objects")
    return value


def read_time(value: object) -> float:
    """An ISO 8601 time with its zone, in seconds since the epoch; 0 for anything else."""
    if not isinstance(value, str):
        return 0.0
    try:
        time = datetime.fromisoformat(value)
        if time.tzinfo is None:
            return 0.0
        return time.timestamp()
    except (ValueError, OverflowError):
        return 0.0


def read_apollo_id(text: str) -> str:
    """An Apollo id, 24 hex digits; '' for what identifies nobody, such as the 6.4E+22 that a
    spreadsheet makes of one."""
    if not _APOLLO_ID.fullmatch(text):
        return ""
    return text.casefold()
