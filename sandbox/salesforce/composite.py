"""Composite calls: subrequests that refer to one another, and batches that don't.

Source: REST API Developer Guide, "Composite", "Composite Subrequest Result", "Batch".
"""

import json
import re
from typing import Any

from sandbox.salesforce.errors import RefusedError
from sandbox.salesforce.routing import Answer, Api, Call
from sandbox.salesforce.undoing import State

_MOST_PARTS, _MOST_QUERIES = 25, 5
_REFERENCE = re.compile(r"@\{(\w+)\.([^}]+)\}")
_NAME = re.compile(r"\w+")
_HALTED = "The transaction was rolled back since another operation in the same transaction failed."


def serve_composite(api: Api) -> None:
    """Add the routes."""

    @api.route("POST", "composite")
    def composite(call: Call) -> Answer:
        parts = _parts(call)
        whole = bool(call.body.get("allOrNone"))
        before = State(api.org) if whole else None
        done: dict[str, Answer] = {}
        for part in parts:
            done[part["referenceId"]] = _answer(api, call, part, done)
        if before is not None and any(answer.status >= 400 for answer in done.values()):
            before.restore()
            first = next(name for name, answer in done.items() if answer.status >= 400)
            halted = RefusedError(400, "PROCESSING_HALTED", _HALTED)
            done = {n: a if n == first else Answer(400, halted.body) for n, a in done.items()}
        answers = [_shown(name, answer) for name, answer in done.items()]
        return Answer(200, {"compositeResponse": answers})

    @api.route("POST", "composite/batch")
    def batch(call: Call) -> Answer:
        requests = (call.body or {}).get("batchRequests") or []
        if not 0 < len(requests) <= _MOST_PARTS:
            raise RefusedError(400, "LIMIT_EXCEEDED", f"1 to {_MOST_PARTS} subrequests")
        results: list[dict[str, Any]] = []
        for one in requests:
            url = f"/services/data/{one['url'].removeprefix('/services/data/')}"
            done = api.dispatch(one["method"], url, one.get("richInput"), call.headers)
            results.append({"statusCode": done.status, "result": done.body})
            if done.status >= 400 and call.body.get("haltOnError"):
                break
        failed = any(result["statusCode"] >= 400 for result in results)
        return Answer(200, {"hasErrors": failed, "results": results})


def _parts(call: Call) -> list[dict[str, Any]]:
    """The subrequests. Raises RefusedError for the call as a whole."""
    parts: list[dict[str, Any]] = call.body["compositeRequest"]
    queries = sum("/query" in p["url"] for p in parts)
    if len(parts) > _MOST_PARTS or queries > _MOST_QUERIES:
        raise RefusedError(
            400,
            "LIMIT_EXCEEDED",
            f"at most {_MOST_PARTS} subrequests, {_MOST_QUERIES} of them queries",
        )
    names = [str(part.get("referenceId") or "") for part in parts]
    if not all(map(_NAME.fullmatch, names)) or len(set(names)) < len(names):
        said = (
            "Every subrequest needs a referenceId of its own, of letters, numbers and underscores"
        )
        raise RefusedError(400, "JSON_PARSER_ERROR", said)
    return parts


def _answer(api: Api, call: Call, part: dict[str, Any], done: dict[str, Answer]) -> Answer:
    """One subrequest, its references replaced; one that depends on a failed one isn't executed."""
    headers = {**call.headers, **{k.lower(): v for k, v in part.get("httpHeaders", {}).items()}}
    try:
        url = _filled(part["url"], done)
        body = json.loads(_filled(json.dumps(part.get("body")), done))
    except RefusedError as refused:
        return Answer(refused.status, refused.body)
    return api.dispatch(part["method"], url, body, headers)


def _filled(text: str, done: dict[str, Answer]) -> str:
    def value(found: re.Match[str]) -> str:
        answer = done.get(found[1])
        if answer is None or answer.status >= 400:
            said = f"Invalid reference specified. No value for {found[1]}.{found[2]} found in {found[1]}"
            raise RefusedError(400, "PROCESSING_HALTED", said)
        there: Any = answer.body
        for step in re.findall(r"[^.\[\]]+", found[2]):
            there = _step(there, step)
            if there is None:
                said = f"Invalid reference specified. No value for {found[1]}.{found[2]} found"
                raise RefusedError(400, "PROCESSING_HALTED", said)
        return json.dumps(there)[1:-1] if isinstance(there, str) else json.dumps(there)

    return _REFERENCE.sub(value, text)


def _step(there: Any, step: str) -> Any:
    if isinstance(there, list):
        return there[int(step)] if step.isdigit() and int(step) < len(there) else None
    return there.get(step) if isinstance(there, dict) else None


def _shown(name: str, answer: Answer) -> dict[str, Any]:
    return {
        "body": answer.body,
        "httpHeaders": {},
        "httpStatusCode": answer.status,
        "referenceId": name,
    }
