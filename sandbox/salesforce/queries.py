"""Query calls of the sandbox's Salesforce: pages smaller than asked, deleted records only for
queryAll (docs/design/vendors.md Salesforce 1.2)."""

import re
from itertools import count
from typing import Any

from sandbox.salesforce.errors import RefusedError
from sandbox.salesforce.routing import Answer, Api, Call
from sandbox.salesforce.soql.run import run
from sandbox.store import Thing

#: "A page can be smaller than asked": so it is. 200 is the least that can be asked for.
PAGE, _LEAST = 500, 200
_BATCH = re.compile(r"batchSize=(\d+)")


def serve_queries(api: Api) -> None:
    """Add the routes."""
    org, numbers = api.org, count(1)
    open_cursors: dict[str, list[Thing]] = {}

    def page(call: Call, name: str, records: list[Thing], start: int) -> Answer:
        end = start + _page_size(call)
        done = end >= len(records)
        body: dict[str, Any] = {
            "totalSize": len(records),
            "done": done,
            "records": records[start:end],
        }
        if not done:
            open_cursors[name] = records
            body["nextRecordsUrl"] = f"{call.base}query/{name}-{end}"
        return Answer(200, body)

    def first(call: Call, *, deleted: bool) -> Answer:
        if not call.params.get("q"):
            raise RefusedError(400, "MALFORMED_QUERY", "A query string has to be specified")
        found = run(org, call.params["q"], call.base, deleted=deleted)
        if not found.rows:
            return Answer(200, {"totalSize": found.size, "done": True, "records": []})
        if found.rows[0]["attributes"]["type"] == "AggregateResult":
            return Answer(200, {"totalSize": found.size, "done": True, "records": found.rows})
        return page(call, f"01g{next(numbers):012d}", found.rows, 0)

    @api.route("GET", "query")
    def query(call: Call) -> Answer:
        return first(call, deleted=False)

    @api.route("GET", "queryAll")
    def query_all(call: Call) -> Answer:
        return first(call, deleted=True)

    @api.route("GET", "query/{cursor}")
    def more(call: Call) -> Answer:
        name, _, start = call.parts["cursor"].partition("-")
        if name not in open_cursors or not start.isdigit():
            raise RefusedError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return page(call, name, open_cursors[name], int(start))


def _page_size(call: Call) -> int:
    """By the Query Options header."""
    asked = _BATCH.search(call.headers.get("sforce-query-options", ""))
    return min(PAGE, max(_LEAST, int(asked[1]))) if asked else PAGE
