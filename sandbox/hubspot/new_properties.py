"""Definitions of new and changed properties, as HubSpot takes and completes them.

Source: HubSpot's page "Properties" (names, types with their field types, options).
"""

import re
from typing import Any

from sandbox.hubspot.definitions import Definition
from sandbox.hubspot.errors import invalid, iso

_FIELDS = {
    "bool": {"booleancheckbox", "calculation_equation"},
    "enumeration": {"booleancheckbox", "checkbox", "radio", "select", "calculation_equation"},
    "date": {"date"},
    "datetime": {"date", "calculation_equation"},
    "string": {"text", "textarea", "html", "phonenumber", "file", "calculation_equation"},
    "number": {"number", "calculation_equation"},
}
_NEEDED = ("name", "label", "type", "fieldType", "groupName")
_MOST_NAME = 100
_CHANGEABLE = frozenset(
    "groupName label description displayOrder hidden options formField type fieldType".split()
)


def new_definition(sent: dict[str, Any]) -> Definition:
    """A definition as HubSpot keeps it. Raises RefusedError."""
    if absent := [name for name in _NEEDED if not isinstance(sent.get(name), str)]:
        raise invalid(f"Some required fields were not set: [{', '.join(absent)}]")
    name = sent["name"]
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or len(name) > _MOST_NAME:
        raise invalid(
            f"{name} is no name of a property: small letters, digits and underscores, a letter first"
        )
    now = iso()
    made: Definition = {
        "description": "",
        "displayOrder": -1,
        "hidden": False,
        "formField": False,
        **sent,
        "options": [_option(one, place) for place, one in enumerate(sent.get("options") or ())],
        "hasUniqueValue": bool(sent.get("hasUniqueValue")),
        "calculated": sent["fieldType"] == "calculation_equation",
        "externalOptions": bool(sent.get("externalOptions")),
        "hubspotDefined": False,
        "archived": False,
        "createdAt": now,
        "updatedAt": now,
        "createdUserId": "1",
        "updatedUserId": "1",
        "modificationMetadata": {
            "archivable": True,
            "readOnlyDefinition": False,
            "readOnlyOptions": False,
            "readOnlyValue": False,
        },
    }
    _refuse_form(made)
    return made


def changed_definition(held: Definition, sent: dict[str, Any]) -> Definition:
    """A definition with some fields changed; its name and its uniqueness stay. Raises
    RefusedError."""
    given = {name: value for name, value in sent.items() if name in _CHANGEABLE}
    if "options" in given:
        given["options"] = [_option(one, place) for place, one in enumerate(given["options"])]
    changed = {**held, **given, "updatedAt": iso()}
    _refuse_form(changed)
    return changed


def _refuse_form(definition: Definition) -> None:
    form, field = definition["type"], definition["fieldType"]
    if form not in _FIELDS:
        raise invalid(f"{form} is not one of the types {sorted(_FIELDS)}")
    if field not in _FIELDS[form]:
        raise invalid(f"{field} is no fieldType of {form}: {sorted(_FIELDS[form])}")
    options = [option["value"] for option in definition["options"]]
    if form in {"enumeration", "bool"} and not options and not definition["externalOptions"]:
        raise invalid(f"Property type {form} needs options")
    if form == "bool" and {*options} != {"true", "false"}:
        raise invalid("A bool has the options true and false")
    if len({*options}) < len(options):
        raise invalid("Two options have the same value")
    if definition["hasUniqueValue"] and form not in {"string", "number"}:
        raise invalid("Only texts and numbers can be unique")


def _option(sent: Any, place: int) -> dict[str, Any]:
    """An option. `label` and `value` are needed."""
    if not isinstance(sent, dict) or not sent.get("label") or "value" not in sent:
        raise invalid("An option needs a label and a value")
    if len(str(sent["label"])) > 512 or ";" in str(sent["value"]):
        raise invalid(f"{sent['value']} is no value of an option")
    return {"description": "", "hidden": False, "displayOrder": place, **sent}
