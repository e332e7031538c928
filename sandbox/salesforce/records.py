"""Single records, collections of up to 200, and composite calls of the sandbox's Salesforce
(docs/design/vendors.md Salesforce 1.2)."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

from sandbox.salesforce.org import Org, RefusedError
from sandbox.salesforce.routing import Answer, Api, Call
from sandbox.salesforce.schema import FIELDS, object_of
from sandbox.store import Thing

MOST = 200
_MOST_PARTS, _MOST_QUERIES = 25, 5


def serve_records(api: Api) -> None:
    """Add the routes."""
    org, route = api.org, api.route

    @route("POST", "sobjects/{kind}")
    def create(call: Call) -> Answer:
        made = org.create(known(call.parts["kind"]), call.body, assign=call.assign)
        return Answer(201, {"id": made["Id"], "success": True, "errors": []})

    @route("GET", "sobjects/{kind}/{ident}")
    def read(call: Call) -> Answer:
        kind = known(call.parts["kind"])
        wanted = [f for f in call.params.get("fields", "").split(",") if f]
        return Answer(
            200,
            shown(
                org,
                kind,
                find(org, kind, call.parts["ident"]),
                wanted or sorted(org.visible(kind)),
                call.base,
            ),
        )

    @route("PATCH", "sobjects/{kind}/{ident}")
    def update(call: Call) -> Answer:
        kind = known(call.parts["kind"])
        org.update(kind, find(org, kind, call.parts["ident"]), call.body, assign=call.assign)
        return Answer(204)

    @route("DELETE", "sobjects/{kind}/{ident}")
    def delete(call: Call) -> Answer:
        kind = known(call.parts["kind"])
        org.change(kind, find(org, kind, call.parts["ident"]), IsDeleted=True)
        return Answer(204)

    @route("GET", "sobjects/{kind}/{field}/{value}")
    def read_by(call: Call) -> Answer:
        kind = known(call.parts["kind"])
        found = by_external(org, kind, call.parts["field"], call.parts["value"])
        if not found:
            raise RefusedError(404, "NOT_FOUND", "The requested resource does not exist")
        if len(found) > 1:
            return Answer(300, [f"{call.base}sobjects/{kind}/{r['Id']}" for r in found])
        return Answer(200, shown(org, kind, found[0], sorted(org.visible(kind)), call.base))

    @route("PATCH", "sobjects/{kind}/{field}/{value}")
    def upsert(call: Call) -> Answer:
        kind, field = known(call.parts["kind"]), call.parts["field"]
        if len(found := by_external(org, kind, field, call.parts["value"])) > 1:
            return Answer(300, [f"{call.base}sobjects/{kind}/{r['Id']}" for r in found])
        row = put_by(org, kind, field, {**call.body, field: call.parts["value"]}, call)
        return Answer(201 if row["created"] else 200, row)

    @route("POST", "composite/sobjects")
    def create_many(call: Call) -> Answer:
        return collection(
            org, call, lambda r: {"id": org.create(kind_of(r), r, assign=call.assign)["Id"]}
        )

    @route("PATCH", "composite/sobjects")
    def update_many(call: Call) -> Answer:
        def one(record: Thing) -> Thing:
            kind, ident = kind_of(record), record.get("id") or record.get("Id") or ""
            return {
                "id": org.update(kind, find(org, kind, ident), record, assign=call.assign)["Id"]
            }

        return collection(org, call, one)

    @route("PATCH", "composite/sobjects/{kind}/{field}")
    def upsert_many(call: Call) -> Answer:
        kind, field = known(call.parts["kind"]), call.parts["field"]
        if any(kind_of(r) != kind for r in (call.body or {}).get("records", [])):
            raise RefusedError(400, "INVALID_TYPE", "all records must be of the type in the path")
        return collection(org, call, lambda r: put_by(org, kind, field, r, call))

    @route("POST", "composite/sobjects/{kind}")
    def read_many(call: Call) -> Answer:
        kind = known(call.parts["kind"])
        rows = [org.store.get(f"salesforce.{kind}", i) for i in call.body["ids"]]
        live = [r if r and not r["IsDeleted"] else None for r in rows]
        return Answer(
            200, [shown(org, kind, r, call.body["fields"], call.base) if r else None for r in live]
        )

    @route("POST", "composite")
    def composite(call: Call) -> Answer:
        parts = call.body["compositeRequest"]
        queries = sum("/query" in p["url"] for p in parts)
        if len(parts) > _MOST_PARTS or queries > _MOST_QUERIES:
            raise RefusedError(
                400,
                "LIMIT_EXCEEDED",
                f"at most {_MOST_PARTS} subrequests, {_MOST_QUERIES} of them queries",
            )
        answers = []
        for part in parts:
            headers = {
                **call.headers,
                **{k.lower(): v for k, v in part.get("httpHeaders", {}).items()},
            }
            done = api.dispatch(part["method"], part["url"], part.get("body"), headers)
            answers.append(
                {
                    "body": done.body,
                    "httpHeaders": {},
                    "httpStatusCode": done.status,
                    "referenceId": part["referenceId"],
                }
            )
        return Answer(200, {"compositeResponse": answers})


def known(kind: str) -> str:
    """The object of that name. Raises RefusedError."""
    if kind not in FIELDS:
        raise RefusedError(404, "NOT_FOUND", "The requested resource does not exist")
    return kind


def kind_of(record: Thing) -> str:
    """The object a collection's record says it is."""
    return known((record.get("attributes") or {}).get("type", ""))


