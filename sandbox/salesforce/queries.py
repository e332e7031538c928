"""SOQL calls of the sandbox's Salesforce: pages smaller than asked, deleted records only for
queryAll (docs/design/vendors.md Salesforce 1.2)."""

from itertools import count
from typing import Any

from sandbox.object_store import Query, SyntaxRefusedError, parse
from sandbox.salesforce.org import Org, RefusedError
from sandbox.salesforce.routing import Answer, Api, Call
from sandbox.salesforce.schema import FIELDS, REFERENCES, object_of
from sandbox.store import Thing

#: "A page can be smaller than asked": so it is.
PAGE = 500
_NAMES = {"Owner": frozenset({"Id", "Name", "Email", "IsActive", "Type"})}


def serve_queries(api: Api) -> None:
    """Add the routes."""
    org, numbers = api.org, count(1)
    open_cursors: dict[str, list[Thing]] = {}

    def page(call: Call, name: str, records: list[Thing], start: int) -> Answer:
        done = start + PAGE >= len(records)
        body: dict[str, Any] = {
            "totalSize": len(records),
            "done": done,
            "records": records[start : start + PAGE],
        }
        if not done:
            open_cursors[name] = records
            body["nextRecordsUrl"] = f"{call.base}query/{name}-{start + PAGE}"
        return Answer(200, body)

    @api.route("GET", "query")
    def query(call: Call) -> Answer:
        return page(call, f"01g{next(numbers):012d}", run(org, call, deleted=False), 0)

    @api.route("GET", "queryAll")
    def query_all(call: Call) -> Answer:
        return page(call, f"01g{next(numbers):012d}", run(org, call, deleted=True), 0)

    @api.route("GET", "query/{cursor}")
    def more(call: Call) -> Answer:
        name, _, start = call.parts["cursor"].partition("-")
        if name not in open_cursors or not start.isdigit():
            raise RefusedError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return page(call, name, open_cursors[name], int(start))


def run(org: Org, call: Call, *, deleted: bool) -> list[Thing]:
    """The records that a call's `q` selects.

    Raises RefusedError for what isn't SOQL or isn't visible.
    """
    try:
        asked = parse(call.params.get("q", ""))
    except (SyntaxRefusedError, ValueError, IndexError) as error:
        raise RefusedError(400, "MALFORMED_QUERY", str(error)) from error
    if asked.source not in FIELDS:
        raise RefusedError(400, "INVALID_TYPE", f"sObject type '{asked.source}' is not supported.")
    for name in asked.named:
        _check(org, asked.source, name)
    for name, than in asked.ranges:
        if name == "Id" and len(str(than)) not in {15, 18}:
            raise RefusedError(400, "INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {than}")
    found = [
        r
        for r in org.all(asked.source).values()
        if (deleted or not r["IsDeleted"]) and asked.test(r, lambda r, n: value(org, r, n))
    ]
    for name, down in reversed(asked.order):
        found.sort(key=lambda r: str(value(org, r, name) or ""), reverse=down)
    return [_row(org, call, asked, r) for r in found[: asked.limit]]


def _check(org: Org, kind: str, name: str) -> None:
    head, _, tail = name.partition(".")
    if tail:
        reference = REFERENCES.get(head, "")
        good = reference in org.visible(kind) and tail in (_NAMES.get(head) or FIELDS[head].split())
    else:
        good = name in org.visible(kind)
    if not good:
        said = f"No such column '{name}' on entity '{kind}'. If you are attempting to use a custom field, be sure to append '__c'"
        raise RefusedError(400, "INVALID_FIELD", said)


def parent(org: Org, record: Thing, head: str) -> Thing | None:
    """The record that a reference field points to."""
    ident = record.get(REFERENCES[head]) or ""
    return org.store.get(f"salesforce.{object_of(ident)}", ident) if ident else None


def value(org: Org, record: Thing, name: str) -> Any:
    """A field's value, through at most one reference.

    An owner's Type is its object's name (docs/design/vendors.md Salesforce 1.4).
    """
    head, _, tail = name.partition(".")
    if not tail:
        return record.get(name)
    above = parent(org, record, head)
    if above is None:
        return None
    if head == "Owner" and tail == "Type":
        return {"User": "User", "Group": "Queue"}[object_of(above["Id"])]
    return above.get(tail)


def _row(org: Org, call: Call, asked: Query, record: Thing) -> Thing:
    row: Thing = {
        "attributes": {
            "type": asked.source,
            "url": f"{call.base}sobjects/{asked.source}/{record['Id']}",
        }
    }
    for name in asked.fields:
        head, _, tail = name.partition(".")
        if not tail:
            row[name] = record.get(name)
        elif (above := parent(org, record, head)) is None:
            row[head] = None
        else:
            kind = "Name" if head == "Owner" else object_of(above["Id"])
            nested = row.setdefault(
                head,
                {"attributes": {"type": kind, "url": f"{call.base}sobjects/{kind}/{above['Id']}"}},
            )
            nested[tail] = value(org, record, name)
    return row
