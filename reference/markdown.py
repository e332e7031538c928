"""Markdown: a page with its head, tables, and words as they stand in a cell."""

from collections.abc import Iterable, Sequence


class EmptyCellError(ValueError):
    """A row of a page says nothing where it must: the code lacks a description."""


def page(title: str, source: str, *parts: str) -> str:
    """A page that says what it is made from."""
    head = f"# {title}\n\nGenerated from {source} by `make reference`; don't edit this file."
    return "\n\n".join([head, *parts]) + "\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table. Raises EmptyCellError for a row whose first or last cell is empty."""
    lines = [_row(columns), _row(["---"] * len(columns))]
    for row in rows:
        if not row[0] or not row[-1]:
            raise EmptyCellError(f"{row[0] or row}: {columns[-1]} is empty")
        lines.append(_row(row))
    return "\n".join(lines)


def code(text: str) -> str:
    """Text that is typed as it stands; nothing for nothing."""
    return f"`{text}`" if text else ""


def codes(texts: Iterable[str]) -> str:
    """Several such texts."""
    return ", ".join(code(text) for text in texts)


def plain(text: str | None) -> str:
    """A docstring or help text as one paragraph."""
    return " ".join((text or "").split())


def sentence(text: str) -> str:
    """A description as a sentence of its own."""
    text = plain(text)
    if not text:
        return ""
    first = text if text.split()[0].isupper() else text[0].upper() + text[1:]
    return first if first.endswith((".", ":")) else f"{first}."


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