def find(org: Org, kind: str, ident: str) -> Thing:
    """A record by its id of 15 or 18 characters.

    Raises RefusedError for one that is not there, or was deleted.
    """
    if object_of(ident) != kind:
        raise RefusedError(
            400, "MALFORMED_ID", f"{kind} ID: id value of incorrect type: {ident}", ["Id"]
        )
    record = org.all(kind).get(ident) or next(
        (r for i, r in org.all(kind).items() if i[:15] == ident), None
    )
    if record is None:
        raise RefusedError(
            404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible"
        )
    if record["IsDeleted"]:
        raise RefusedError(404, "ENTITY_IS_DELETED", "entity is deleted")
    return record


def by_external(org: Org, kind: str, field: str, value: str) -> list[Thing]:
    """Records by an external id.

    Raises RefusedError for a field that is none, or that the caller may not see.
    """
    if field not in org.visible(kind) or not org.custom(kind).get(field, {}).get("externalId"):
        raise RefusedError(
            400,
            "INVALID_FIELD",
            f"Provided external ID field does not exist or is not accessible: {field}",
        )
    return org.by_field(kind, field, value)


def put_by(org: Org, kind: str, field: str, record: Thing, call: Call) -> Thing:
    """Create or update by an external id."""
    value = record.get(field)
    if not value:
        raise RefusedError(400, "MISSING_ARGUMENT", f"{field} not specified", [field])
    found = by_external(org, kind, field, value)
    if len(found) > 1:
        raise RefusedError(
            300,
            "DUPLICATE_EXTERNAL_ID",
            f"{field}: more than one record found for external id field",
        )
    if found:
        return {
            "id": org.update(kind, found[0], record, assign=call.assign)["Id"],
            "success": True,
            "errors": [],
            "created": False,
        }
    if call.params.get("updateOnly") == "true":
        raise RefusedError(404, "NOT_FOUND", "The requested resource does not exist")
    return {
        "id": org.create(kind, record, assign=call.assign)["Id"],
        "success": True,
        "errors": [],
        "created": True,
    }


def collection(org: Org, call: Call, one: Callable[[Thing], Thing]) -> Answer:
    """Row by row, HTTP 200 whatever becomes of the rows; with allOrNone all or none."""
    records = (call.body or {}).get("records", [])
    if len(records) > MOST:
        raise RefusedError(
            400, "INVALID_ARGUMENT", f"record limit reached. cannot submit more than {MOST} records"
        )
    before = deepcopy(dict(org.store.kinds)) if call.body.get("allOrNone") else None
    rows: list[dict[str, Any]] = []
    for record in records:
        try:
            rows.append({"success": True, "errors": [], **one(record)})
        except RefusedError as refused:
            rows.append(refused.row)
    if before is not None and not all(row["success"] for row in rows):
        _restore(org, before)
        said = "Record rolled back because not all records were valid and the request was using AllOrNone header"
        rolled = RefusedError(400, "ALL_OR_NONE_OPERATION_ROLLED_BACK", said).row
        rows = [rolled if row["success"] else row for row in rows]
    return Answer(200, rows)


def _restore(org: Org, before: dict[str, dict[str, Thing]]) -> None:
    for kind in [k for k in org.store.kinds if k.startswith("salesforce.")]:
        for ident in set(org.store.all(kind)) - set(before.get(kind, {})):
            org.store.drop(kind, ident)
        org.store.put_many(kind, before.get(kind, {}))


def shown(org: Org, kind: str, record: Thing, fields: Iterable[str], base: str) -> Thing:
    """A record as an answer shows it.

    Raises RefusedError for a field that is hidden or isn't there.
    """
    visible = org.visible(kind)
    for name in fields:
        if name not in visible:
            raise RefusedError(400, "INVALID_FIELD", f"No such column '{name}' on entity '{kind}'.")
    attributes = {"type": kind, "url": f"{base}sobjects/{kind}/{record['Id']}"}
    return {"attributes": attributes, **{name: record.get(name) for name in fields}}
