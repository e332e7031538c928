"""Salesforce over REST: queries, collections and composite calls, and what its answers mean.

Sources: facts/salesforce_zoho_slack.md 1.2 and 1.7. Salesforce has no limit a second but one a day: each answer tells how
much of it is used, and before the last of it is gone the connector stops by itself and says so.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import httpx

from connectors.bearer import Bearer
from connectors.daily import Daily
from connectors.errors import DaySpent, RowRejected, RowRetryable, Unauthorised, Unavailable, VendorError
from connectors.http import Budget, VendorHttp, retry_after
from connectors.salesforce.auth import SalesforceGrant

VERSION = "v67.0"
BASE = f"/services/data/{VERSION}"
MOST_ROWS = 200
MOST_QUERIES = 5
_SPARE = 0.95  # of the day's calls; what is left is for people
_HEADERS = {
    "sforce-auto-assign": "FALSE",  # else an org's assignment rule takes the owner at every write (facts 1.4)
    "sforce-query-options": "batchSize=2000",
}
#: DUPLICATES_DETECTED and DUPLICATE_VALUE: somebody was there between our read and our write; the next try reads it.
_PASSING = frozenset(
    "UNABLE_TO_LOCK_ROW SERVER_UNAVAILABLE QUERY_TIMEOUT REQUEST_RUNNING_TOO_LONG CANNOT_UPDATE_CONVERTED_LEAD "
    "DUPLICATES_DETECTED DUPLICATE_VALUE PROCESSING_HALTED ALL_OR_NONE_OPERATION_ROLLED_BACK".split()
)
_KINDS = {"ENTITY_IS_DELETED": "deleted", "NOT_FOUND": "deleted", "INACTIVE_OWNER_OR_USER": "no_owner"}

Record = dict[str, Any]


def classify(response: httpx.Response) -> VendorError | None:
    """What to do about an answer. A 403 can be a scope, the day's limit or too many long calls: its code tells."""
    status = response.status_code
    if status < 300:
        return None
    if status == 400 and _is_action(response):
        return None  # every input of an action failed, and each row says why
    code, message = _first_error(response)
    said = f"Salesforce {response.request.method} {response.request.url.path}: {status} {code} {message}".rstrip()
    if code == "REQUEST_LIMIT_EXCEEDED":
        return Unavailable(said, 2.0, undone=True) if "Concurrent" in message else DaySpent(said, undone=True)
    if status in {401, 403}:
        return Unauthorised(said)
    if status >= 500 or status in {408, 429}:
        return Unavailable(said, retry_after(response, 1.0), undone=status == 429)
    return _row(code, said)


def row_error(errors: Sequence[Record]) -> VendorError:
    """The first error of a collection's row, or of an action's."""
    first = errors[0] if errors else {}
    code = str(first.get("statusCode") or first.get("errorCode") or "")
    return _row(code, f"Salesforce: {code} {str(first.get('message', ''))[:300]}")


def _row(code: str, said: str) -> VendorError:
    return RowRetryable(said) if code in _PASSING else RowRejected(said, _KINDS.get(code, "rejected"))


def _is_action(response: httpx.Response) -> bool:
    return b'"isSuccess"' in response.content


def _first_error(response: httpx.Response) -> tuple[str, str]:
    try:
        body = response.json()
    except ValueError:
        return "", response.text[:200]
    first = body[0] if isinstance(body, list) and body and isinstance(body[0], dict) else {}
    return str(first.get("errorCode", "")), str(first.get("message", ""))[:300]


def moment(at: float) -> str:
    """A SOQL date-time, whole seconds, never later than `at`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(at)))


def _usage(headers: Mapping[str, str]) -> str:
    """`api-usage=18/5000`, perhaps with more behind a semicolon."""
    used, _, most = headers.get("sforce-limit-info", "").partition(";")[0].removeprefix("api-usage=").partition("/")
    return f"{used} of {most}" if used.isdigit() and most.isdigit() and int(used) >= int(most) * _SPARE else ""


class SalesforceHttp:
    """The calls that the connector makes."""

    def __init__(
        self,
        base: str,
        grant: SalesforceGrant,
        budget: Budget,
        clock: Callable[[], float],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._grant = grant
        self.session = Bearer(grant)
        self._http = VendorHttp(
            base.rstrip("/"),
            _HEADERS,
            classify,
            budget,
            transport,
            auth=self.session,
            day=Daily("Salesforce's calls of the day", clock, _usage),
        )

    @property
    def me(self) -> str:
        """The integration user's id, '' before the first call."""
        return self._grant.user_id

    async def call(self, method: str, path: str, *, json: Any = None, params: Any = None, until: float | None = None) -> Any:
        """One call below the version's path; the body of its answer. Raises Unavailable while the day's calls are spent."""
        full = path if path.startswith("/services/") else f"{BASE}/{path}"
        response = await self._http.call(method, full, json=json, params=params, until=until)
        return response.json() if response.content else {}

    async def queries(self, *asked: str, deleted: bool = False) -> list[list[Record]]:
        """The records of up to 25 queries, five a composite call; a composite call counts as one."""
        found: list[list[Record]] = []
        verb = "queryAll" if deleted else "query"
        for start in range(0, len(asked), MOST_QUERIES):
            some = asked[start : start + MOST_QUERIES]
            parts = [
                {"method": "GET", "url": f"{BASE}/{verb}?{urlencode({'q': text})}", "referenceId": f"q{i}"}
                for i, text in enumerate(some)
            ]
            body = await self.call("POST", "composite", json={"allOrNone": False, "compositeRequest": parts})
            for part in body["compositeResponse"]:
                if part["httpStatusCode"] >= 300:
                    raise _part_error(part)
                found.append(await self._rest(part["body"]))
        return found

    async def _rest(self, page: Record) -> list[Record]:
        records: list[Record] = list(page["records"])
        while not page["done"]:
            page = await self.call("GET", page["nextRecordsUrl"])
            records += page["records"]
        return records

    async def pages(self, asked: str) -> Any:
        """The pages of one query, one at a time."""
        page = await self.call("GET", "query", params={"q": asked})
        yield page["records"]
        while not page["done"]:
            page = await self.call("GET", page["nextRecordsUrl"])
            yield page["records"]

    async def collection(self, method: str, path: str, records: Sequence[Record], until: float | None = None) -> list[Any]:
        """Write up to any number of records, 200 a call: each row's id, or its VendorError."""
        rows: list[Any] = []
        for start in range(0, len(records), MOST_ROWS):
            body = {"allOrNone": False, "records": list(records[start : start + MOST_ROWS])}
            done = await self.call(method, path, json=body, until=until)
            rows += [row["id"] if row["success"] else row_error(row["errors"]) for row in done]
        return rows

    async def action(self, name: str, inputs: Sequence[Record]) -> list[VendorError | None]:
        """A standard action: for each input None, or what stood against it."""
        done: list[VendorError | None] = []
        for start in range(0, len(inputs), MOST_ROWS):
            some = list(inputs[start : start + MOST_ROWS])
            body = await self.call("POST", f"actions/standard/{name}", json={"inputs": some})
            done += [None if row["isSuccess"] else row_error(row["errors"] or []) for row in body]
        return done

    async def close(self) -> None:
        """Let connections go."""
        await self._http.close()


def _part_error(part: Record) -> VendorError:
    error = row_error(part["body"] if isinstance(part["body"], list) else [])
    return error if part["httpStatusCode"] < 500 else Unavailable(str(error))
