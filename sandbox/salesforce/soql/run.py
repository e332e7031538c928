"""Queries on the org: what may be asked, and the rows that answer.

Source: SOQL and SOSL Reference, "Relationship Queries", "Aggregate Functions", "Considerations for
GROUP BY", FIELDS().
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sandbox.salesforce.errors import RefusedError
from sandbox.salesforce.org import Org
from sandbox.salesforce.schema import CHILDREN, FIELDS, object_of
from sandbox.salesforce.soql import conditions
from sandbox.salesforce.soql.conditions import Context, comparable
from sandbox.salesforce.soql.fields import Fields
from sandbox.salesforce.soql.groups import context_of_groups, groups_of, row_of
from sandbox.salesforce.soql.parser import parse
from sandbox.salesforce.soql.tokens import malformed
from sandbox.salesforce.soql.tree import Ordered, Query, Selected
from sandbox.store import Thing

_MOST_FIELDS_ROWS = 200


@dataclass(frozen=True, slots=True)
class Result:
    """The rows, and how many the query has; COUNT() has a number without rows."""

    rows: list[Thing]
    size: int


def now() -> datetime:
    """The time that date literals count from."""
    return datetime.now(UTC)


def run(org: Org, text: str, base: str, *, deleted: bool) -> Result:
    """Answer a query; with `deleted` the recycle bin too. Raises RefusedError."""
    query = parse(text)
    return _Run(org, base, deleted).result(query)


class _Run:
    def __init__(self, org: Org, base: str, deleted: bool) -> None:
        self._org, self._base, self._deleted = org, base, deleted
        self._now, self._fields = now(), Fields(org)

    def result(self, query: Query) -> Result:
        if query.source not in FIELDS:
            said = f"sObject type '{query.source}' is not supported."
            raise RefusedError(400, "INVALID_TYPE", said)
        self._expand(query)
        context = self._context(query.source)
        _check_shape(query)
        for one in (*query.selected, *query.groups):
            context.type_of(one)
        for condition in (query.where, query.having):
            conditions.check(condition, context)
        found = [
            record
            for record in self._org.all(query.source).values()
            if (self._deleted or not record["IsDeleted"])
            and conditions.holds(query.where, record, context)
        ]
        if query.is_count:
            return Result([], len(_window(query, found)))
        if query.aggregates:
            groups = groups_of(query, found, context)
            facts = self._sorted(query.order, groups, context_of_groups(context))
            rows = [row_of(query, fact) for fact in _window(query, facts)]
            return Result(rows, len(rows))
        shown = _window(query, self._sorted(query.order, found, context))
        return Result([self._row(query, record) for record in shown], len(shown))

    def _context(self, kind: str) -> Context:
        return Context(
            type_of=cache(lambda what: self._fields.type_of(kind, what)),
            get=self._fields.get,
            values_of=self._values_of,
            now=self._now,
        )

    def _expand(self, query: Query) -> None:
        """FIELDS() as the fields that it stands for."""
        custom = set(self._org.custom(query.source))
        for group in query.fields_of:
            if group not in {"ALL", "STANDARD", "CUSTOM"}:
                raise malformed(f"unexpected token: '{group}'")
            if group != "STANDARD" and not 0 < (query.limit or 0) <= _MOST_FIELDS_ROWS:
                raise malformed("The SOQL FIELDS function must have a LIMIT of at most 200")
            for name in sorted(self._org.visible(query.source)):
                if group == "ALL" or (name in custom) is (group == "CUSTOM"):
                    query.selected.append(Selected(name))

    def _values_of(self, query: Query) -> set[Any]:
        """The values of a semi-join's one field."""
        if len(query.selected) != 1 or query.order or query.limit is not None:
            raise malformed("a semi-join selects one field, without ORDER BY and LIMIT")
        kind = (
            self._fields.type_of(query.source, query.selected[0]) if query.source in FIELDS else ""
        )
        path = query.selected[0].path
        rows = self.result(query).rows
        return {comparable(row.get(path), kind) for row in rows} - {None}

    # Rows

    def _sorted(
        self, order: Sequence[Ordered], records: list[Thing], context: Context
    ) -> list[Thing]:
        for one in reversed(order):
            kind = context.type_of(one.what)
            if kind == "longtextarea":
                said = f"field '{one.what.path}' can not be sorted in a query call"
                raise RefusedError(400, "INVALID_FIELD", said)
            keys = {id(r): comparable(context.get(r, one.what), kind) for r in records}
            full = sorted(
                (r for r in records if keys[id(r)] is not None),
                key=lambda r, by=keys: by[id(r)],  # type: ignore[misc]
                reverse=one.down,
            )
            empty = [r for r in records if keys[id(r)] is None]
            records = full + empty if one.nulls_last else empty + full
        return records

    def _row(self, query: Query, record: Thing) -> Thing:
        row: Thing = {"attributes": self._attributes(query.source, record)}
        for one in query.selected:
            head, _, tail = one.path.partition(".")
            if not tail:
                row[one.path] = record.get(one.path)
            elif (above := self._fields.parent(record, head)) is None:
                row[head] = None
            else:
                kind = "Name" if head == "Owner" else object_of(above["Id"])
                nested = row.setdefault(head, {"attributes": self._attributes(kind, above)})
                nested[tail] = self._fields.get(record, one)
        for child in query.children:
            row[child.source] = self._children(query.source, child, record)
        return row

    def _attributes(self, kind: str, record: Thing) -> Thing:
        return {"type": kind, "url": f"{self._base}sobjects/{kind}/{record['Id']}"}

    def _children(self, kind: str, child: Query, record: Thing) -> Thing | None:
        """The rows of a child relationship; null for none."""
        relation = CHILDREN.get(f"{kind}.{child.source}")
        if relation is None:
            said = f"Didn't understand relationship '{child.source}' in FROM part of query call."
            raise RefusedError(400, "INVALID_TYPE", said)
        source, reference = relation
        of_parent = conditions.compared_with(reference, record["Id"])
        where = conditions.joined(child.where, of_parent)
        found = self.result(replace(child, source=source, where=where))
        if not found.rows:
            return None
        return {"totalSize": found.size, "done": True, "records": found.rows}


def _check_shape(query: Query) -> None:
    """Raises RefusedError for clauses that don't go together."""
    if query.is_count and (query.selected or query.groups or query.order):
        raise malformed("COUNT() must be the only field, without GROUP BY and ORDER BY")
    if not query.is_count and not query.selected and not query.children:
        raise malformed("unexpected token: 'FROM'")
    paths = [one.text for one in query.selected]
    if not query.aggregates and len(set(paths)) < len(paths):
        twice = next(path for path in paths if paths.count(path) > 1)
        raise malformed(f"duplicate field selected: {twice}")
    if not query.aggregates:
        if query.having is not None:
            raise malformed("a HAVING clause needs a GROUP BY clause")
        return
    grouped = {group.path for group in query.groups}
    for one in query.selected:
        if not one.function and one.path not in grouped:
            raise malformed(f"Field must be grouped or aggregated: {one.path}")
    for ordered in query.order:
        if not ordered.what.function and ordered.what.path not in grouped:
            raise malformed(f"Ordered field must be grouped or aggregated: {ordered.what.path}")
    if not query.groups and query.limit is not None:
        raise malformed("an aggregate query without GROUP BY can't have a LIMIT")


def _window(query: Query, rows: list[Thing]) -> list[Thing]:
    end = None if query.limit is None else query.offset + query.limit
    return rows[query.offset : end]
