"""Every query that the connector can build is one that Zoho documents: it is parsed and checked by
the sandbox, which takes nothing else."""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Sequence

import httpx
from fastapi import FastAPI
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from connectors.core.crm import (
    ActivityAsked,
    CompanyAsked,
    ContactWrite,
    CrmRequirements,
    NoteWrite,
    TaskWrite,
)
from connectors.core.errors import VendorError
from connectors.core.fields import Field
from connectors.core.http import SlidingWindowLimiter
from connectors.core.oauth import TokenAuth
from connectors.zoho import coql
from connectors.zoho.auth import ZohoGrant
from connectors.zoho.client import ZohoHttp
from connectors.zoho.crm import ZohoCrm
from sandbox.store import Store, Thing
from sandbox.zoho import CLIENT_ID, CLIENT_SECRET, REFRESH, make_router
from sandbox.zoho.coql import query
from sandbox.zoho.org import Org

TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12
) | st.sampled_from(["'", "''", "\\", "\\'", "a' or id is not null or City = '", '"', "%", "?"])


class Recorder(httpx.AsyncBaseTransport):
    """A transport that keeps the queries, and how each was answered."""

    def __init__(self, app: FastAPI) -> None:
        self._inner = httpx.ASGITransport(app)
        self.answers: list[tuple[str, int, str]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        if request.url.path.endswith("/coql"):
            await response.aread()
            asked = json.loads(request.content)["select_query"]
            self.answers.append((asked, response.status_code, response.text[:200]))
        return response


def select(org: Org, columns: str, clause: str) -> list[Thing]:
    """Leads that a query finds. Raises RefusedError for one that isn't documented."""
    rows, _ = query(org, f"select {columns} from Leads where {clause}")  # noqa: S608
    return rows


def connect(org: Org) -> tuple[ZohoCrm, Recorder]:
    """A connector on an org, and its queries."""
    app = FastAPI()
    app.include_router(make_router(org))
    recorder = Recorder(app)
    grant = ZohoGrant("http://sandbox", CLIENT_ID, CLIENT_SECRET, REFRESH)
    http = ZohoHttp(
        "http://sandbox",
        TokenAuth(grant),
        SlidingWindowLimiter(10**6, 10.0),
        time.time,
        transport=recorder,
    )
    return ZohoCrm(http, time.time), recorder


@given(st.lists(TEXT, min_size=1, max_size=8), TEXT)
def test_a_list_of_values_finds_those_and_nothing_else(wanted: list[str], other: str) -> None:
    org = Org(Store())
    for value in {*wanted, other}:
        org.put("Leads", Last_Name=value)
    [clause] = coql.alternatives({"Last_Name": wanted})
    rows = select(org, "Last_Name", clause)
    folded = {escaped(value).casefold() for value in wanted}
    expected = {value for value in {*wanted, other} if value.casefold() in folded}
    assert {row["Last_Name"] for row in rows} == expected


def escaped(value: str) -> str:
    """What a value is in a query: a backslash stands twice, whether Zoho reads it as one or not."""
    return value.replace("\\", "\\\\")


@given(st.integers(1, 1500), st.integers(1, 700), st.integers(0, 2))
@settings(max_examples=25)
def test_however_many_values_each_query_is_within_the_limits(
    emails: int, keys: int, beside: int
) -> None:
    org = Org(Store())
    values = {
        "Email": [f"p{n}@acme.com" for n in range(emails)],
        "City": [f"k{n}" for n in range(keys)],
    }
    asked = 0
    for clause in coql.alternatives(values, beside=beside):
        both = clause
        for _ in range(beside):
            both = coql.both("Phone is null", both)
        select(org, "id", both)
        asked += clause.count("@acme.com'") + clause.count("'k")
    assert asked == emails + keys


@given(st.lists(st.sampled_from(["City", "Order", "external", "id", "Email"]), max_size=9))
def test_a_reserved_word_is_quoted_and_no_column_stands_twice(names: list[str]) -> None:
    org = Org(Store())
    for name in ("Order", "external"):
        org.store.put("zoho.fields.Leads", name, {"api_name": name, "data_type": "text"})
    for some in coql.columns(names):
        select(org, some, "id is not null")


writes = st.lists(
    st.builds(
        ContactWrite,
        key=TEXT,
        emails=st.lists(TEXT, min_size=1, max_size=4).map(tuple),
        known_id=st.sampled_from(["", "", "554023000000001005", "Contacts:554023000000001006"]),
        last_name=TEXT,
        more=st.dictionaries(st.sampled_from(["order", "seats__c"]), st.just("1")),
    ),
    min_size=1,
    max_size=6,
)


@given(writes)
@settings(max_examples=20, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_whatever_is_written_is_asked_for_as_documented(batch: list[ContactWrite]) -> None:
    answers = asyncio.run(ask_everything(batch))
    assert [answer for answer in answers if answer[1] >= 400] == []
    assert len(answers) > 10


async def ask_everything(batch: Sequence[ContactWrite]) -> list[tuple[str, int, str]]:
    """Every question that the connector puts in COQL, about a batch."""
    org = Org(Store())
    crm, recorder = connect(org)
    fields = [Field(name=n, label=n, type="text") for n in ("order", "seats__c")]
    await crm.provision(CrmRequirements(fields=fields))
    account = org.put("Accounts", Account_Name="Acme")
    org.put("Contacts", Last_Name="A", Email=batch[0].emails[0], Account_Name=account)
    await crm.upsert(batch)
    idents = [person["id"] for person in org.all("Leads").values()]
    idents += [f"Contacts:{person['id']}" for person in org.all("Contacts").values()]
    asked = [ActivityAsked(contact_id=ident, owner_id="1", since=1.0) for ident in idents]
    await crm.activities(asked)
    await crm.read(idents, ["order"])
    await crm.accounts([CompanyAsked(domain=write.key) for write in batch])
    for write in batch:
        task = TaskWrite(
            effect_id=write.key,
            contact_id=idents[0],
            owner_id="",
            subject="s",
            due=1.0,
            look_first=True,
            until=1e12,
        )
        await refusable(crm.add_tasks([task]))
        note = NoteWrite(
            effect_id=write.key,
            contact_id=idents[-1],
            owner_id="",
            text="t",
            at=1.0,
            look_first=True,
            until=1e12,
        )
        await refusable(crm.add_notes([note]))
    await crm.changed_since(1.0)
    for pages in (crm.contacts_since(1.0), crm.companies_since(1.0), crm.known_keys()):
        async for _ in pages:
            pass
    assert await crm.limits(CrmRequirements()) == []
    await crm.close()
    return recorder.answers


async def refusable(call: Awaitable[object]) -> None:
    """A write, which the sandbox may refuse for its content."""
    with contextlib.suppress(VendorError):
        await call
