"""Zoho CRM v8 over HTTP: writes of a hundred rows, queries and listings.

Sources: docs/design/vendors.md Zoho 2.2 and 2.4. Every write forbids workflows and cadences, all of
which would run for it. People are read by COQL and ids, never by search, which lags.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx

from connectors.core.answers import each, read
from connectors.core.crm import Page, Row
from connectors.core.daily_quota import DailyQuota
from connectors.core.errors import Unreadable
from connectors.core.http import SlidingWindowLimiter, VendorHttp
from connectors.core.oauth import TokenAuth
from connectors.core.pagination import follow, numbered, rows_of
from connectors.core.splitting import one_by_one
from connectors.zoho.forms import Answered, Outcome, Ref, Rows
from connectors.zoho.refusals import classify, row_error

VERSION = "v8"
_BELOW = "/crm/" + VERSION + "/"
MOST_ROWS = 100
_PAGE = 2000  # a COQL answer's rows
# ten heavy calls at once are allowed (docs/design/vendors.md Zoho 2.4); two are for people
_AT_ONCE = 8
_SPARE = 0.05  # of the day's credits, for people
_QUIET: dict[str, Any] = {"trigger": [], "skip_feature_execution": [{"name": "cadences"}]}
Record = dict[str, Any]
_NONE = Rows([])


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

    async def delete(self, module: str, ids: Sequence[str]) -> list[Row[str]]:
        """Put records into the recycle bin, a hundred a call: each one's id, or its VendorError.

        No workflow runs for it.
        """

        async def call(some: Sequence[str]) -> list[Row[str]]:
            params = {"ids": ",".join(some), "wf_trigger": "false"}
            done = await self.call(Answered, "DELETE", "{}", module, params=params)
            return results([{"id": ident} for ident in some], done)

        return await one_by_one(ids, call, MOST_ROWS)

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
