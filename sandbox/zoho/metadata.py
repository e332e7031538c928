"""Modules, fields, layouts and related lists (Zoho's pages "Modules Metadata", "Fields Metadata",
"Layouts Metadata", "Related Lists Metadata")."""

import re

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.store import Thing
from sandbox.zoho.org import Org
from sandbox.zoho.refusals import RefusedError, invalid_field, missing_param
from sandbox.zoho.routing import Routes
from sandbox.zoho.schema import FIELDS, READ_ONLY, REQUIRED, lookup_of

_ADDED = frozenset(
    {"text", "textarea", "integer", "double", "date", "datetime", "boolean", "picklist"}
)
_OF_JSON = {
    "boolean": "boolean",
    "integer": "integer",
    "double": "double",
    "currency": "double",
    "lookup": "jsonobject",
    "ownerlookup": "jsonobject",
}
#: What hangs on a record of any module: the list's name, and its module.
RELATED = {"Notes": "Notes", "Tasks": "Tasks", "Calls": "Calls", "Events": "Events"}
_WITH_RELATED = ("Leads", "Contacts", "Accounts", "Deals")


def serve_metadata(routes: Routes) -> None:
    """Add the routes."""
    org, route = routes.org, routes.route

    @route("GET", "/settings/modules")
    async def modules(request: Request) -> Response:
        del request
        return JSONResponse({"modules": [_module(n, name) for n, name in enumerate(FIELDS)]})

    @route("GET", "/settings/modules/{name}")
    async def module(request: Request, name: str) -> Response:
        del request
        org.fields(name)
        return JSONResponse({"modules": [_module([*FIELDS].index(name), name)]})

    @route("GET", "/settings/fields")
    async def fields(request: Request) -> Response:
        name = _module_asked(org, request)
        return JSONResponse({"fields": fields_of(org, name)})

    @route("POST", "/settings/fields")
    async def add(request: Request) -> Response:
        name = _module_asked(org, request)
        done = [_add(org, name, field) for field in (await request.json())["fields"]]
        good = all(d["status"] == "success" for d in done)
        return JSONResponse({"fields": done}, 201 if good else 400)

    @route("GET", "/settings/layouts")
    async def layouts(request: Request) -> Response:
        return JSONResponse({"layouts": [_layout(org, _module_asked(org, request))]})

    @route("GET", "/settings/related_lists")
    async def related(request: Request) -> Response:
        name = _module_asked(org, request)
        if name not in _WITH_RELATED:
            return Response(status_code=204)
        return JSONResponse({"related_lists": [_related(name, one) for one in RELATED]})


def _module_asked(org: Org, request: Request) -> str:
    """The module of the parameter. Raises RefusedError for none, and for one that isn't there."""
    name = request.query_params.get("module", "")
    if not name:
        raise missing_param("module")
    org.fields(name)
    return name


def _module(number: int, name: str) -> Thing:
    return {
        "id": str(554023000000002170 + number),
        "api_name": name,
        "module_name": name,
        "singular_label": name.removesuffix("s"),
        "plural_label": name,
        "generated_type": "default",
        "api_supported": True,
        "creatable": True,
        "editable": True,
        "deletable": True,
        "viewable": True,
        "visible": True,
        "status": "visible",
        "sequence_number": number + 1,
    }


def fields_of(org: Org, module: str) -> list[Thing]:
    """The definitions of a module's fields, Zoho's own before added ones."""
    added = org.custom(module)
    own = sorted(name for name in org.fields(module) - set(added) if not name.startswith("$"))
    known = [_field(org, module, number, name) for number, name in enumerate(own)]
    return [*known, *({**_shape(org, module, name), **f} for name, f in added.items())]


def _field(org: Org, module: str, number: int, name: str) -> Thing:
    ident = str(554023000000002500 + 100 * [*FIELDS].index(module) + number)
    return {"id": ident, "field_label": name.replace("_", " "), **_shape(org, module, name)}


def _shape(org: Org, module: str, name: str) -> Thing:
    """What is said of every field."""
    kind = org.type_of(module, name)
    shape: Thing = {
        "api_name": name,
        "data_type": kind,
        "json_type": _OF_JSON.get(kind, "string"),
        "length": org.length_of(module, name),
        "system_mandatory": name in REQUIRED.get(module, ()),
        "read_only": name in READ_ONLY,
        "field_read_only": name in READ_ONLY,
        "custom_field": name in org.custom(module),
        "visible": True,
        "unique": {},
        "pick_list_values": [],
        "lookup": {},
    }
    if name == "Tag":
        return {**shape, "json_type": "jsonarray"}
    if (target := lookup_of(module, name)) and kind == "lookup":
        shape["lookup"] = {"module": {"api_name": target, "id": "554023000000002175"}}
    return shape


def _add(org: Org, module: str, field: Thing) -> Thing:
    name = re.sub(r"\W+", "_", field["field_label"].strip())
    if name in org.fields(module):
        said = RefusedError(400, "DUPLICATE_DATA", "duplicate data", api_name="field_label")
        return said.body
    kind = field["data_type"]
    if kind not in _ADDED or (kind == "picklist" and not field.get("pick_list_values")):
        raise invalid_field("data_type")
    ident = org.next_id()
    kept = {"id": ident, "api_name": name, "custom_field": True, **field}
    org.store.put(f"zoho.fields.{module}", name, kept)
    return {
        "code": "SUCCESS",
        "details": {"id": ident},
        "message": "field created",
        "status": "success",
    }


def _layout(org: Org, module: str) -> Thing:
    section = {
        "api_name": f"{module}_Information",
        "name": f"{module}_Information",
        "display_label": f"{module} Information",
        "sequence_number": 1,
        "column_count": 2,
        "fields": fields_of(org, module),
    }
    return {
        "id": str(554023000000091000 + [*FIELDS].index(module)),
        "api_name": "Standard",
        "name": "Standard",
        "display_label": "Standard",
        "status": "active",
        "visible": True,
        "sections": [section],
    }


def _related(module: str, name: str) -> Thing:
    number = 10 * _WITH_RELATED.index(module) + [*RELATED].index(name)
    return {
        "id": str(554023000000024000 + number),
        "api_name": name,
        "display_label": name,
        "name": name,
        "href": f"{module}/{{ENTITYID}}/{name}",
        "module": {"api_name": RELATED[name], "id": _module([*FIELDS].index(name), name)["id"]},
        "type": "default",
        "sequence_number": str(number % 10 + 1),
    }
