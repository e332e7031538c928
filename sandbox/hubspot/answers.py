"""Bodies of batch calls, in and out."""

from collections.abc import Callable
from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.hubspot.hub import RefusedError, iso
from sandbox.store import Thing


async def inputs(request: Request, most: int = 100) -> dict[str, Any]:
    body: dict[str, Any] = await request.json()
    if len(body.get("inputs", [])) > most:
        raise RefusedError(400, "VALIDATION_ERROR", f"at most {most} inputs")
    return body


def refuse_doubles(inputs: list[Thing]) -> None:
    ids = [str(i["id"]) for i in inputs]
    if len(set(ids)) < len(ids):
        raise RefusedError(400, "VALIDATION_ERROR", "Duplicate IDs found in batch input")


def each(inputs: list[Thing], do: Callable[[Thing], Thing], status: int) -> Response:
    """Row by row: 207 with the trace id of each that failed; without trace ids the first fault
    fails the call (docs/design/vendors.md HubSpot 0.5)."""
    results, errors = [], []
    for item in inputs:
        try:
            results.append(do(item))
        except RefusedError as refused:
            trace = item.get("objectWriteTraceId")
            if not trace:
                raise
            errors.append({**refused.body, "context": {"objectWriteTraceId": [trace]}})
    return batch(results, errors, status)


def batch(results: list[Thing], errors: list[Thing], status: int = 200) -> Response:
    now = iso()
    body: dict[str, Any] = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": now,
        "completedAt": now,
    }
    if errors:
        # the official client wants them all
        errors = [{"errors": [], "links": {}, "context": {}, **error} for error in errors]
        return JSONResponse({**body, "numErrors": len(errors), "errors": errors}, 207)
    return JSONResponse(body, status)
