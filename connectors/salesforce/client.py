"""Salesforce over REST: queries, collections and composite calls, and what its answers mean.

Sources: docs/design/vendors.md Salesforce 1.2 and 1.7. Salesforce has no limit a second but one a
day: each answer tells how much of it is used, and before the last of it is gone the connector
stops by itself and says so.
"""

import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx

from connectors.core.answers import each, foreign, read, words
from connectors.core.crm import Row
from connectors.core.daily_quota import DailyQuota
from connectors.core.errors import (
    AccountLimited,
    NotInPlan,
    QuotaExhausted,
    RecordRejected,
    RecordRetryable,
    Unauthorised,
    Unavailable,
    Unreadable,
    VendorError,
)
from connectors.core.http import SlidingWindowLimiter, VendorHttp, retry_after
from connectors.core.oauth import TokenAuth
from connectors.core.splitting import one_by_one
from connectors.salesforce.auth import SalesforceGrant
from connectors.salesforce.forms import Acted, Composite, Fault, Found, IdRow, Part, Saved

VERSION = "v67.0"
BASE = f"/services/data/{VERSION}"
MOST_ROWS = 200
MOST_QUERIES = 5
_SPARE = 0.95  # of the day's calls; what is left is for people
_HEADERS = {
    # else an org's assignment rule takes the owner at every write
    # (docs/design/vendors.md Salesforce 1.4)
    "sforce-auto-assign": "FALSE",
    "sforce-query-options": "batchSize=2000",
}
#: DUPLICATES_DETECTED and DUPLICATE_VALUE: somebody was there between our read and our write; the
#: next try reads it.
_PASSING = frozenset(
    "UNABLE_TO_LOCK_ROW SERVER_UNAVAILABLE QUERY_TIMEOUT REQUEST_RUNNING_TOO_LONG"
    " CANNOT_UPDATE_CONVERTED_LEAD DUPLICATES_DETECTED DUPLICATE_VALUE PROCESSING_HALTED"
    " ALL_OR_NONE_OPERATION_ROLLED_BACK".split()
)
_KINDS = {
    "ENTITY_IS_DELETED": "deleted",
    "INACTIVE_OWNER_OR_USER": "no_owner",
    "NOT_FOUND": "missing",
}
#: What is true for every record until somebody changes the org, and what a person must know of it.
_ORG = {
    "STORAGE_LIMIT_EXCEEDED": (
        "Salesforce's data storage is full: delete records there or buy storage"
    ),
    "API_DISABLED_FOR_ORG": "the org's edition or its settings don't allow the API",
    "API_CURRENTLY_DISABLED": "the org's API is switched off for now",
    "UNSUPPORTED_API_VERSION": (
        "Salesforce has shut down this version of its API: Leadgate must be updated"
    ),
    "ORG_LOCKED": "the org is locked: ask Salesforce",
    "LICENSE_LIMIT_EXCEEDED": "the org's licences are used up",
    "TRIAL_EXPIRED": "the org's trial has ended",
    "INVALID_TYPE": (
        "the org has no such object, or hides it from the integration user: run leadgate doctor"
    ),
}
_HIDDEN = (
    "Salesforce has no such field of Leadgate's, or hides it from the integration user: run"
    " leadgate provision"
)
_NO_LOGIN = frozenset({"INVALID_SESSION_ID", "INVALID_AUTH_HEADER", "INVALID_LOGIN"})
_LOCATOR = re.compile(r"/services/data/v[0-9.]{3,6}/(query|queryAll)/([A-Za-z0-9_-]{3,60})")

Record = dict[str, Any]
T = TypeVar("T")


def classify(response: httpx.Response) -> VendorError | None:
    """What to do about an answer.

    A 403 can be a scope, the day's limit or too many long calls: its code tells.
    """
    status = response.status_code
    if status < 300:
        return None
    if status == 400 and _is_action(response):
        return None  # every input of an action failed, and each row says why
    body = foreign(response.content)
    code, message = (
        words(body, 0, "errorCode"),
        words(body, 0, "message") or ("" if body else response.text[:200]),
    )
    said = (
        f"Salesforce {response.request.method} {response.request.url.path}: {status} {code}"
        f" {message}".rstrip()
    )
    if code == "REQUEST_LIMIT_EXCEEDED":
        return (
            Unavailable(said, 2.0, undone=True)
            if "Concurrent" in message
            else QuotaExhausted(said, undone=True)
        )
    if limited := _of_the_org(status, code, message):
        return AccountLimited(f"{limited} ({said})")
    if status == 401 and (code in _NO_LOGIN or not code):
        return Unauthorised(said)
    if status in {401, 403}:
        return (
            NotInPlan(said)
            if code
            else Unavailable(
                f"{said} (a refusal that Salesforce doesn't explain)", 60.0, undone=True
            )
        )
    if status >= 500 or status in {408, 429} or 300 <= status < 400:
        return Unavailable(said, retry_after(response, 1.0), undone=status == 429)
    return _row(code, said)


