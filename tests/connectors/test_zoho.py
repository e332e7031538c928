"""What only Zoho has: tokens that are counted, automation that runs unless switched off, ids of two
modules, credits."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from connectors.core.crm import (
    ContactWrite,
    CrmRequirements,
    OwnerReadback,
    OwnerWrite,
    TaskWrite,
    UpsertResult,
)
from connectors.core.errors import (
    NotInPlan,
    RecordRejected,
    RecordRetryable,
    Unauthorised,
    Unavailable,
    VendorError,
)
from connectors.core.fields import Field
from connectors.core.http import SlidingWindowLimiter
from connectors.core.oauth import TokenAuth
from connectors.zoho.auth import TokenFile, ZohoGrant
from connectors.zoho.client import ZohoHttp
from connectors.zoho.crm import ZohoCrm
from connectors.zoho.forms import Outcome, Rows
from connectors.zoho.refusals import classify, row_error
from sandbox.generate import REPS
from sandbox.simulator import Held
from sandbox.store import Store
from sandbox.zoho import CLIENT_ID, CLIENT_SECRET, REFRESH, make_router
from sandbox.zoho.org import Org
from sandbox.zoho.simulator import ZohoStand
from tests.samples import add_customers

BASE = "http://sandbox"


class Site:
    """A connector, the org it speaks to, and the org's own hands."""

    def __init__(self, credits_day: int = 1_000_000, refresh: str = REFRESH) -> None:
        self.org = Org(Store())
        self.stand = ZohoStand(self.org)
        for email in REPS:
            self.stand.add_user(email, active=True)
        app = FastAPI()
        app.include_router(make_router(self.org, credits_day))
        self.transport = httpx.ASGITransport(app)
        self.grant = ZohoGrant(BASE, CLIENT_ID, CLIENT_SECRET, refresh)
        self.credits = credits_day
        self.bearer = TokenAuth(self.grant)
        self.crm = self.connect(self.bearer)

    def connect(self, bearer: TokenAuth) -> ZohoCrm:
        """One more process's connector."""
        http = ZohoHttp(
            BASE, bearer, SlidingWindowLimiter(10**6, 10.0), time.time, self.credits, self.transport
        )
        return ZohoCrm(http, time.time)

    def only(self, module: str) -> dict[str, Any]:
        """The one record of a module."""
        [found] = self.org.all(module).values()
        return found


def on_site(test: Callable[[Site], Coroutine[Any, Any, None]]) -> None:
    """Run a test on a provisioned org."""

    async def run() -> None:
        site = Site()
        await site.crm.provision(CrmRequirements())
        await test(site)

    asyncio.run(run())


def write(number: int = 1, **fields: Any) -> ContactWrite:
    """A person to write."""
    given = {
        "key": f"k{number}",
        "emails": (f"p{number}@acme.com",),
        "last_name": "Ada",
        "company": "Acme",
    }
    return ContactWrite(**(given | fields))


def test_the_keys_of_ours_are_read_past_a_page_and_nobody_elses_cost_a_row() -> None:
    async def test(site: Site) -> None:
        for n in range(2005):
            site.org.put("Leads", Last_Name="A", Leadgate_key=f"k{n}")
        site.org.put("Leads", Last_Name="B")
        site.org.put("Contacts", Last_Name="C", Leadgate_key="c")
        pages = [page async for page in site.crm.known_keys()]
        assert [len(page) for page in pages] == [2000, 5, 1]
        assert {key for page in pages for key in page.values()} == {
            *(f"k{n}" for n in range(2005)),
            "c",
        }

    on_site(test)


def ident(row: object) -> str:
    """The id of a row that must have succeeded."""
    assert isinstance(row, UpsertResult), row
    return row.contact.id


def test_no_workflow_takes_a_new_lead_and_no_cadence_enrols_it() -> None:
    async def test(site: Site) -> None:
        [row] = await site.crm.upsert([write()])
        assert site.only("Leads")["Owner"] == {"id": site.org.me}
        assert site.stand.enrolments() == []
        [shown] = await site.crm.read_owners([ident(row)])
        assert isinstance(shown, OwnerReadback)
        assert (shown.owner_id, shown.active) == ("", False)

    on_site(test)


