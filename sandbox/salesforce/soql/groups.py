"""Aggregates: the groups of a query, and a row for each.

Source: SOQL and SOSL Reference, "Aggregate Functions", "GROUP BY", "HAVING".
"""

from dataclasses import replace
from typing import Any

from sandbox.salesforce.soql.conditions import Context, comparable, holds, named
from sandbox.salesforce.soql.tree import Query, Selected
from sandbox.store import Thing


def groups_of(query: Query, records: list[Thing], context: Context) -> list[Thing]:
    """What is known of each group that HAVING leaves, by the texts of the expressions.

    Without GROUP BY all records are one group.
    """
    groups: dict[tuple[Any, ...], list[Thing]] = {}
    for record in records:
        values = [comparable(context.get(record, g), context.type_of(g)) for g in query.groups]
        groups.setdefault(tuple(values), []).append(record)
    if not query.groups:
        groups.setdefault((), [])
    facts = [_facts(query, some, context) for some in groups.values()]
    of_group = context_of_groups(context)
    return [fact for fact in facts if holds(query.having, fact, of_group)]


def context_of_groups(context: Context) -> Context:
    """In which a value is a group's."""
    return replace(context, get=lambda fact, what: fact.get(what.text))


def _facts(query: Query, records: list[Thing], context: Context) -> Thing:
    wanted = {*query.selected, *query.groups, *(one.what for one in query.order)}
    return {one.text: _fact(one, records, context) for one in wanted | named(query.having)}


def _fact(one: Selected, records: list[Thing], context: Context) -> Any:
    if not one.function:
        return context.get(records[0], one)
    if not one.path:
        return len(records)
    path = Selected(one.path)
    values = [v for r in records if (v := context.get(r, path)) not in {None, ""}]
    match one.function:
        case "COUNT":
            return len(values)
        case "COUNT_DISTINCT":
            kind = context.type_of(path)
            return len({comparable(v, kind) for v in values})
        case "SUM":
            return sum(values) if values else None
        case "AVG":
            return sum(values) / len(values) if values else None
        case "MIN":
            return min(values, default=None)
        case _:
            return max(values, default=None)


def row_of(query: Query, facts: Thing) -> Thing:
    """An AggregateResult; an aggregate without an alias is expr0, expr1, …"""
    row: Thing = {"attributes": {"type": "AggregateResult"}}
    number = 0
    for one in query.selected:
        if one.function and not one.alias:
            row[f"expr{number}"] = facts[one.text]
            number += 1
        else:
            row[one.alias or one.path.rpartition(".")[2]] = facts[one.text]
    return row
