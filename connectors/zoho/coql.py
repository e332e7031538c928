"""Queries in COQL, built to the strictest of what Zoho's pages say, for the pages disagree.

Sources: Zoho's pages "Get Records through a COQL Query" (comparators, errors) and "Query API -
Limitations", and its posts Kaizen 171 (brackets, quotes, reserved words) and 183 (limits since
version 7). Gathered in docs/design/vendors.md Zoho 2.5.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

#: Values of one `in`: 50 by the list of errors, 100 by Kaizen 183.
MOST_VALUES = 50
#: Criteria of one query: 25 are allowed, but Zoho also refuses what takes it long to parse.
MOST_CRITERIA = 10
#: Columns of one query: 50 by the list of errors, 500 by Kaizen 183.
MOST_COLUMNS = 50
#: SQL's words that a field can have for its name: they must be quoted (Kaizen 171).
RESERVED = frozenset(
    "add all alter and any as asc authorization between both by case cast check collate column"
    " condition constraint create cross current cursor date default delete desc describe distinct"
    " drop else end escape except exists external false fetch filter first for foreign from full"
    " function grant group having in index inner insert intersect interval into is join key last"
    " leading left like limit match natural no not null of offset on only or order outer overlaps"
    " partition position precision primary procedure range rank references right row rows schema"
    " select session set some start table then time timestamp to trailing true union unique unknown"
    " update user using value values when where window with year".split()
)


def quoted(value: str) -> str:
    """One text. A quote is doubled (Kaizen 171).

    Zoho doesn't say what a backslash means, so it is doubled, too: then no text can end the quotes,
    whatever Zoho makes of it.
    """
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def column(name: str) -> str:
    """A field's name in a query."""
    return f"'{name}'" if name.casefold() in RESERVED or "->" in name else name


def columns(names: Iterable[str]) -> list[str]:
    """Lists of columns, each for a query of its own; a name stands in one of them, once.

    Zoho refuses a column that stands twice. The record's id is always answered.
    """
    different = [*dict.fromkeys(column(name) for name in names if name != "id")] or ["id"]
    starts = range(0, len(different), MOST_COLUMNS)
    return [",".join(different[start : start + MOST_COLUMNS]) for start in starts]


def both(left: str, right: str) -> str:
    """Two clauses that must hold together, in brackets."""
    return f"({left} and {right})"


def alternatives(values: Mapping[str, Iterable[str]], beside: int = 0) -> list[str]:
    """Clauses, each for a query of its own, that find every record with one of the values in the
    field of that name; none if there is no value.

    `beside` is the number of criteria that will stand beside each clause.
    """
    criteria = [*_criteria(values)]
    most = MOST_CRITERIA - beside
    starts = range(0, len(criteria), most)
    return [_either(criteria[start : start + most]) for start in starts]


def _criteria(values: Mapping[str, Iterable[str]]) -> Iterator[str]:
    for name, some in values.items():
        different = [*dict.fromkeys(some)]
        for start in range(0, len(different), MOST_VALUES):
            listed = ",".join(map(quoted, different[start : start + MOST_VALUES]))
            yield f"{column(name)} in ({listed})"


def _either(criteria: Sequence[str]) -> str:
    """Criteria of which one must hold, bracketed in pairs (Kaizen 171)."""
    if len(criteria) == 1:
        return criteria[0]
    half = len(criteria) // 2
    return f"({_either(criteria[:half])} or {_either(criteria[half:])})"