def test_a_converted_lead_is_erased_with_the_contact_it_became() -> None:
    """Zoho shows it in no query; it is deleted by its id."""

    async def test(site: Site) -> None:
        [first] = await site.crm.upsert([write()])
        contact = site.org.put("Contacts", Last_Name="Ada", Leadgate_key="k1")
        site.org.change("Leads", site.only("Leads"), **{"$converted": True})
        parts = await site.crm.erase(ident(first), "k1", permanent=True)
        erased = {ident for part in parts if part.outcome == "erased" for ident in part.ids}
        assert erased == {ident(first), f"Contacts:{contact['id']}"}
        assert [*site.org.all("Leads"), *site.org.all("Contacts")] == []

    on_site(test)


def test_a_person_who_became_a_contact_is_written_read_and_called_as_one() -> None:
    async def test(site: Site) -> None:
        [first] = await site.crm.upsert([write()])
        lead = site.only("Leads")
        account = site.org.put("Accounts", Account_Name="Acme", Account_Type="Customer")
        more = {
            "Last_Name": "Ada",
            "Email": lead["Email"],
            "Account_Name": {"id": account["id"]},
            "Leadgate_key": "k1",
        }
        contact = site.org.put("Contacts", **more)
        site.org.change("Leads", lead, **{"$converted": True})
        for known in ("", ident(first)):
            [row] = await site.crm.upsert([write(known_id=known)])
            assert ident(row) == f"Contacts:{contact['id']}"
            assert isinstance(row, UpsertResult)
            assert row.contact.lifecycle == "customer"
        now = ident(row)
        await site.crm.assign(
            [OwnerWrite(contact_id=now, owner_email=REPS[0], score=80, status="rep")]
        )
        [shown] = await site.crm.read_owners([now])
        assert isinstance(shown, OwnerReadback)
        assert shown.email == REPS[0]
        task = TaskWrite(
            effect_id="e",
            contact_id=now,
            owner_id=shown.owner_id,
            subject="Call",
            due=1e9,
            look_first=False,
            until=1e12,
        )
        await site.crm.add_tasks([task])
        assert (site.only("Tasks")["Who_Id"], site.only("Tasks")["Due_Date"]) == (
            {"id": contact["id"]},
            "2001-09-09",
        )

    on_site(test)


def test_a_secondary_address_of_somebody_else_writes_nothing() -> None:
    async def test(site: Site) -> None:
        held = Held(
            email="main@x.com",
            first_name="A",
            last_name="B",
            company="C",
            other_email="p1@acme.com",
        )
        site.stand.add_person(held)
        [row] = await site.crm.upsert([write()])
        assert ident(row) == site.only("Leads")["id"]
        assert "Leadgate_key" not in site.only("Leads")

    on_site(test)


def test_a_changed_address_becomes_the_main_one() -> None:
    async def test(site: Site) -> None:
        [row] = await site.crm.upsert([write()])
        await site.crm.upsert([write(known_id=ident(row), emails=("new@acme.com",))])
        assert (site.only("Leads")["Email"], site.only("Leads")["Secondary_Email"]) == (
            "new@acme.com",
            "p1@acme.com",
        )

    on_site(test)


def test_an_open_deal_is_seen_by_contact_and_by_account() -> None:
    async def test(site: Site) -> None:
        add_customers(site.stand)
        one, two, three = site.org.all("Contacts").values()
        site.org.put("Deals", Stage="Qualification", Contact_Name={"id": one["id"]})
        site.org.put("Deals", Stage="Qualification", Account_Name={"id": two["Account_Name"]["id"]})
        site.org.put("Deals", Stage="Closed Won", Contact_Name={"id": three["id"]})
        rows = await site.crm.upsert([write(1), write(2), write(3)])
        assert [isinstance(r, UpsertResult) and r.contact.open_deal for r in rows] == [
            True,
            True,
            False,
        ]

    on_site(test)


