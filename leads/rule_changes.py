"""What differs between two versions of the rules, setting by setting."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from leads.rules import Rules


class RuleChange(NamedTuple):
    """A setting by its path in the file, and its values as people read them: '' where a version
    does not have it."""

    path: str
    before: str
    after: str


def rule_changes(before: Rules, after: Rules) -> list[RuleChange]:
    """Every setting that differs, by its path. The entries of a list are compared by their names;
    that the same entries stand in another order is a change of the list."""
    old, new = (dict(_settings("", _document(rules))) for rules in (before, after))
    paths = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
    return [RuleChange(path, old.get(path, ""), new.get(path, "")) for path in paths]


def _document(rules: Rules) -> dict[str, Any]:
    found: dict[str, Any] = rules.model_dump(mode="json")
    return found


def _settings(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """The single settings below a path."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _settings(f"{path}.{name}" if path else name, one)
    elif isinstance(value, list) and _are_entries(value):
        names = _names(value)
        yield f"{path} (order)", ", ".join(names)
        for name, one in zip(names, value, strict=True):
            yield from _settings(f"{path}[{name}]", one)
    else:
        yield path, _text(value)


def _are_entries(value: Sequence[Any]) -> bool:
    return bool(value) and all(isinstance(one, dict) for one in value)


def _names(entries: Sequence[dict[str, Any]]) -> list[str]:
    """The entries' names, and the number of an entry that has none, or another one's."""
    names: list[str] = []
    for number, one in enumerate(entries, 1):
        name = str(one.get("name") or "")
        names.append(name if name and name not in names else f"{name}#{number}")
    return names


def _text(value: Any) -> str:
    """A value as the file would have it."""
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not set" if value is None else str(value)
