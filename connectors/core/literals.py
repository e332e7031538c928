"""Texts in SOQL.

Every value of a query is quoted here.
"""

from collections.abc import Iterable


def quoted(value: str) -> str:
    """One text."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def literal(values: Iterable[str]) -> str:
    """A list of texts; the list of none matches no text."""
    return "(" + (",".join(map(quoted, values)) or "''") + ")"
