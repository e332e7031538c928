"""Answers to COQL's queries."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.store import Thing
from sandbox.zoho.coql_checks import check, resolve
from sandbox.zoho.coql_parser import Clause, Criterion, parse
from sandbox.zoho.org import Org
from sandbox.zoho.schema import lookup_of

Value = Any


def query(org: Org, text: str) -> tuple[list[Thing], bool]:
    """The rows of a COQL query, and whether there are more. Raises RefusedError."""
    asked = parse(text)
    check(org, asked)
    found: list[Thing] = []
    for record in org.all(asked.module).values():
        if not record.get("$converted") and _holds(org, asked.module, record, asked.where):
            found.append(record)
    found.sort(key=lambda record: int(record["id"]))
    for name, down in reversed(asked.order):
        found.sort(key=lambda r: str(_value(org, asked.module, r, name) or ""), reverse=down)
    end = asked.offset + asked.limit
    columns = dict.fromkeys(["id", *asked.columns])
    rows: list[Thing] = []
    for record in found[asked.offset : end]:
        rows.append({name: _shown(org, asked.module, record, name) for name in columns})
    return rows, end < len(found)


def _holds(org: Org, module: str, record: Thing, clause: Clause) -> bool:
    if isinstance(clause, Criterion):
        value = _value(org, module, record, clause.field)
        if isinstance(value, dict):
            value = value.get("id")
        kind, _ = resolve(org, module, clause.field)
        return _satisfies(kind, value, clause)
    left = _holds(org, module, record, clause.left)
    if left is (clause.word == "or"):
        return left
    return _holds(org, module, record, clause.right)


def _satisfies(kind: str, value: Value, asked: Criterion) -> bool:
    if asked.comparator in {"is null", "is not null"}:
        return (value in (None, "", [])) is (asked.comparator == "is null")
    wanted = [_comparable(kind, one) for one in asked.values]
    negated = asked.comparator.startswith("not ")
    test = _TESTS[asked.comparator.removeprefix("not ")]
    return test(_comparable(kind, value), wanted) is not negated


def _comparable(kind: str, value: Value) -> Value:
    """A text without its case, a moment in seconds, a number or an id as a number."""
    if kind == "boolean":
        return str(bool(value) if value is None else value).casefold()
    if value in (None, ""):
        return None
    if kind in {"bigint", "lookup", "ownerlookup", "integer"}:
        return int(value)
    if kind in {"double", "currency"}:
        return float(value)
    if kind == "datetime":
        return datetime.fromisoformat(value).timestamp()
    return str(value).casefold()


def _is_like(value: Value, wanted: list[Value]) -> bool:
    pattern = re.escape(str(wanted[0])).replace("%", ".*")
    return re.fullmatch(pattern, str(value or ""), re.DOTALL) is not None


def _by_size(test: Callable[[Value, Value], bool]) -> Callable[[Value, list[Value]], bool]:
    return lambda value, wanted: value is not None and test(value, wanted[0])


def _is_between(value: Value, wanted: list[Value]) -> bool:
    return value is not None and bool(wanted[0] <= value <= wanted[1])


_TESTS: dict[str, Callable[[Value, list[Value]], bool]] = {
    "=": lambda value, wanted: value == wanted[0],
    "!=": lambda value, wanted: value != wanted[0],
    "in": lambda value, wanted: value in wanted,
    "like": _is_like,
    "between": _is_between,
    "<": _by_size(lambda a, b: a < b),
    ">": _by_size(lambda a, b: a > b),
    "<=": _by_size(lambda a, b: a <= b),
    ">=": _by_size(lambda a, b: a >= b),
}


def _value(org: Org, module: str, record: Thing, path: str) -> Value:
    """What stands at the end of a path."""
    head, arrow, rest = path.partition("->")
    if arrow:
        target, _, name = rest.partition(".")
        linked = org.store.get(f"zoho.{target}", str((record.get(head) or {}).get("id"))) or {}
        return linked.get(name)
    name, _, rest = path.partition(".")
    if not rest:
        return record.get(name)
    target = lookup_of(module, name) or ""
    above = org.store.get(f"zoho.{target}", str((record.get(name) or {}).get("id"))) or {}
    return _value(org, target, above, rest)


def _shown(org: Org, module: str, record: Thing, path: str) -> Value:
    """A column's value; of a lookup its id alone (Zoho's page "Get Records through a COQL
    Query")."""
    value = _value(org, module, record, path)
    return {"id": value["id"]} if isinstance(value, dict) and "id" in value else value
