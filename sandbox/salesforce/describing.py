"""What the org says of its objects and fields.

Source: REST API Developer Guide, "Describe Global", "sObject Basic Information", "sObject
Describe".
"""

from typing import Any

from sandbox.salesforce.errors import NOT_FOUND, RefusedError
from sandbox.salesforce.field_types import PICKLISTS, options
from sandbox.salesforce.org import Org
from sandbox.salesforce.places import code_fields, described
from sandbox.salesforce.records import known
from sandbox.salesforce.routing import Answer, Api, Call
from sandbox.salesforce.schema import (
    CHILDREN,
    FIELDS,
    LENGTHS,
    PREFIXES,
    READ_ONLY,
    READ_ONLY_OBJECTS,
    REFERENCES,
    REQUIRED,
)
from sandbox.store import Thing

_LONG = 32_768
_RECENT = 200


def serve_describing(api: Api) -> None:
    """Add the routes."""
    org = api.org

    @api.route("GET", "sobjects")
    def everything(call: Call) -> Answer:
        found = [_object(kind, call.base) for kind in FIELDS]
        return Answer(200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": found})

    @api.route("GET", "sobjects/{kind}")
    def basic(call: Call) -> Answer:
        kind = known(call.parts["kind"])
        newest = [_recent(kind, r, call.base) for r in _newest(org, kind)]
        return Answer(200, {"objectDescribe": _object(kind, call.base), "recentItems": newest})

    @api.route("GET", "sobjects/{kind}/describe")
    def describe(call: Call) -> Answer:
        kind = known(call.parts["kind"])
        fields = [_field(org, kind, name) for name in sorted(org.visible(kind))]
        children = [
            {"childSObject": source, "field": field, "relationshipName": path.partition(".")[2]}
            for path, (source, field) in CHILDREN.items()
            if path.startswith(f"{kind}.")
        ]
        about = _object(kind, call.base)
        return Answer(200, {**about, "fields": fields, "childRelationships": children})

    @api.route("GET", "recent")
    def recent(call: Call) -> Answer:
        limit = call.params.get("limit", str(_RECENT))
        if not limit.isdigit() or not 0 < int(limit) <= _RECENT:
            raise RefusedError(400, "INVALID_ARGUMENT", f"limit must be between 1 and {_RECENT}")
        people = [(k, r) for k in ("Lead", "Contact", "Account") for r in _newest(org, k)]
        people.sort(key=lambda one: str(one[1]["LastModifiedDate"]), reverse=True)
        return Answer(200, [_recent(k, r, call.base) for k, r in people[: int(limit)]])

    @api.route("GET", "tooling/sobjects")
    def tooling(_call: Call) -> Answer:
        found = [{"name": name, "label": name, "queryable": True} for name in TOOLING]
        return Answer(200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": found})

    @api.route("GET", "tooling/sobjects/{kind}/describe")
    def describe_tooling(call: Call) -> Answer:
        kind = call.parts["kind"]
        if kind not in TOOLING:
            raise RefusedError(404, *NOT_FOUND)
        fields = [{"name": name, "label": name, "type": "string"} for name in TOOLING[kind]]
        return Answer(200, {"name": kind, "label": kind, "fields": fields})


#: Objects of the Tooling API, and their fields.
TOOLING = {
    "CustomField": ("Id", "DeveloperName", "TableEnumOrId", "FullName", "Metadata"),
    "EntityDefinition": ("Id", "DurableId", "QualifiedApiName", "Label", "KeyPrefix"),
    "FieldDefinition": ("Id", "DurableId", "QualifiedApiName", "DataType", "EntityDefinitionId"),
}


def _newest(org: Org, kind: str) -> list[Thing]:
    # times are whole seconds: of two records of one second the later one is the newer
    live = [r for r in reversed(org.all(kind).values()) if not r["IsDeleted"]]
    return sorted(live, key=lambda r: str(r.get("LastModifiedDate")), reverse=True)[:_RECENT]


def _recent(kind: str, record: Thing, base: str) -> Thing:
    attributes = {"type": kind, "url": f"{base}sobjects/{kind}/{record['Id']}"}
    return {"attributes": attributes, "Id": record["Id"], "Name": record.get("Name")}


def _object(kind: str, base: str) -> dict[str, Any]:
    free = kind not in READ_ONLY_OBJECTS
    url = f"{base}sobjects/{kind}"
    return {
        "name": kind,
        "label": kind,
        "labelPlural": f"{kind}s",
        "keyPrefix": PREFIXES[kind],
        "custom": False,
        "queryable": True,
        "retrieveable": True,
        "createable": free,
        "updateable": free,
        "deletable": free and kind != "User",
        "urls": {"sobject": url, "describe": f"{url}/describe", "rowTemplate": f"{url}/{{ID}}"},
    }


def _field(org: Org, kind: str, name: str) -> Thing:
    sort, added = org.field_type(kind, name), org.custom(kind).get(name)
    free = name not in READ_ONLY
    about: Thing = {
        "name": name,
        "label": (added or {}).get("label") or name,
        "type": "textarea" if sort == "longtextarea" else sort,
        "length": LENGTHS.get(name, 255) if added is None else added.get("length", 0),
        "custom": added is not None,
        "externalId": bool((added or {}).get("externalId")),
        "unique": bool((added or {}).get("unique")),
        "nillable": name not in REQUIRED.get(kind, ()),
        "createable": free,
        "updateable": free,
        "filterable": sort != "longtextarea",
        "sortable": sort != "longtextarea",
        "groupable": sort not in {"longtextarea", "datetime", "double"},
        "restrictedPicklist": added is not None and sort == "picklist",
        "picklistValues": _values(org, kind, name, added),
    }
    if sort == "longtextarea" and added is None:
        about["length"] = _LONG
    if sort == "reference":
        heads = [head for head, field in REFERENCES.items() if field == name]
        about |= {"referenceTo": heads, "relationshipName": heads[0] if heads else None}
    return about


def _values(org: Org, kind: str, name: str, added: Thing | None) -> list[Thing]:
    if added is not None:
        return [_entry(one) for one in options(added)]
    if name in code_fields(org.store, kind):
        return described(name)
    return [_entry(one) for one in PICKLISTS.get(f"{kind}.{name}", "").split(";") if one]


def _entry(value: str) -> Thing:
    return {"value": value, "label": value, "active": True, "defaultValue": False, "validFor": None}
