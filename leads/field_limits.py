"""Fields cut to stated lengths before anything reads them, and a line for each that was."""

from typing import Any

from leads.text import LONGEST_NAME, LONGEST_TEXT, LONGEST_URL, squeeze

#: What the names of a vendor's fields end with, in any of the spellings that sources use.
_NAMES = (
    "name", "title", "company", "city", "state", "country", "industry", "department", "departments",
    "seniority", "stage", "status",
)  # fmt: skip
_URLS = ("url", "website", "domain", "uri")
_DEEPEST = 20  # levels of a record that are looked through; no field that is read lies deeper
_MOST_LINES = 20
_LONGEST_KEY = 60


def cut_record(raw: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The record with its long texts cut, and a line for each; itself where none may be too
    long."""
    if not _has_long(raw, _DEEPEST):
        return raw, ()
    lines: list[str] = []
    cut = _cut(raw, "", lines, _DEEPEST)
    assert isinstance(cut, dict)
    return cut, tuple(lines[:_MOST_LINES])


def _has_long(value: Any, levels: int) -> bool:
    """Whether a text may have to be cut: for nearly every record the only step."""
    if isinstance(value, str):
        return len(value) > LONGEST_NAME
    if not levels or not isinstance(value, (dict, list)):
        return False
    items = value.values() if isinstance(value, dict) else value
    return any(_has_long(item, levels - 1) for item in items)


def _cut(value: Any, key: str, lines: list[str], levels: int) -> Any:
    if isinstance(value, str):
        return _cut_text(value, key, lines)
    if not levels or not isinstance(value, (dict, list)):
        return value
    if isinstance(value, list):
        return [_cut(item, key, lines, levels - 1) for item in value]
    return {name: _cut(item, name, lines, levels - 1) for name, item in value.items()}


def _cut_text(text: str, key: str, lines: list[str]) -> str:
    most = _longest(key)
    if len(text) <= most:
        return text
    lines.append(f"{squeeze(key, _LONGEST_KEY)} is cut to {most} characters")
    return text[:most]


def _longest(key: str) -> int:
    """How many characters a field of that name holds at most."""
    words = key.casefold().replace("_", " ").replace(".", " ").split()
    last = words[-1] if words else ""
    if last in _URLS:
        return LONGEST_URL
    return LONGEST_NAME if last in _NAMES else LONGEST_TEXT
