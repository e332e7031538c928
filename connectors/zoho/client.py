"""Zoho CRM v8 over HTTP: rows of a hundred, COQL, and what its answers mean.

Sources: docs/design/vendors.md Zoho 2.2 and 2.4. Every write says that no workflow and no
cadence may run for it: left out, all of them run. Search lags and is never asked; COQL and ids
are.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx

from connectors.core.answers import each, foreign, member, read, words
from connectors.core.crm import Page, Row
from connectors.core.daily_quota import DailyQuota
from connectors.core.errors import (
    AccountLimited,
    NotInPlan,
    RecordRejected,
    RecordRetryable,
    Unauthorised,
    Unavailable,
    Unreadable,
    VendorError,
)
from connectors.core.http import SlidingWindowLimiter, VendorHttp, retry_after
from connectors.core.oauth import TokenAuth
from connectors.core.pagination import follow, numbered, rows_of
from connectors.core.splitting import one_by_one
from connectors.zoho.forms import Answered, Outcome, Ref, Rows

VERSION = "v8"
_BELOW = "/crm/" + VERSION + "/"
MOST_ROWS = 100
_PAGE = 2000  # a COQL answer's rows
# ten heavy calls at once are allowed (docs/design/vendors.md Zoho 2.4); two are for people
_AT_ONCE = 8
_SPARE = 0.05  # of the day's credits, for people
_QUIET: dict[str, Any] = {"trigger": [], "skip_feature_execution": [{"name": "cadences"}]}
_PASSING = frozenset(
    {
        "RECORD_LOCKED",
        "DUPLICATE_DATA",
        "INTERNAL_ERROR",
        "ALREADY_MODIFIED",
        "ID_ALREADY_CONVERTED",
    }
)

_WRONG_TOKEN = frozenset({"INVALID_TOKEN", "AUTHENTICATION_FAILURE", "INVALID_OAUTHTOKEN"})
_LICENCE = frozenset({"LICENSE_LIMIT_EXCEEDED", "LICENSE_EXPIRED", "PLAN_EXPIRED"})
_ACCOUNT = {
    "STORAGE_LIMIT_EXCEEDED": "Zoho's storage is full: delete records there or buy storage",
    "RECORD_LIMIT_EXCEEDED": (
        "Zoho's plan allows no more records: delete some there or raise the plan"
    ),
    "INVALID_MODULE": (
        "Zoho has no such module, or hides it from the token's user: run leadgate doctor"
    ),
    "API_LIMIT_EXCEEDED": "Zoho's credits of the day are spent",
    "ORG_SUSPENDED": "the Zoho account is suspended",
}

Record = dict[str, Any]
_NONE = Rows([])


def classify(response: httpx.Response) -> VendorError | None:
    """What to do about an answer. A 400 with rows is an answer like any other: each row has its
    own status."""
    status = response.status_code
    if status < 300 or status == 304:
        return None
    body = foreign(response.content)
    if status == 400 and isinstance(member(body, "data"), list):
        return None
    code = words(body, "code")
    said = _description(response, code, body)
    if limited := _of_the_account(status, code):
        return AccountLimited(f"{limited} ({said})")
    if status == 429:
        return Unavailable(said, retry_after(response, 2.0), undone=True)
    if status == 401 and (code in _WRONG_TOKEN or not code):
        return Unauthorised(said)
    if code.startswith("FEATURE_NOT_"):
        return NotInPlan(said)
    if status in {401, 403}:
        if code:
            return NotInPlan(said)
        return Unavailable(f"{said} (a refusal that Zoho doesn't explain)", 60.0, undone=True)
    if status >= 500 or status == 408 or 300 <= status < 400:
        return Unavailable(said, retry_after(response, 1.0))
    return RecordRejected(said, "missing" if status == 404 else "rejected")


def _description(response: httpx.Response, code: str, body: Any) -> str:
    """The call and its refusal, for a person."""
    message = words(body, "message")
    if not message and not body:
        message = response.text[:200]
    call = f"{response.request.method} {response.request.url.path}"
    return f"Zoho {call}: {response.status_code} {code} {message}".rstrip()


def _of_the_account(status: int, code: str) -> str:
    """A sentence on what holds for every row until somebody changes the account; '' for anything
    else."""
    if status == 402 or code in _LICENCE:
        return "Zoho says that the account's plan or licence doesn't cover this or has ended"
    if status == 410 or code == "INVALID_API_VERSION":
        return "Zoho has shut down this version of its API: Leadgate must be updated"
    return _ACCOUNT.get(code, "")


def row_error(row: Outcome) -> VendorError:
    """The error of a row that is no success."""
    code, field = row.code or "", words(row.details, "api_name")
    said = f"Zoho: {code} {(row.message or '')[:300]} {field}".rstrip()
    if code in _PASSING:
        return RecordRetryable(said)
    if limited := _of_the_account(0, code):
        return AccountLimited(f"{limited} ({said})")
    if code == "INVALID_DATA" and field in {"id", "ids"}:
        return RecordRejected(said, "deleted")
    return RecordRejected(said, "no_owner" if field == "Owner" else "rejected")


def saved(sent: Record, item: Any) -> Row[str]:
    """A row's id, or its error.

    Raises ValueError for an answer about another record than was sent.
    """
    row = read(item, Outcome)
    if row.status != "success":
        return row_error(row)
    ident = read(row.details, Ref).id
    if (mine := sent.get("id")) and mine != ident:
        raise ValueError(f"it is about {ident}, not {mine}")
    return ident


def results(sent: Sequence[Record], answered: Answered) -> list[Row[str]]:
    """Each record's id, or its error. Zoho answers in the order of the records.

    Raises Unreadable for an answer about more or fewer records than were sent.
    """
    done = answered.data
    if len(done) != len(sent):
        raise Unreadable(f"Zoho answered {len(done)} rows to {len(sent)}: they can't be matched")
    return [*each("Zoho", [*zip(sent, done, strict=True)], lambda pair: saved(*pair))]


def moment(at: float) -> str:
    """A date-time as Zoho takes it: whole seconds, with an offset, no Z."""
    return datetime.fromtimestamp(int(at), UTC).isoformat(timespec="seconds")


class ZohoHttp(VendorHttp):
    """The calls that the connector makes.

    `credits_day` is what the plan allows; near its end the connector stops by itself.
    """

    def __init__(
        self,
        base: str,
        bearer: TokenAuth,
        budget: SlidingWindowLimiter,
        clock: Callable[[], float],
        credits_day: int = 50_000,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        def usage(headers: Mapping[str, str]) -> str:
            left = headers.get("x-api-credits-remaining", "")
            if left.isdigit() and int(left) < credits_day * _SPARE:
                return f"{left} left of {credits_day}"
            return ""

        super().__init__(
            "Zoho",
            base.rstrip("/"),
            {},
            classify,
            budget,
            transport,
            auth=bearer,
            at_once=_AT_ONCE,
            day=DailyQuota("Zoho's credits of the day", clock, usage),
            below=_BELOW,
        )

    async def rows(
        self,
        method: str,
        template: str,
        *parts: str,
        records: Sequence[Record],
        until: float | None = None,
        **more: Any,
    ) -> list[Row[str]]:
        """Write records, a hundred a call: each row's id, or its VendorError.

        Zoho answers in the order of the rows.
        """

        async def call(some: Sequence[Record]) -> list[Row[str]]:
            body = {"data": list(some), **_QUIET, **more}
            done = await self.call(Answered, method, template, *parts, json=body, until=until)
            return results(some, done)

        return await one_by_one(records, call, MOST_ROWS)

    async def coql(self, query: str) -> list[Any]:
        """All rows of a query without a limit of its own."""
        return await rows_of(follow(partial(self.coql_page, query)))

    async def coql_page(self, query: str, after: str = "") -> Page[Any]:
        """Up to 2,000 rows of a query from a row's number on.

        Raises Unreadable for fewer rows than Zoho says.
        """
        start = int(after or 0)
        body = await self.call(
            Rows,
            "POST",
            "coql",
            json={"select_query": f"{query} limit {start}, {_PAGE}"},
            nothing=_NONE,
        )
        if not body.is_whole or (body.more and not body.data):
            raise Unreadable(
                f"Zoho shows {len(body.data)} rows of a query and says that there are others"
            )
        following = str(start + len(body.data)) if body.more else ""
        return Page(rows=body.data, after=following)

    def listing(
        self, module: str, fields: Sequence[str], token: str = ""
    ) -> AsyncIterator[Page[Any]]:
        """Every record of a module, or those from a page's token on, a page at a time."""

        async def read(after: str) -> Page[Any]:
            params = {"fields": ",".join(fields), "per_page": "200"}
            if after:
                params["page_token"] = after
            body = await self.call(Rows, "GET", "{}", module, params=params, nothing=_NONE)
            return Page(rows=body.data, after=body.next_token)

        return follow(read, token)

    def deleted(self, module: str, since: float) -> AsyncIterator[Sequence[Any]]:
        """What was deleted since then, for good too, a page at a time; 304 says that nothing
        was."""
        headers = {"If-Modified-Since": moment(since)} if since > 0 else {}

        async def read(number: int) -> tuple[list[Any], bool]:
            params = {"type": "all", "page": str(number), "per_page": "200"}
            body = await self.call(
                Rows, "GET", "{}/deleted", module, params=params, headers=headers, nothing=_NONE
            )
            return body.data, body.more and bool(body.data)

        return numbered(read)
