"""Set-up of the sandbox's Salesforce: added fields, who sees them, describe, limits
(docs/design/vendors.md Salesforce 1.2, 1.5)."""

import re

from sandbox.salesforce.org import Org, RefusedError, options
from sandbox.salesforce.places import code_fields, described
from sandbox.salesforce.records import known
from sandbox.salesforce.routing import Answer, Api, Call
from sandbox.salesforce.schema import BOOLEAN, DATETIME, FIELDS, LENGTHS, READ_ONLY
from sandbox.store import Thing

_TYPES = {
    "Text": "string",
    "LongTextArea": "textarea",
    "Number": "double",
    "Date": "date",
    "DateTime": "datetime",
    "Checkbox": "boolean",
    "Picklist": "picklist",
}
#: No field of an activity can be unique or an external id: the stricter reading of what is
#: unconfirmed.
_PLAIN = frozenset({"Activity"})


def serve_setup(api: Api) -> None:
    """Add the routes."""
    org = api.org

    @api.route("POST", "tooling/sobjects/CustomField")
    def add_field(call: Call) -> Answer:
        name, metadata = call.body["FullName"], call.body["Metadata"]
        kind, _, field = name.partition(".")
        if not re.fullmatch(r"[A-Za-z]\w*__c", field) or (
            kind not in FIELDS and kind not in _PLAIN
        ):
            raise RefusedError(
                400, "FIELD_INTEGRITY_EXCEPTION", f"not a custom field's name: {name}"
            )
        if kind in _PLAIN and (metadata.get("unique") or metadata.get("externalId")):
            raise RefusedError(
                400,
                "FIELD_INTEGRITY_EXCEPTION",
                "an activity's field can be neither unique nor an external id",
            )
        if metadata.get("type") not in _TYPES or (
            metadata["type"] == "Picklist" and not options(metadata)
        ):
            raise RefusedError(
                400,
                "FIELD_INTEGRITY_EXCEPTION",
                f"not a field's definition: {metadata.get('type')}",
            )
        if any(f["FullName"] == name for f in org.all("CustomField").values()):
            raise RefusedError(
                400,
                "DUPLICATE_DEVELOPER_NAME",
                f"There is already a field named {field} on {kind}.",
            )
        made = org.put("CustomField", FullName=name, Metadata=metadata)
        return Answer(
            201, {"id": made["Id"], "success": True, "errors": [], "warnings": [], "infos": []}
        )

    @api.route("GET", "sobjects/{kind}/describe")
    def describe(call: Call) -> Answer:
        kind = known(call.parts["kind"])
        return Answer(
            200,
            {
                "name": kind,
                "fields": [_described(org, kind, name) for name in sorted(org.visible(kind))],
            },
        )

    @api.route("GET", "limits")
    def limits(_call: Call) -> Answer:
        used = (org.store.get("salesforce.Usage", "today") or {"calls": 0})["calls"]
        return Answer(
            200, {"DailyApiRequests": {"Max": api.limit, "Remaining": max(0, api.limit - used)}}
        )


def _described(org: Org, kind: str, name: str) -> Thing:
    added = org.custom(kind).get(name)
    if added is not None:
        unique = bool(added.get("unique"))
        kinds = {
            "type": _TYPES[added["type"]],
            "length": added.get("length", 0),
            "externalId": bool(added.get("externalId")),
        }
        values = [{"value": o, "label": o, "active": True} for o in options(added)]
        more = {
            "unique": unique,
            "custom": True,
            "updateable": True,
            "createable": True,
            "picklistValues": values,
        }
        return {"name": name, **kinds, **more}
    if name in code_fields(org.store, kind):
        return {
            "name": name,
            "type": "picklist",
            "length": 10,
            "picklistValues": described(name),
            "updateable": True,
        }
    sort = "boolean" if name in BOOLEAN else "datetime" if name in DATETIME else "string"
    free = name not in READ_ONLY
    more = {
        "externalId": False,
        "unique": False,
        "custom": False,
        "updateable": free,
        "createable": free,
    }
    return {"name": name, "type": sort, "length": LENGTHS.get(name, 255), **more}
