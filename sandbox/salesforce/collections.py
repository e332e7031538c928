"""Collections of up to 200 records (docs/design/vendors.md Salesforce 1.2).

Source: REST API Developer Guide, "Use sObject Collections".
"""

from collections.abc import Callable, Sequence
from typing import Any

from sandbox.salesforce.errors import RefusedError
from sandbox.salesforce.org import Org
from sandbox.salesforce.records import find, known, put_by, shown
from sandbox.salesforce.routing import Answer, Api, Call
from sandbox.salesforce.saving import create, update
from sandbox.salesforce.schema import object_of
from sandbox.salesforce.undoing import State
from sandbox.store import Thing

MOST, _MOST_READ, _MOST_KINDS = 200, 2000, 10
_UNDONE = "Record rolled back because not all records were valid and the request was using AllOrNone header"


def serve_collections(api: Api) -> None:
    """Add the routes."""
    org, route = api.org, api.route

    @route("POST", "composite/sobjects")
    def create_many(call: Call) -> Answer:
        def one(record: Thing) -> Thing:
            return {"id": create(org, kind_of(record), record, call.options)["Id"]}

        return _saved(org, call, one)

    @route("PATCH", "composite/sobjects")
    def update_many(call: Call) -> Answer:
        def one(record: Thing) -> Thing:
            kind, ident = kind_of(record), record.get("id") or record.get("Id") or ""
            return {"id": update(org, kind, find(org, kind, ident), record, call.options)["Id"]}

        return _saved(org, call, one)

    @route("DELETE", "composite/sobjects")
    def delete_many(call: Call) -> Answer:
        def one(ident: str) -> Thing:
            kind = object_of(ident)
            if not kind:
                raise RefusedError(400, "MALFORMED_ID", f"malformed id {ident}")
            record = find(org, kind, ident)
            org.delete(kind, record)
            return {"id": record["Id"]}

        ids = [ident for ident in call.params.get("ids", "").split(",") if ident]
        undo = call.params.get("allOrNone") == "true"
        return _collection(org, ids, one, undo=undo)

    @route("PATCH", "composite/sobjects/{kind}/{field}")
    def upsert_many(call: Call) -> Answer:
        kind, field = known(call.parts["kind"]), call.parts["field"]
        if any(kind_of(r) != kind for r in (call.body or {}).get("records", [])):
            raise RefusedError(400, "INVALID_TYPE", "all records must be of the type in the path")
        return _saved(org, call, lambda r: put_by(org, kind, field, r, call))

    @route("POST", "composite/sobjects/{kind}")
    def read_many(call: Call) -> Answer:
        kind, ids = known(call.parts["kind"]), call.body["ids"]
        if len(ids) > _MOST_READ:
            raise RefusedError(400, "INVALID_ARGUMENT", f"at most {_MOST_READ} ids")
        rows = [org.record(ident) if object_of(ident) == kind else None for ident in ids]
        live = [r if r and not r["IsDeleted"] else None for r in rows]
        return Answer(
            200, [shown(org, kind, r, call.body["fields"], call.base) if r else None for r in live]
        )


def kind_of(record: Thing) -> str:
    """The object a collection's record says it is. Raises RefusedError."""
    return known((record.get("attributes") or {}).get("type", ""))


def _saved(org: Org, call: Call, one: Callable[[Thing], Thing]) -> Answer:
    records = (call.body or {}).get("records", [])
    kinds = [(r.get("attributes") or {}).get("type") for r in records]
    runs = sum(kind != before for kind, before in zip(kinds, [None, *kinds], strict=False))
    if runs > _MOST_KINDS:
        said = "the records of a request may change their type ten times: sort them by type"
        raise RefusedError(400, "INVALID_ARGUMENT", said)
    return _collection(org, records, one, undo=bool(call.body.get("allOrNone")))


def _collection(
    org: Org, items: Sequence[Any], one: Callable[[Any], Thing], *, undo: bool
) -> Answer:
    """Row by row, HTTP 200 whatever becomes of the rows; with `undo` all or none."""
    if len(items) > MOST:
        raise RefusedError(
            400, "INVALID_ARGUMENT", f"record limit reached. cannot submit more than {MOST} records"
        )
    before = State(org) if undo else None
    rows: list[dict[str, Any]] = []
    for item in items:
        try:
            rows.append({"success": True, "errors": [], **one(item)})
        except RefusedError as refused:
            rows.append(refused.row)
    if before is not None and not all(row["success"] for row in rows):
        before.restore()
        rolled = RefusedError(400, "ALL_OR_NONE_OPERATION_ROLLED_BACK", _UNDONE).row
        rows = [rolled if row["success"] else row for row in rows]
    return Answer(200, rows)
