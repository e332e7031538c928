"""HubSpot's search filters."""

from datetime import datetime
from typing import Any

from sandbox.hubspot.hub import RefusedError
from sandbox.store import Thing


def passes(thing: Thing, groups: list[Thing]) -> bool:
    return not groups or any(
        all(holds(thing["properties"], f) for f in g["filters"]) for g in groups
    )


def holds(p: dict[str, Any], f: Thing) -> bool:
    value, operator = p.get(f["propertyName"]), f["operator"]
    if operator in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
        return bool(bool(value) == (operator == "HAS_PROPERTY"))
    if value is None:
        return False
    if operator in {"IN", "NOT_IN"}:
        return bool((str(value).lower() in f["values"]) == (operator == "IN"))
    wanted = str(f["value"])
    if operator == "EQ":
        return bool(str(value).lower() == wanted.lower())
    if wanted.isdigit() and "T" in str(value):
        at = datetime.fromisoformat(str(value).replace("Z", "+00:00")).timestamp() * 1000
        compared: dict[str, bool] = {
            "GT": at > int(wanted),
            "GTE": at >= int(wanted),
            "LT": at < int(wanted),
            "LTE": at <= int(wanted),
        }
        return compared[operator]
    raise RefusedError(400, "VALIDATION_ERROR", f"operator {operator} is not known here")