def test_an_ended_token_is_renewed_once_for_all_calls() -> None:
    async def test(site: Site) -> None:
        logins = site.bearer.logins
        for token in site.org.all("tokens").values():
            token["valid"] = False
        await asyncio.gather(*(site.crm.owners() for _ in range(8)))
        assert site.bearer.logins == logins + 1

    on_site(test)


def test_the_processes_of_a_machine_share_one_token(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        shared = TokenFile(tmp_path / "token")
        bearers = [TokenAuth(site.grant, shared.recall, shared.keep) for _ in range(12)]
        for bearer in bearers:
            await site.connect(bearer).owners()
        assert sum(bearer.logins for bearer in bearers) == 1
        assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
        for token in site.org.all("tokens").values():
            token["valid"] = False
        for bearer in bearers:
            await site.connect(bearer).owners()
        assert sum(bearer.logins for bearer in bearers) == 2

    on_site(test)


def test_the_eleventh_token_in_ten_minutes_is_waited_for_though_the_status_is_200() -> None:
    async def test(site: Site) -> None:
        for _ in range(9):
            await site.connect(TokenAuth(site.grant)).owners()
        with pytest.raises(Unavailable, match="Access Denied") as throttled:
            await site.connect(TokenAuth(site.grant)).owners()
        assert throttled.value.after == 600

    on_site(test)


def test_a_wrong_refresh_token_is_reported_as_such() -> None:
    async def test() -> None:
        with pytest.raises(Unauthorised, match="invalid_code"):
            await Site(refresh="wrong").crm.owners()

    asyncio.run(test())


def test_before_the_credits_are_spent_the_connector_stops_and_says_until_when() -> None:
    async def test() -> None:
        site = Site(credits_day=100)
        for _ in range(95):
            await site.crm.owners()
        with pytest.raises(
            Unavailable, match=r"4 left of 100.*tried again at \d\d:\d\d UTC"
        ) as spent:
            await site.crm.owners()
        assert spent.value.not_sent

    asyncio.run(test())


def test_a_field_of_another_type_is_refused() -> None:
    async def test() -> None:
        site = Site()
        wrong = {
            "id": "1",
            "api_name": "Leadgate_score",
            "field_label": "Leadgate score",
            "data_type": "text",
        }
        site.org.store.put("zoho.fields.Leads", "Leadgate_score", wrong)
        with pytest.raises(RecordRejected, match="is there as text, not as number"):
            await site.crm.provision(CrmRequirements())

    asyncio.run(test())


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (401, "INVALID_TOKEN", Unauthorised),
        (401, "OAUTH_SCOPE_MISMATCH", NotInPlan),
        (403, "NO_PERMISSION", NotInPlan),
        (429, "TOO_MANY_REQUESTS", Unavailable),
        (500, "INTERNAL_ERROR", Unavailable),
        (400, "SYNTAX_ERROR", RecordRejected),
    ],
)
def test_what_an_answer_means(status: int, code: str, expected: type[VendorError]) -> None:
    request = httpx.Request("GET", BASE)
    error = classify(
        httpx.Response(
            status, json={"code": code, "message": "m", "status": "error"}, request=request
        )
    )
    assert type(error) is expected


@pytest.mark.parametrize(
    ("code", "field", "expected", "kind"),
    [
        ("RECORD_LOCKED", "", RecordRetryable, ""),
        ("DUPLICATE_DATA", "Leadgate_key", RecordRetryable, ""),
        ("DUPLICATE_DATA", "Phone", RecordRejected, "rejected"),
        ("INVALID_DATA", "id", RecordRejected, "deleted"),
        ("INVALID_DATA", "Owner", RecordRejected, "no_owner"),
        ("MANDATORY_NOT_FOUND", "Last_Name", RecordRejected, "rejected"),
    ],
)
def test_what_a_row_means(code: str, field: str, expected: type[VendorError], kind: str) -> None:
    error = row_error(Outcome(code=code, details={"api_name": field}, message="m", status="error"))
    assert type(error) is expected
    assert getattr(error, "kind", "") == kind


