"""What COQL refuses of a query that can be parsed: limits, and comparators that a field's type
hasn't got.

Sources: Zoho's pages "Get Records through a COQL Query" (comparators by type, possible errors) and
"Query API - Limitations" of version 8; Kaizen 183 (100 values in a list since version 7). Where the
pages disagree over columns the smaller number counts.
"""

import re
from collections.abc import Iterable
from typing import Any

from sandbox.zoho.coql_parser import Criterion, Query, criteria
from sandbox.zoho.org import Org
from sandbox.zoho.refusals import RefusedError
from sandbox.zoho.schema import lookup_of

_COLUMNS, _CRITERIA, _VALUES, _ROWS, _REACH, _ORDER, _JOINS = 50, 25, 100, 2000, 100_000, 10, 2
_NULL = ("is null", "is not null")
_LISTS = ("=", "!=", "in", "not in", *_NULL)
_SIZES = (*_LISTS, "<", ">", "<=", ">=", "between", "not between")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
_COMPARATORS = {
    **dict.fromkeys(("lookup", "ownerlookup"), _LISTS),
    **dict.fromkeys(("bigint", "integer", "double", "currency", "date", "datetime"), _SIZES),
    "boolean": ("=",),
    "textarea": (),
}
_TEXT = (*_LISTS, "like", "not like")
_VALUE = {
    **dict.fromkeys(("lookup", "ownerlookup", "bigint"), re.compile(r"\d+")),
    **dict.fromkeys(("integer", "double", "currency"), re.compile(r"-?\d+(\.\d+)?")),
    "datetime": _MOMENT,
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "boolean": re.compile("true|false"),
}


def check(org: Org, query: Query) -> None:
    """Raises RefusedError as Zoho's page words it."""
    asked = [*criteria(query.where)]
    named = [*query.columns, *(one.field for one in asked), *(name for name, _ in query.order)]
    _check_limits(query, len(asked))
    _check_once(query.columns, 401)
    _check_once((name for name, _ in query.order), 400)
    joins: set[str] = set()
    for name in named:
        joins |= resolve(org, query.module, name)[1]
    if len(joins) > _JOINS:
        raise _exceeded("joins", _JOINS)
    for one in asked:
        _check_criterion(org, query.module, one)


def resolve(org: Org, module: str, path: str) -> tuple[str, set[str]]:
    """The type of the field at the end of a path, and the relations on the way.

    Raises RefusedError for a field that isn't there.
    """
    head, arrow, rest = path.partition("->")
    if arrow:
        target, _, name = rest.partition(".")
        if head not in {"What_Id", "Who_Id"} or module not in {"Tasks", "Calls", "Events"}:
            raise _unknown(path)
        return _type(org, target, name, path), {f"{head}->{target}"}
    joins: set[str] = set()
    parts = path.split(".")
    for number, name in enumerate(parts[:-1], 1):
        target = lookup_of(module, name) or ""
        if not target or name not in org.fields(module):
            raise _unknown(path)
        joins.add(".".join(parts[:number]))
        module = target
    return _type(org, module, parts[-1], path), joins


def _type(org: Org, module: str, name: str, path: str) -> str:
    if name not in org.fields(module):
        raise _unknown(path)
    return org.type_of(module, name)


def _unknown(path: str) -> RefusedError:
    said = "column given seems to be invalid"
    return RefusedError(400, "INVALID_QUERY", said, column_name=path)


def _exceeded(what: str, most: int) -> RefusedError:
    return RefusedError(400, "LIMIT_EXCEEDED", f"{what}: at most {most}", limit=most)


def _check_limits(query: Query, asked: int) -> None:
    counted = (
        ("select columns", len(query.columns), _COLUMNS),
        ("criteria", asked, _CRITERIA),
        ("rows of a call", query.limit, _ROWS),
        ("rows of a query", query.offset + query.limit, _REACH),
        ("fields to order by", len(query.order), _ORDER),
    )
    for what, number, most in counted:
        if number > most:
            raise _exceeded(what, most)


def _check_once(names: Iterable[str], status: int) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise RefusedError(status, "DUPLICATE_DATA", "duplicate column", column_name=name)
        seen.add(name)


def _check_criterion(org: Org, module: str, one: Criterion) -> None:
    kind, _ = resolve(org, module, one.field)
    if one.comparator not in _COMPARATORS.get(kind, _TEXT):
        said = f"{one.comparator} is no operator of this field"
        raise RefusedError(400, "INVALID_QUERY", said, column_name=one.field)
    if one.comparator in {"in", "not in"} and len(one.values) > _VALUES:
        raise _exceeded(f"values of {one.comparator}", _VALUES)
    for value in one.values:
        if not _fits(kind, value):
            said = "value given seems to be invalid for the column"
            raise RefusedError(400, "INVALID_QUERY", said, column_name=one.field)


def _fits(kind: str, value: Any) -> bool:
    form = _VALUE.get(kind)
    if form is None:
        return isinstance(value, str)
    return form.fullmatch(str(value).casefold() if kind == "boolean" else str(value)) is not None
