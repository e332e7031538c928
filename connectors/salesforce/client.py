"""Salesforce over REST: queries, collections and composite calls.

Sources: docs/design/vendors.md Salesforce 1.2 and 1.7. Salesforce has no limit a second but one a
day: each answer states how much of it is used, and shortly before its end the connector stops by
itself and says so.
"""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx

from connectors.core.answers import all_of, each, read
from connectors.core.crm import Page, Row
from connectors.core.daily_quota import DailyQuota
from connectors.core.errors import RecordRejected, Unreadable
from connectors.core.http import SlidingWindowLimiter, VendorHttp
from connectors.core.oauth import TokenAuth
from connectors.core.pagination import follow, rows_of
from connectors.core.splitting import one_by_one
from connectors.salesforce.auth import SalesforceGrant
from connectors.salesforce.forms import Acted, Composite, Found, IdRow, Part, Record, Saved
from connectors.salesforce.refusals import classify, part_error, row_error

VERSION = "v67.0"
BASE = f"/services/data/{VERSION}"
MOST_ROWS = 200
_SPARE = 0.95  # of the day's calls; what is left is for people
_HEADERS = {
    # else an org's assignment rule takes the owner at every write
    # (docs/design/vendors.md Salesforce 1.4)
    "sforce-auto-assign": "FALSE",
    "sforce-query-options": "batchSize=2000",
}
_REFERENCES = ["q0", "q1", "q2", "q3", "q4"]  # of the queries of a composite call
MOST_QUERIES = len(_REFERENCES)
_LOCATOR = re.compile(r"/services/data/v[0-9.]{3,6}/(query|queryAll)/([A-Za-z0-9_-]{3,60})")

T = TypeVar("T")


def _usage(headers: Mapping[str, str]) -> str:
    """The day's calls of `api-usage=18/5000`, perhaps with more behind a semicolon; '' while enough
    are left."""
    usage, _, _ = headers.get("sforce-limit-info", "").partition(";")
    used, _, most = usage.removeprefix("api-usage=").partition("/")
    if used.isdigit() and most.isdigit() and int(used) >= int(most) * _SPARE:
        return f"{used} of {most}"
    return ""


