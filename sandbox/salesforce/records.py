"""Single records of the sandbox's Salesforce: by id and by an external id
(docs/design/vendors.md Salesforce 1.2)."""

from collections.abc import Iterable

from sandbox.salesforce.errors import NOT_FOUND, RefusedError
from sandbox.salesforce.org import Org
from sandbox.salesforce.routing import Answer, Api, Call
from sandbox.salesforce.saving import create, update
from sandbox.salesforce.schema import FIELDS, object_of
from sandbox.store import Thing


def serve_records(api: Api) -> None:
    """Add the routes."""
    org, route = api.org, api.route

    @route("POST", "sobjects/{kind}")
    def create_one(call: Call) -> Answer:
        made = create(org, known(call.parts["kind"]), body_of(call), call.options)
        return Answer(201, {"id": made["Id"], "success": True, "errors": []})

    @route("GET", "sobjects/{kind}/{ident}")
    def read(call: Call) -> Answer:
        kind = known(call.parts["kind"])
        wanted = [f for f in call.params.get("fields", "").split(",") if f]
        record = find(org, kind, call.parts["ident"])
        fields = wanted or sorted(org.visible(kind))
        return Answer(200, shown(org, kind, record, fields, call.base))

    @route("PATCH", "sobjects/{kind}/{ident}")
    def update_one(call: Call) -> Answer:
        kind = known(call.parts["kind"])
        record = find(org, kind, call.parts["ident"])
        update(org, kind, record, body_of(call), call.options)
        return Answer(204)

    @route("DELETE", "sobjects/{kind}/{ident}")
    def delete(call: Call) -> Answer:
        kind = known(call.parts["kind"])
        org.delete(kind, find(org, kind, call.parts["ident"]))
        return Answer(204)

    @route("GET", "sobjects/{kind}/{field}/{value}")
    def read_by(call: Call) -> Answer:
        kind = known(call.parts["kind"])
        found = by_external(org, kind, call.parts["field"], call.parts["value"])
        if not found:
            raise RefusedError(404, *NOT_FOUND)
        if len(found) > 1:
            return Answer(300, [f"{call.base}sobjects/{kind}/{r['Id']}" for r in found])
        return Answer(200, shown(org, kind, found[0], sorted(org.visible(kind)), call.base))

    @route("PATCH", "sobjects/{kind}/{field}/{value}")
    def upsert(call: Call) -> Answer:
        kind, field = known(call.parts["kind"]), call.parts["field"]
        if len(found := by_external(org, kind, field, call.parts["value"])) > 1:
            return Answer(300, [f"{call.base}sobjects/{kind}/{r['Id']}" for r in found])
        if field in body_of(call):
            said = f"The {field} field should not be specified in the sobject data."
            raise RefusedError(400, "INVALID_FIELD", said)
        row = put_by(org, kind, field, {**call.body, field: call.parts["value"]}, call)
        return Answer(201 if row["created"] else 200, row)


def body_of(call: Call) -> Thing:
    """The record that a call sends. Raises RefusedError."""
    if not isinstance(call.body, dict):
        raise RefusedError(400, "JSON_PARSER_ERROR", "a record must be a JSON object")
    return call.body


def known(kind: str) -> str:
    """The object of that name. Raises RefusedError."""
    if kind not in FIELDS:
        raise RefusedError(404, *NOT_FOUND)
    return kind


def find(org: Org, kind: str, ident: str) -> Thing:
    """A record by its id of 15 or 18 characters.

    Raises RefusedError for one that is not there, or was deleted.
    """
    if object_of(ident) != kind or len(ident) not in {15, 18}:
        raise RefusedError(
            400, "MALFORMED_ID", f"{kind} ID: id value of incorrect type: {ident}", ["Id"]
        )
    if (record := org.record(ident)) is None:
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
    if not found and call.params.get("updateOnly") == "true":
        raise RefusedError(404, *NOT_FOUND)
    saved = (
        update(org, kind, found[0], record, call.options)
        if found
        else create(org, kind, record, call.options)
    )
    return {"id": saved["Id"], "success": True, "errors": [], "created": not found}


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
