"""Set-up by the Tooling API: fields that are added, and queries on what there is
(docs/design/vendors.md Salesforce 1.5).

Source: Tooling API, "CustomField", "EntityDefinition", "FieldDefinition".
"""

import re
from typing import Any

from sandbox.salesforce.describing import TOOLING
from sandbox.salesforce.errors import NOT_FOUND, RefusedError
from sandbox.salesforce.field_types import ADDED, options
from sandbox.salesforce.org import Org
from sandbox.salesforce.routing import Answer, Api, Call
from sandbox.salesforce.schema import FIELDS, PREFIXES
from sandbox.salesforce.soql.conditions import Context, holds
from sandbox.salesforce.soql.parser import parse
from sandbox.salesforce.soql.run import now
from sandbox.store import Thing

#: No field of an activity can be unique or an external id: the stricter reading of what is
#: unconfirmed.
_PLAIN = frozenset({"Activity"})
_NAME = re.compile(r"[A-Za-z]\w*__c")


def serve_setup(api: Api) -> None:
    """Add the routes."""
    org = api.org

    @api.route("POST", "tooling/sobjects/CustomField")
    def add_field(call: Call) -> Answer:
        name, metadata = call.body["FullName"], call.body["Metadata"]
        _check_definition(org, name, metadata)
        made = org.put("CustomField", FullName=name, Metadata=metadata)
        return Answer(
            201, {"id": made["Id"], "success": True, "errors": [], "warnings": [], "infos": []}
        )

    @api.route("GET", "tooling/sobjects/CustomField/{ident}")
    def read_field(call: Call) -> Answer:
        found = org.record(call.parts["ident"])
        if found is None or "FullName" not in found:
            raise RefusedError(404, *NOT_FOUND)
        return Answer(200, _custom_field(found))

    @api.route("DELETE", "tooling/sobjects/CustomField/{ident}")
    def delete_field(call: Call) -> Answer:
        found = org.record(call.parts["ident"])
        if found is None or "FullName" not in found:
            raise RefusedError(404, *NOT_FOUND)
        org.store.drop("salesforce.CustomField", found["Id"])
        return Answer(204)

    @api.route("GET", "tooling/query")
    def query(call: Call) -> Answer:
        rows = _tooling_rows(org, call.params.get("q", ""))
        return Answer(
            200,
            {
                "size": len(rows),
                "totalSize": len(rows),
                "done": True,
                "queryLocator": None,
                "entityTypeName": None,
                "records": rows,
            },
        )

    @api.route("GET", "limits")
    def limits(_call: Call) -> Answer:
        used = (org.store.get("salesforce.Usage", "today") or {"calls": 0})["calls"]
        left = {"Max": api.limit, "Remaining": max(0, api.limit - used)}
        return Answer(200, {"DailyApiRequests": left, "DataStorageMB": {"Max": 5, "Remaining": 5}})


def _check_definition(org: Org, name: str, metadata: Thing) -> None:
    kind, _, field = name.partition(".")
    if not _NAME.fullmatch(field) or (kind not in FIELDS and kind not in _PLAIN):
        raise RefusedError(400, "FIELD_INTEGRITY_EXCEPTION", f"not a custom field's name: {name}")
    if kind in _PLAIN and (metadata.get("unique") or metadata.get("externalId")):
        said = "an activity's field can be neither unique nor an external id"
        raise RefusedError(400, "FIELD_INTEGRITY_EXCEPTION", said)
    sort = metadata.get("type")
    if sort not in ADDED or (sort == "Picklist" and not options(metadata)):
        raise RefusedError(400, "FIELD_INTEGRITY_EXCEPTION", f"not a field's definition: {sort}")
    if any(f["FullName"].casefold() == name.casefold() for f in org.all("CustomField").values()):
        said = f"There is already a field named {field} on {kind}."
        raise RefusedError(400, "DUPLICATE_DEVELOPER_NAME", said)


def _tooling_rows(org: Org, text: str) -> list[Thing]:
    """The rows of a query on the Tooling API's objects. Raises RefusedError."""
    asked = parse(text)
    if asked.source not in TOOLING:
        said = f"sObject type '{asked.source}' is not supported."
        raise RefusedError(400, "INVALID_TYPE", said)
    known = {*TOOLING[asked.source], "EntityDefinition.QualifiedApiName"}
    for one in asked.selected:
        if one.path not in known:
            said = f"No such column '{one.path}' on entity '{asked.source}'."
            raise RefusedError(400, "INVALID_FIELD", said)
    context = Context(
        type_of=lambda _what: "string",
        get=lambda record, what: record.get(what.path),
        values_of=lambda _query: set(),
        now=now(),
    )
    found = [row for row in _objects(org, asked.source) if holds(asked.where, row, context)]
    shown: list[Thing] = []
    for row in found[: asked.limit]:
        attributes = {"type": asked.source, "url": f"/tooling/sobjects/{asked.source}/{row['Id']}"}
        shown.append(
            {"attributes": attributes, **{p.path: row.get(p.path) for p in asked.selected}}
        )
    return shown


def _objects(org: Org, source: str) -> list[Thing]:
    if source == "CustomField":
        return [_custom_field(field) for field in org.all("CustomField").values()]
    if source == "EntityDefinition":
        return [_entity(kind) for kind in FIELDS]
    return [_definition(org, kind, name) for kind in FIELDS for name in sorted(org.visible(kind))]


def _entity(kind: str) -> Thing:
    known = {"Id": kind, "DurableId": kind, "QualifiedApiName": kind, "Label": kind}
    return {**known, "KeyPrefix": PREFIXES[kind]}


def _definition(org: Org, kind: str, name: str) -> Thing:
    ident = f"{kind}.{name}"
    known = {"Id": ident, "DurableId": ident, "QualifiedApiName": name, "EntityDefinitionId": kind}
    sort = org.field_type(kind, name)
    return {**known, "EntityDefinition.QualifiedApiName": kind, "DataType": sort}


def _custom_field(field: Thing) -> dict[str, Any]:
    kind, _, name = field["FullName"].partition(".")
    known = {"Id": field["Id"], "FullName": field["FullName"], "Metadata": field["Metadata"]}
    return {**known, "DeveloperName": name.removesuffix("__c"), "TableEnumOrId": kind}
