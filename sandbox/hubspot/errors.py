"""HubSpot's errors, and its way of writing times.

Sources: HubSpot's page "Error handling" (every field of an error is optional; 400 names bad
properties as JSON inside the text); HubSpot/hubspot-api-nodejs#268 (the 403);
HubSpot/hubspot-php#203 (a 405 has no body, and names the methods in `Allow`).
"""

import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


class RefusedError(Exception):
    """An answer that isn't a success. Without a category the body has none."""

    def __init__(self, status: int, category: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {
            "status": "error",
            "message": message,
            "correlationId": str(uuid.uuid4()),
            **({"category": category} if category else {}),
            **more,
        }


@dataclass(frozen=True, slots=True)
class Misfit:
    """What is wrong with one property of a write."""

    name: str
    code: str  # HubSpot's, such as INVALID_OPTION
    message: str


def invalid(message: str, **more: Any) -> RefusedError:
    """A 400."""
    return RefusedError(400, "VALIDATION_ERROR", message, **more)


def not_found(message: str = "resource not found", **more: Any) -> RefusedError:
    """A 404 that HubSpot's own code gives."""
    return RefusedError(404, "OBJECT_NOT_FOUND", message, **more)


def misfitting(misfits: Sequence[Misfit]) -> RefusedError:
    """The 400 of property values, which lists all of them."""
    listed = [
        {
            "isValid": False,
            "message": misfit.message,
            "error": misfit.code,
            "name": misfit.name,
            "localizedErrorMessage": misfit.message,
        }
        for misfit in misfits
    ]
    details = [
        {
            "message": misfit.message,
            "code": misfit.code,
            "context": {"propertyName": [misfit.name]},
        }
        for misfit in misfits
    ]
    return invalid(f"Property values were not valid: {json.dumps(listed)}", errors=details)


def unreadable(problem: str) -> RefusedError:
    """The 400 of a body that isn't what the call takes."""
    return invalid(f"Invalid input JSON on line 1, column 1: {problem}")


def iso(at: float | None = None) -> str:
    """HubSpot's text of a time, now by default."""
    moment = datetime.fromtimestamp(at if at is not None else time.time(), UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