def _of_the_org(status: int, code: str, message: str) -> str:
    """What is true for every record, in a sentence; '' for anything else.

    Optional objects are asked for by `limits` alone.
    """
    if status == 410:
        return _ORG["UNSUPPORTED_API_VERSION"]
    if code == "INVALID_FIELD" and "leadgate_" in message.casefold():
        return _HIDDEN
    return _ORG.get(code, "")


def row_error(errors: Sequence[Fault]) -> VendorError:
    """The first error of a collection's row, or of an action's."""
    first = errors[0] if errors else Fault()
    said = f"Salesforce: {first.code} {(first.message or '')[:300]}"
    if limited := _of_the_org(0, first.code, first.message or ""):
        return AccountLimited(f"{limited} ({said})")
    return _row(first.code, said)


def _row(code: str, said: str) -> VendorError:
    return (
        RecordRetryable(said)
        if code in _PASSING
        else RecordRejected(said, _KINDS.get(code, "rejected"))
    )


def _is_action(response: httpx.Response) -> bool:
    return b'"isSuccess"' in response.content


def moment(at: float) -> str:
    """A SOQL date-time, whole seconds, never later than `at`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(at)))


def _usage(headers: Mapping[str, str]) -> str:
    """`api-usage=18/5000`, perhaps with more behind a semicolon."""
    used, _, most = (
        headers.get("sforce-limit-info", "")
        .partition(";")[0]
        .removeprefix("api-usage=")
        .partition("/")
    )
    return (
        f"{used} of {most}"
        if used.isdigit() and most.isdigit() and int(used) >= int(most) * _SPARE
        else ""
    )


class SalesforceHttp:
    """The calls that the connector makes."""

    def __init__(
        self,
        base: str,
        grant: SalesforceGrant,
        budget: SlidingWindowLimiter,
        clock: Callable[[], float],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._grant = grant
        self.session = TokenAuth(grant)
        self._http = VendorHttp(
            "Salesforce",
            base.rstrip("/"),
            _HEADERS,
            classify,
            budget,
            transport,
            auth=self.session,
            day=DailyQuota("Salesforce's calls of the day", clock, _usage),
        )

    @property
    def me(self) -> str:
        """The integration user's id, '' before the first call."""
        return self._grant.user_id

    async def call(
        self,
        form: type[T],
        method: str,
        template: str,
        *parts: str,
        json: Any = None,
        params: Any = None,
        until: float | None = None,
    ) -> T:
        """One call below the version's path: see VendorHttp.call.

        Raises Unavailable while the day's calls are spent.
        """
        below = BASE + "/" + template
        return await self._http.call(
            form, method, below, *parts, json=json, params=params, until=until
        )

    async def queries(self, *asked: str, deleted: bool = False) -> list[list[Any]]:
        """The records of up to 25 queries, five a composite call; a composite call counts as one.

        An answer belongs to the query whose reference it bears. Raises Unreadable for one with
        fewer records than it says.
        """
        found: list[list[Any]] = []
        verb = "queryAll" if deleted else "query"
        for start in range(0, len(asked), MOST_QUERIES):
            some = asked[start : start + MOST_QUERIES]
            parts = [
                {"method": "GET", "url": f"{BASE}/{verb}?{_asking(text)}", "referenceId": f"q{i}"}
                for i, text in enumerate(some)
            ]
            body = {"allOrNone": False, "compositeRequest": parts}
            answers = (await self.call(Composite, "POST", "composite", json=body)).compositeResponse
            by_reference = {part.referenceId: part for part in answers}
            if set(by_reference) != {f"q{i}" for i in range(len(some))} or len(answers) != len(
                some
            ):
                raise Unreadable(
                    f"Salesforce answered {len(answers)} of {len(some)} queries of a call, or"
                    " others"
                )
            found += [await self._rest(by_reference[f"q{i}"]) for i in range(len(some))]
        return found

    async def _rest(self, part: Part) -> list[Any]:
        if part.httpStatusCode >= 300:
            raise _part_error(part)
        try:
            page = read(part.body, Found)
        except ValueError as error:
            raise Unreadable(
                f"Salesforce: the answer to a query is not in the documented form ({error})"
            ) from None
        records = list(page.records)
        async for more in self._following(page):
            records += more.records
        if len(records) != page.totalSize:
            raise Unreadable(
                f"Salesforce says that a query has {page.totalSize} records and shows"
                f" {len(records)}"
            )
        return records

    async def _following(self, page: Found) -> AsyncIterator[Found]:
        """The pages after one.

        Their locator is Salesforce's own; nothing else of its address is believed.
        """
        seen: set[str] = set()
        while not page.done:
            named = _LOCATOR.fullmatch(page.nextRecordsUrl or "")
            if named is None or named[2] in seen:
                raise Unreadable(
                    "Salesforce names no next page of a query:"
                    f" {(page.nextRecordsUrl or '')[:80]!r}"
                )
            seen.add(named[2])
            page = await self.call(Found, "GET", "{}/{}", named[1], named[2])
            yield page

    async def pages(self, asked: str) -> AsyncIterator[list[Any]]:
        """The pages of one query, one at a time."""
        page = await self.call(Found, "GET", "query", params={"q": asked})
        yield page.records
        async for more in self._following(page):
            yield more.records

    async def collection(
        self,
        method: str,
        template: str,
        *parts: str,
        records: Sequence[Record],
        until: float | None = None,
    ) -> list[Row[str]]:
        """Write up to any number of records, 200 a call: each row's id, or its VendorError.

        Salesforce answers in the order of the rows, and its word is taken for a row only if it
        names the id that was sent.
        """

        async def call(some: Sequence[Record]) -> list[Row[str]]:
            body = {"allOrNone": False, "records": list(some)}
            done = await self.call(list[Any], method, template, *parts, json=body, until=until)
            _check_count(len(some), len(done))
            return [*each("Salesforce", [*zip(some, done, strict=True)], _saved)]

        return await one_by_one(records, call, MOST_ROWS)

    async def action(self, name: str, inputs: Sequence[Record]) -> list[Row[bool]]:
        """A standard action: for each input True, or what stood against it."""

        async def call(some: Sequence[Record]) -> list[Row[bool]]:
            done = await self.call(
                list[Any], "POST", "actions/standard/{}", name, json={"inputs": list(some)}
            )
            _check_count(len(some), len(done))
            return [*each("Salesforce", done, _acted)]

        return await one_by_one(inputs, call, MOST_ROWS)

    async def close(self) -> None:
        """Let connections go."""
        await self._http.close()


