"""The pages of Salesforce's queries: all are read, and a reading that can't end is refused."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from connectors.core.errors import Unreadable
from connectors.core.http import SlidingWindowLimiter
from connectors.salesforce.auth import by_secret
from connectors.salesforce.client import BASE, SalesforceHttp

LOGIN = {"access_token": "token", "id": "http://salesforce/id/org/005000000000001AAA"}
Pages = dict[str, dict[str, Any]]


def page(records: list[int], total: int, following: str | None = None) -> dict[str, Any]:
    """A page of a query; the last one unless another follows."""
    found = {"records": [{"Id": number} for number in records], "totalSize": total}
    return found | {"done": following is None, "nextRecordsUrl": following}


def http_of(pages: Pages) -> SalesforceHttp:
    """A connection to an org whose only query has these pages, by their locators; '' is the
    first."""

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/token"):
            return httpx.Response(200, json=LOGIN)
        if path.endswith("/composite"):
            part = {"httpStatusCode": 200, "body": pages[""], "referenceId": "q0"}
            return httpx.Response(200, json={"compositeResponse": [part]})
        return httpx.Response(200, json=pages[path.removeprefix(f"{BASE}/query").strip("/")])

    grant = by_secret("http://salesforce", "id", "secret")
    budget = SlidingWindowLimiter(100, 1.0)
    return SalesforceHttp(
        "http://salesforce", grant, budget, time.time, httpx.MockTransport(answer)
    )


async def read_pages(http: SalesforceHttp, read: list[Any]) -> None:
    """Gather the rows of a query's pages in `read`."""
    async for rows in http.pages("SELECT Id FROM Lead"):
        read += rows


def test_every_page_of_a_query_is_read() -> None:
    pages = {
        "": page([1, 2], 5, f"{BASE}/query/abc-2"),
        "abc-2": page([3, 4], 5, f"{BASE}/query/abc-4"),
        "abc-4": page([5], 5),
    }
    every = [{"Id": number} for number in range(1, 6)]
    read: list[Any] = []
    assert asyncio.run(http_of(pages).queries("SELECT Id FROM Lead")) == [every]
    asyncio.run(read_pages(http_of(pages), read))
    assert read == every


@pytest.mark.parametrize(
    "following", [f"{BASE}/query/abc-2", "http://elsewhere/query/abc-4", "/query/../x", ""]
)
def test_a_page_that_is_its_own_next_or_names_none_is_refused(following: str) -> None:
    pages = {
        "": page([1], 3, f"{BASE}/query/abc-2"),
        "abc-2": page([2], 3, following),
    }
    read: list[Any] = []
    with pytest.raises(Unreadable):
        asyncio.run(http_of(pages).queries("SELECT Id FROM Lead"))
    with pytest.raises(Unreadable):
        asyncio.run(read_pages(http_of(pages), read))
    assert {"Id": 1} in read, "what was read before is handed out"


def test_fewer_records_than_salesforce_says_are_refused() -> None:
    with pytest.raises(Unreadable, match="has 3 records and shows 1"):
        asyncio.run(http_of({"": page([1], 3)}).queries("SELECT Id FROM Lead"))