@pytest.mark.parametrize("status", [200, 201, 202, 207, 400])
def test_rows_are_read_whatever_status_all_of_them_refused_has(status: int) -> None:
    """Zoho's pages leave it open, so each row's own code counts."""

    async def test(site: Site) -> None:
        site.org.store.put("control", "zoho_all_refused", {"status": status})
        site.org.store.put("control", "broken_emails", {"p1@acme.com": {}, "p2@acme.com": {}})
        one, two = await site.crm.upsert([write(1), write(2)])
        assert isinstance(one, RecordRetryable)
        assert isinstance(two, RecordRetryable)
        assert "RECORD_LOCKED" in str(two)
        good, bad = await site.crm.upsert([write(3), write(2)])
        assert ident(good) == site.only("Leads")["id"]
        assert isinstance(bad, RecordRetryable)

    on_site(test)


def test_a_phone_number_that_the_org_holds_unique_is_one_question_that_names_the_record() -> None:
    async def test(site: Site) -> None:
        site.org.store.put("control", "zoho_unique", {"Leads": ["Phone"]})
        twin = site.org.put("Leads", Last_Name="B", Company="C", Phone="+49 30 1")
        refused, good = await site.crm.upsert([write(1, phone="+49 30 1"), write(2)])
        assert isinstance(refused, RecordRejected)
        assert f"record {twin['id']} of Leads has this value" in str(refused)
        assert "Phone" in str(refused)
        ident(good)

    on_site(test)


def test_a_key_that_another_attempt_has_just_written_is_tried_again() -> None:
    row = Outcome(code="DUPLICATE_DATA", details={"api_name": "Leadgate_key"}, status="error")
    assert isinstance(row_error(row), RecordRetryable)


def test_an_id_that_was_merged_away_is_a_deleted_one() -> None:
    async def test(site: Site) -> None:
        [first] = await site.crm.upsert([write(1)])
        site.org.delete("Leads", site.only("Leads"))
        [gone] = await site.crm.upsert([write(1, known_id=ident(first))])
        assert isinstance(gone, RecordRejected)
        assert gone.kind == "deleted"
        [unassigned] = await site.crm.assign(
            [OwnerWrite(contact_id=ident(first), owner_email=REPS[0], score=1, status="rep")]
        )
        assert isinstance(unassigned, RecordRejected)
        assert unassigned.kind == "deleted"

    on_site(test)


def test_more_columns_than_a_query_takes_are_read_in_two() -> None:
    async def test(site: Site) -> None:
        fields = [Field(name=f"f{n}__c", label=f"f{n}", type="text") for n in range(60)]
        await site.crm.provision(CrmRequirements(fields=fields))
        more = {field.name: f"v{n}" for n, field in enumerate(fields)}
        [first] = await site.crm.upsert([write(1, more=more)])
        [now] = await site.crm.read([ident(first)], [field.name for field in fields])
        assert now == more
        changed = write(
            1,
            known_id=ident(first),
            more={**more, "f59__c": "w"},
            overwrite=frozenset({"f59__c"}),
        )
        [again] = await site.crm.upsert([changed])
        assert isinstance(again, UpsertResult)
        assert again.change is not None
        assert again.change.before["f59__c"] == "v59"

    on_site(test)


def test_search_lags_and_nothing_is_decided_by_it() -> None:
    """Facts 2.2: a record that was just made isn't found by search, and is by COQL, so that a
    second write meets it."""

    async def test() -> None:
        site = Site()
        await site.crm.provision(CrmRequirements())
        write = ContactWrite(key="k1", emails=("a@b.com",), last_name="B", company="C")
        [first] = await site.crm.upsert([write])
        assert isinstance(first, UpsertResult)
        http = ZohoHttp(
            BASE,
            site.bearer,
            SlidingWindowLimiter(10**6, 10.0),
            time.time,
            site.credits,
            site.transport,
        )
        assert await http.call(
            Rows, "GET", "Leads/search", params={"email": "a@b.com"}, nothing=Rows([])
        ) == Rows([])
        [again] = await site.crm.upsert([write])
        assert isinstance(again, UpsertResult)
        assert again.contact.id == first.contact.id
        site.org.search_lag = -1.0
        found = await http.call(Rows, "GET", "Leads/search", params={"email": "A@b.com"})
        assert [r["id"] for r in found.data] == [first.contact.id]

    asyncio.run(test())