def _asking(text: str) -> str:
    """A query as a web address has it.

    Raises RecordRejected for half a character, which no address can hold.
    """
    try:
        return urlencode({"q": text})
    except UnicodeError as error:
        raise RecordRejected(f"Salesforce can't be asked for half a character: {error}") from None


def _check_count(sent: int, answered: int) -> None:
    if sent != answered:
        raise Unreadable(
            f"Salesforce answered {answered} rows to {sent}: which is whose can't be told"
        )


def _saved(pair: tuple[Record, Any]) -> Row[str]:
    """A row's id, or its error.

    Raises ValueError for an answer about another record than was sent.
    """
    sent, item = pair
    row = read(item, Saved)
    if not row.success:
        return row_error(row.errors or ())
    ident = str(read({"Id": row.id}, IdRow).Id)
    if (mine := sent.get("id")) and mine[:15] != ident[:15]:
        raise ValueError(f"it is about {ident}, not {mine}")
    return ident


def _acted(item: Any) -> Row[bool]:
    row = read(item, Acted)
    return True if row.isSuccess else row_error(row.errors or ())


def _part_error(part: Part) -> VendorError:
    """The error of one query of a composite call."""
    code, message = words(part.body, 0, "errorCode"), words(part.body, 0, "message")
    if code == "INVALID_FIELD":
        return AccountLimited(
            "a field that Leadgate reads of everybody isn't there, or is hidden from it"
            f" (Salesforce: {message})"
        )
    error = row_error([Fault(errorCode=code, message=message)])
    if isinstance(error, AccountLimited):
        return error
    return error if part.httpStatusCode < 500 else Unavailable(str(error))
