"""Writes of up to a hundred rows, each with its own code (docs/design/vendors.md Zoho 2.2)."""

from collections.abc import Callable

from starlette.responses import JSONResponse, Response

from sandbox.store import Thing
from sandbox.zoho.org import Org
from sandbox.zoho.refusals import RefusedError

MOST = 100
#: What one row comes to: the action, the record, and the field that it was found by.
Saved = tuple[str, Thing, str | None]
_SAID = {"insert": "record added", "update": "record updated", "delete": "record deleted"}


def write_rows(org: Org, body: Thing, good: int, one: Callable[[Thing], Saved]) -> Response:
    """Row by row, in order. Raises RefusedError for too few or too many.

    Some refused is 207. Zoho's pages leave open what all refused is: 400, unless the control
    zoho_all_refused names another status.
    """
    data = body.get("data")
    if data is None:
        raise RefusedError(400, "MANDATORY_NOT_FOUND", "required field not found", api_name="data")
    if not isinstance(data, list) or not data or len(data) > MOST:
        raise RefusedError(
            400, "INVALID_DATA", "invalid data", api_name="data", maximum_length=MOST
        )
    done = [_answer(org, place, record, one) for place, record in enumerate(data)]
    return JSONResponse({"data": done}, status_of(org, done, good))


def status_of(org: Org, done: list[Thing], good: int) -> int:
    """The status of an answer with these rows."""
    failed = sum(row["status"] == "error" for row in done)
    if not failed:
        return good
    if failed < len(done):
        return 207
    return int((org.store.get("control", "zoho_all_refused") or {"status": 400})["status"])


def succeeded(action: str, org: Org, record: Thing, field: str | None = None) -> Thing:
    """A row that was saved."""
    details = {
        "id": record["id"],
        "Created_Time": record["Created_Time"],
        "Modified_Time": record["Modified_Time"],
        "Created_By": org.user(org.me),
        "Modified_By": org.user(org.me),
    }
    return {
        "code": "SUCCESS",
        "duplicate_field": field,
        "action": action,
        "details": details,
        "message": _SAID[action],
        "status": "success",
    }


def _answer(org: Org, place: int, record: Thing, one: Callable[[Thing], Saved]) -> Thing:
    try:
        action, saved, field = one(record)
    except RefusedError as refused:
        path = f"$.data[{place}]"
        if name := refused.details.get("api_name"):
            path += f".{name}"
        return {**refused.body, "details": {"json_path": path, **refused.details}}
    return succeeded(action, org, saved, field)
