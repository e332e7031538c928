"""Zoho CRM v8 over HTTP: rows of a hundred, COQL, and what its answers mean.

Sources: facts/salesforce_zoho_slack.md 2.2 and 2.4. Every write says that no workflow and no cadence may run for it: left
out, all of them run. Search lags and is never asked; COQL and ids are.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from connectors.bearer import Bearer
from connectors.daily import Daily
from connectors.errors import RowRejected, RowRetryable, Unauthorised, Unavailable, VendorError
from connectors.http import Budget, VendorHttp, retry_after

VERSION = "v8"
MOST_ROWS = 100
_PAGE = 2000  # a COQL answer's rows
_AT_ONCE = 8  # ten heavy calls at once are allowed (facts 2.4); two are for people
_SPARE = 0.05  # of the day's credits, for people
_QUIET: dict[str, Any] = {"trigger": [], "skip_feature_execution": [{"name": "cadences"}]}
_PASSING = frozenset({"RECORD_LOCKED", "DUPLICATE_DATA", "INTERNAL_ERROR", "ALREADY_MODIFIED", "ID_ALREADY_CONVERTED"})

Record = dict[str, Any]


def classify(response: httpx.Response) -> VendorError | None:
    """What to do about an answer. 400 with rows in it is an answer like any other: the rows tell."""
    status = response.status_code
    if status < 300 or status == 304:
        return None
    body = _body(response)
    if status == 400 and isinstance(body.get("data"), list):
        return None
    code = str(body.get("code", ""))
    said = f"Zoho {response.request.method} {response.request.url.path}: {status} {code} {body.get('message', '')}".rstrip()
    if status == 429:
        return Unavailable(said, retry_after(response, 2.0), undone=True)
    if status in {401, 403}:
        return Unauthorised(said)
    if status >= 500 or status == 408:
        return Unavailable(said, retry_after(response, 1.0))
    return RowRejected(said)


def _body(response: httpx.Response) -> Record:
    try:
        body = response.json()
    except ValueError:
        return {"message": response.text[:200]}
    return body if isinstance(body, dict) else {}


def row_error(row: Record) -> VendorError:
    """A row that is no success."""
    code, details = str(row.get("code", "")), row.get("details") or {}
    said = f"Zoho: {code} {row.get('message', '')} {details.get('api_name', '')}".rstrip()
    if code in _PASSING:
        return RowRetryable(said)
    gone = code == "INVALID_DATA" and details.get("api_name") in {"id", "ids"}
    return RowRejected(said, "deleted" if gone else "no_owner" if details.get("api_name") == "Owner" else "rejected")


def moment(at: float) -> str:
    """A date-time as Zoho takes it: whole seconds, with an offset, no Z."""
    return datetime.fromtimestamp(int(at), UTC).isoformat(timespec="seconds")


class ZohoHttp:
    """The calls that the connector makes. `credits_day` is what the plan allows; near its end the connector stops by itself."""

    def __init__(
        self,
        base: str,
        bearer: Bearer,
        budget: Budget,
        clock: Callable[[], float],
        credits_day: int = 50_000,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        def usage(headers: Mapping[str, str]) -> str:
            left = headers.get("x-api-credits-remaining", "")
            return f"{left} left of {credits_day}" if left.isdigit() and int(left) < credits_day * _SPARE else ""

        day = Daily("Zoho's credits of the day", clock, usage)
        self._http = VendorHttp(base.rstrip("/"), {}, classify, budget, transport, auth=bearer, at_once=_AT_ONCE, day=day)

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Any = None,
        headers: Mapping[str, str] | None = None,
        until: float | None = None,
    ) -> Record:
        """One call below the version's path; 204 is an empty body. Raises Unavailable while the day's credits are spent."""
        full = f"/crm/{VERSION}/{path}"
        response = await self._http.call(method, full, json=json, params=params, headers=headers, until=until)
        found: Record = response.json() if response.content else {}
        return found

    async def rows(self, method: str, path: str, records: Sequence[Record], until: float | None = None, **more: Any) -> list[Any]:
        """Write records, a hundred a call: each row's id, or its VendorError."""
        done: list[Any] = []
        for start in range(0, len(records), MOST_ROWS):
            body = {"data": list(records[start : start + MOST_ROWS]), **_QUIET, **more}
            found = await self.call(method, path, json=body, until=until)
            done += [str(r["details"]["id"]) if r["status"] == "success" else row_error(r) for r in found["data"]]
        return done

    async def coql(self, asked: str) -> list[Record]:
        """All rows of a query without a limit of its own."""
        found: list[Record] = []
        more = True
        while more:
            rows, more = await self.coql_page(asked, len(found))
            found += rows
        return found

    async def coql_page(self, asked: str, start: int = 0) -> tuple[list[Record], bool]:
        """Up to 2,000 rows of a query from a row on, and whether there are more."""
        body = await self.call("POST", "coql", json={"select_query": f"{asked} limit {start}, {_PAGE}"})
        return body.get("data") or [], bool((body.get("info") or {}).get("more_records"))

    async def listing(self, module: str, fields: Sequence[str], token: str = "") -> AsyncIterator[tuple[list[Record], str]]:
        """Every record of a module, or those from a page's token on: pages, each with the token of the next."""
        params = {"fields": ",".join(fields), "per_page": "200"}
        while True:
            body = await self.call("GET", module, params={**params, "page_token": token} if token else params)
            token = str((body.get("info") or {}).get("next_page_token") or "")
            yield body.get("data") or [], token
            if not token:
                return

    async def deleted(self, module: str, since: float) -> AsyncIterator[list[Record]]:
        """What was deleted since then, for good too, a page at a time; 304 says that nothing was."""
        headers = {"If-Modified-Since": moment(since)} if since > 0 else {}
        page, more = 1, True
        while more:
            params = {"type": "all", "page": str(page), "per_page": "200"}
            body = await self.call("GET", f"{module}/deleted", params=params, headers=headers)
            yield body.get("data") or []
            page, more = page + 1, bool((body.get("info") or {}).get("more_records"))

    async def close(self) -> None:
        """Let connections go."""
        await self._http.close()
