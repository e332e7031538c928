"""Bodies of answers to batches and lists."""

from collections.abc import Callable, Sequence
from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.hubspot.errors import RefusedError, invalid, iso
from sandbox.store import Thing


def refuse_doubles(inputs: Sequence[Thing]) -> None:
    """Refuse a batch that names an object twice."""
    ids = [str(i.get("id")) for i in inputs]
    if len(set(ids)) < len(ids):
        raise invalid("Duplicate IDs found in batch input")


def each(inputs: Sequence[Thing], do: Callable[[Thing], Thing], status: int) -> Response:
    """Row by row: 207 with the trace id of each that failed; without trace ids the first fault
    fails the call (docs/design/vendors.md HubSpot 0.5)."""
    results, errors = [], []
    for item in inputs:
        trace = item.get("objectWriteTraceId")
        try:
            done = do(item)
        except RefusedError as refused:
            if not trace:
                raise
            errors.append({**refused.body, "context": {"objectWriteTraceId": [trace]}})
        else:
            results.append({**done, **({"objectWriteTraceId": trace} if trace else {})})
    return batch(results, errors, status)


def batch(
    results: Sequence[Thing], errors: Sequence[Thing] = (), status: int = 200, count: int = 0
) -> Response:
    """A batch's answer; `count` is the number of errors where entries stand for several."""
    now = iso()
    body: dict[str, Any] = {
        "status": "COMPLETE",
        "results": [*results],
        "startedAt": now,
        "completedAt": now,
    }
    if errors:
        # the official client wants them all
        filled = [{"errors": [], "links": {}, "context": {}, **error} for error in errors]
        return JSONResponse({**body, "numErrors": count or len(filled), "errors": filled}, 207)
    return JSONResponse(body, status)


def page(rows: Sequence[Thing], limit: int, after: str) -> dict[str, Any]:
    """A page of rows that follow one another by their place; `after` is the place of the first.

    Raises RefusedError for a place that isn't one.
    """
    if after and not after.isdigit():
        raise invalid(f"The paging cursor {after} is not valid")
    begin = int(after or 0)
    body: dict[str, Any] = {"results": [*rows[begin : begin + limit]]}
    if begin + limit < len(rows):
        body["paging"] = {"next": {"after": str(begin + limit), "link": f"?after={begin + limit}"}}
    return body