class SalesforceHttp(VendorHttp):
    """The calls that the connector makes, below the version's path."""

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
        super().__init__(
            "Salesforce",
            base.rstrip("/"),
            _HEADERS,
            classify,
            budget,
            transport,
            auth=self.session,
            day=DailyQuota("Salesforce's calls of the day", clock, _usage),
            below=f"{BASE}/",
        )

    @property
    def me(self) -> str:
        """The integration user's id, '' before the first call."""
        return self._grant.user_id

    async def rows(
        self, map_row: Callable[[Any], T], *asked: str, deleted: bool = False
    ) -> list[T]:
        """The rows of some queries, each read by `map_row`: see `queries` and answers.all_of."""
        rows: list[T] = []
        for found in await self.queries(*asked, deleted=deleted):
            rows += all_of("Salesforce", found, map_row)
        return rows

    async def queries(self, *asked: str, deleted: bool = False) -> list[list[Any]]:
        """The records of up to 25 queries, five a composite call; a composite call counts as one.

        An answer belongs to the query whose reference it bears. Raises Unreadable for one with
        fewer records than it says.
        """
        verb = "queryAll" if deleted else "query"
        found: list[list[Any]] = []
        for start in range(0, len(asked), MOST_QUERIES):
            parts = await self._composite(verb, asked[start : start + MOST_QUERIES])
            found += [await self._records(part) for part in parts]
        return found

    async def _composite(self, verb: str, asked: Sequence[str]) -> list[Part]:
        """The answers to at most five queries, in their order."""
        references = _REFERENCES[: len(asked)]
        requests = [
            {"method": "GET", "url": f"{BASE}/{verb}?{_asking(text)}", "referenceId": reference}
            for reference, text in zip(references, asked, strict=True)
        ]
        body = {"allOrNone": False, "compositeRequest": requests}
        answers = (await self.call(Composite, "POST", "composite", json=body)).compositeResponse
        answers.sort(key=lambda part: part.referenceId)
        if [part.referenceId for part in answers] != references:
            raise Unreadable(
                f"Salesforce answered {len(answers)} of {len(asked)} queries of a call, or others"
            )
        return answers

    async def _records(self, part: Part) -> list[Any]:
        """All records of one query, those of its further pages too."""
        if part.httpStatusCode >= 300:
            raise part_error(part)
        try:
            found = read(part.body, Found)
        except ValueError as error:
            raise Unreadable(
                f"Salesforce: the answer to a query is not in the documented form ({error})"
            ) from None
        records = list(found.records)
        if following := _following(found):
            records += await rows_of(follow(self._page, following))
        if len(records) != found.totalSize:
            raise Unreadable(
                f"Salesforce says that a query has {found.totalSize} records and shows"
                f" {len(records)}"
            )
        return records

    async def pages(self, asked: str) -> AsyncIterator[list[Any]]:
        """The pages of one query, one at a time."""
        found = await self.call(Found, "GET", "query", params={"q": asked})
        yield found.records
        if following := _following(found):
            async for page in follow(self._page, following):
                yield page.rows

    async def _page(self, address: str) -> Page[Any]:
        """The page at an address that Salesforce has named; only the locator is taken from it."""
        named = _LOCATOR.fullmatch(address)
        if named is None:
            raise Unreadable(f"Salesforce names no next page of a query: {address[:80]!r}")
        found = await self.call(Found, "GET", "{}/{}", named[1], named[2])
        return Page(rows=found.records, after=_following(found))

    async def collection(
        self,
        method: str,
        template: str,
        *parts: str,
        records: Sequence[Record],
        until: float | None = None,
    ) -> list[Row[str]]:
        """Write up to any number of records, 200 a call: each row's id, or its VendorError.

        Salesforce answers in the order of the rows. An answer counts for a row only if it names
        the id that was sent.
        """

        async def call(some: Sequence[Record]) -> list[Row[str]]:
            body = {"allOrNone": False, "records": list(some)}
            done = await self.call(list[Any], method, template, *parts, json=body, until=until)
            _check_count(len(some), len(done))
            return [*each("Salesforce", [*zip(some, done, strict=True)], _saved)]

        return await one_by_one(records, call, MOST_ROWS)

    async def delete(self, ids: Sequence[str]) -> list[Row[str]]:
        """Put records into the recycle bin, 200 a call: each one's id, or its VendorError."""

        async def call(some: Sequence[str]) -> list[Row[str]]:
            params = {"ids": ",".join(some), "allOrNone": "false"}
            done = await self.call(list[Any], "DELETE", "composite/sobjects", params=params)
            _check_count(len(some), len(done))
            sent = [{"id": ident} for ident in some]
            return [*each("Salesforce", [*zip(sent, done, strict=True)], _saved)]

        return await one_by_one(ids, call, MOST_ROWS)

    async def action(self, name: str, inputs: Sequence[Record]) -> list[Row[bool]]:
        """A standard action: for each input True or its VendorError."""

        async def call(some: Sequence[Record]) -> list[Row[bool]]:
            done = await self.call(
                list[Any], "POST", "actions/standard/{}", name, json={"inputs": list(some)}
            )
            _check_count(len(some), len(done))
            return [*each("Salesforce", done, _acted)]

        return await one_by_one(inputs, call, MOST_ROWS)


def _following(found: Found) -> str:
    """The address of the next page, '' after the last."""
    if found.done:
        return ""
    return found.nextRecordsUrl or "none"


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
            f"Salesforce answered {answered} rows to {sent}: it isn't known which belongs to which"
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
    if row.isSuccess:
        return True
    return row_error(row.errors or ())
