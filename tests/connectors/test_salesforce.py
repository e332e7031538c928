"""What only Salesforce has: sessions that end, leads that are converted, queues, a day's limit, and
errors recognised by code."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.core.crm import (
    ContactWrite,
    CrmRequirements,
    OwnerReadback,
    OwnerWrite,
    UpsertResult,
)
from connectors.core.errors import (
    NotInPlan,
    QuotaExhausted,
    RecordRejected,
    RecordRetryable,
    Unauthorised,
    Unavailable,
    VendorError,
)
from connectors.core.http import SlidingWindowLimiter
from connectors.salesforce.auth import by_key, by_secret
from connectors.salesforce.client import SalesforceHttp
from connectors.salesforce.crm import SalesforceCrm
from connectors.salesforce.refusals import classify
from sandbox.generate import REPS
from sandbox.salesforce import CLIENT_ID, CLIENT_SECRET, make_router
from sandbox.salesforce.org import Org
from sandbox.salesforce.simulator import SalesforceStand
from sandbox.simulator import Held
from sandbox.store import Store
from tests.samples import add_customers

BASE = "http://sandbox"


class Site:
    """A connector, the org it speaks to, and the org's own hands."""

    def __init__(self, limit: int = 100_000, secret: str = CLIENT_SECRET) -> None:
        from fastapi import FastAPI

        self.org = Org(Store())
        self.stand = SalesforceStand(self.org)
        for email in REPS:
            self.stand.add_user(email, active=True)
        app = FastAPI()
        app.include_router(make_router(self.org, limit))
        grant = by_secret(BASE, CLIENT_ID, secret)
        http = SalesforceHttp(
            BASE, grant, SlidingWindowLimiter(10**6, 10.0), time.time, httpx.ASGITransport(app)
        )
        self.http, self.session = http, http.session
        self.crm = SalesforceCrm(http, time.time)

    def only(self, kind: str) -> dict[str, Any]:
        """The one record of an object."""
        [found] = [r for r in self.org.all(kind).values() if not r["IsDeleted"]]
        return found


def on_site(test: Callable[[Site], Coroutine[Any, Any, None]]) -> None:
    """Run a test on a provisioned org."""

    async def run() -> None:
        site = Site()
        await site.crm.provision(CrmRequirements())
        await test(site)
        await site.crm.close()

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


def test_a_reading_goes_on_after_contacts_with_the_leads() -> None:
    """Whatever is left, an id is compared with an id only: the org refuses anything else."""

    async def test(site: Site) -> None:
        for number in (1, 2):
            site.stand.add_person(
                Held(
                    email=f"c{number}@acme.com",
                    first_name="A",
                    last_name="B",
                    company="C",
                    customer=True,
                )
            )
        await site.crm.upsert([write(3), write(4)])
        pages = [page async for page in site.crm.contacts()]
        assert [len(page.rows) for page in pages] == [2, 2]
        for page, left in zip(pages, (2, 0), strict=True):
            rest = [c.email async for more in site.crm.contacts(page.after) for c in more.rows]
            assert len(rest) == left
            assert all(email.startswith("p") for email in rest)

    on_site(test)


US = {"country": "United States", "country_code": "US"}


def test_places_are_codes_where_the_orgs_picklists_are_on_and_what_is_in_none_is_left_out() -> None:
    """One state that the org doesn't know would cost the row, and the row the lead its owner."""

    async def test(site: Site) -> None:
        [row] = await site.crm.upsert([write(1, **US, state="California")])
        assert isinstance(row, UpsertResult)
        assert (site.only("Lead")["Country"], site.only("Lead")["State"]) == (
            "United States",
            "California",
        )
        site.org.store.put("control", "salesforce_picklists", {"on": True})
        site.crm = SalesforceCrm(site.http, time.time)  # it looks again after ten minutes
        places = [
            {**US, "state": "washington"},
            {"country": "Australia", "country_code": "AU", "state": "WA"},
            {"country": "Germany", "country_code": "DE", "state": "Bavaria"},
            {"country": "France", "country_code": "FR", "state": "Paris"},
            {"country": "Kingdom of Nowhere", "state": "California"},
            {},
        ]
        rows = await site.crm.upsert([write(n + 2, **place) for n, place in enumerate(places)])
        made = {
            r["Email"]: (r.get("Country"), r.get("State")) for r in site.org.all("Lead").values()
        }
        assert [made[f"p{n + 2}@acme.com"] for n in range(len(places))] == [
            ("United States", "Washington"),
            ("Australia", "Western Australia"),
            ("Germany", None),
            *[(None, None)] * 3,
        ]
        told = [
            [line.split(":")[0] for line in row.dropped] if isinstance(row, UpsertResult) else row
            for row in rows
        ]
        assert told == [[], [], ["StateCode"], ["CountryCode"], ["CountryCode"], []]

    on_site(test)


def test_a_row_that_picklists_refuse_passes_once_they_are_known_whether_switched_on_or_off() -> (
    None
):
    """A running worker knows them by a description that may be ten minutes old.

    What they don't explain stays refused.
    """

    async def test(site: Site) -> None:
        await site.crm.upsert([write(1, **US)])
        nowhere = {"country": "Kingdom of Nowhere"}
        for number, on, place, shown in ((2, True, nowhere, None), (3, False, US, "United States")):
            site.org.store.put("control", "salesforce_picklists", {"on": on})
            [late] = await site.crm.upsert([write(number, **place)])
            assert isinstance(late, RecordRetryable)
            [row] = await site.crm.upsert([write(number, **place)])
            assert isinstance(row, UpsertResult)
            made = {r["Email"]: r.get("Country") for r in site.org.all("Lead").values()}
            assert made[f"p{number}@acme.com"] == shown
        site.org.store.put("control", "salesforce_picklists", {"on": True})
        for error in (RecordRetryable, RecordRejected):
            [wrong] = await site.crm.upsert([write(4, more={"Country": "Nowhere"})])
            assert type(wrong) is error

    on_site(test)


def test_a_state_is_filled_in_only_beside_its_own_country() -> None:
    async def test(site: Site) -> None:
        site.org.store.put("control", "salesforce_picklists", {"on": True})
        for n, country in enumerate(("Germany", "United States")):
            site.org.put(
                "Contact",
                Email=f"p{n}@acme.com",
                LastName="X",
                MailingCountry=country,
                OwnerId=site.org.me,
            )
            codes = {"Germany": "DE", "United States": "US"}
            [held] = [c for c in site.org.all("Contact").values() if c["Email"] == f"p{n}@acme.com"]
            site.org.change("Contact", held, MailingCountryCode=codes[country])
        rows = await site.crm.upsert([write(n, **US, state="Texas") for n in range(2)])
        assert all(isinstance(row, UpsertResult) and row.dropped == () for row in rows)
        assert [c.get("MailingState") for c in site.org.all("Contact").values()] == [None, "Texas"]
        change = rows[1].change if isinstance(rows[1], UpsertResult) else None
        assert change is not None
        assert (change.wrote["MailingStateCode"], change.before["MailingStateCode"]) == ("TX", None)
        [shown] = await site.crm.read([change.contact_id], sorted(change.wrote))
        assert shown is not None
        await site.crm.restore(change.contact_id, {"MailingStateCode": None})
        assert [c.get("MailingState") for c in site.org.all("Contact").values()] == [None, None]

    on_site(test)


def test_a_converted_lead_is_the_contact_it_became() -> None:
    async def test(site: Site) -> None:
        await site.crm.upsert([write()])
        lead = site.only("Lead")
        account = site.org.put("Account", Name="Acme", Type="Customer - Direct")
        person = {
            "Email": lead["Email"],
            "LastName": "Ada",
            "AccountId": account["Id"],
            "OwnerId": lead["OwnerId"],
        }
        contact = site.org.put("Contact", **person)
        site.org.change("Lead", lead, IsConverted=True, ConvertedContactId=contact["Id"])
        for known in ("", lead["Id"]):
            [row] = await site.crm.upsert([write(known_id=known)])
            assert isinstance(row, UpsertResult)
            assert (row.contact.id, row.contact.lifecycle, row.existed) == (
                contact["Id"],
                "customer",
                True,
            )
        assert site.only("Contact")["Leadgate_Key__c"] == "k1"

    on_site(test)


def test_a_converted_lead_is_erased_with_the_contact_it_became() -> None:
    async def test(site: Site) -> None:
        await site.crm.upsert([write()])
        lead = site.only("Lead")
        contact = site.org.put("Contact", LastName="Ada", Email=lead["Email"])
        site.org.change("Lead", lead, IsConverted=True, ConvertedContactId=contact["Id"])
        [part] = await site.crm.erase(lead["Id"], "k1", permanent=True)
        assert part.outcome == "erased"
        assert {*part.ids} == {lead["Id"], contact["Id"]}
        for kind in ("Lead", "Contact"):
            assert all(record["IsDeleted"] for record in site.org.all(kind).values())

    on_site(test)


def test_a_merged_lead_is_its_master_and_no_deletion() -> None:
    async def test(site: Site) -> None:
        await site.crm.upsert([write(1), write(2)])
        lost, master = site.org.all("Lead").values()
        site.org.change("Lead", lost, IsDeleted=True, MasterRecordId=master["Id"])
        [row] = await site.crm.upsert([write(1, known_id=lost["Id"])])
        assert isinstance(row, UpsertResult)
        assert row.contact.id == master["Id"]
        assert [page async for page in site.crm.deleted(0.0, {})] == [[], []]
        site.org.change("Lead", master, IsDeleted=True)
        gone = [c.id async for page in site.crm.deleted(0.0, {}) for c in page]
        assert gone == [master["Id"]]

    on_site(test)


def test_blanks_are_filled_and_what_is_there_stays() -> None:
    async def test(site: Site) -> None:
        site.stand.add_person(
            Held(email="p1@acme.com", first_name="", last_name="Lovelace", company="Analytical")
        )
        await site.crm.upsert([write(first_name="Ada", title="VP " + "x" * 200)])
        lead = site.only("Lead")
        assert (lead["FirstName"], lead["LastName"], lead["Company"], len(lead["Title"])) == (
            "Ada",
            "Lovelace",
            "Analytical",
            128,
        )

    on_site(test)


def test_a_changed_address_leaves_the_old_one_known() -> None:
    async def test(site: Site) -> None:
        await site.crm.upsert([write()])
        ident = site.only("Lead")["Id"]
        await site.crm.upsert([write(known_id=ident, emails=("new@acme.com",))])
        assert (site.only("Lead")["Email"], site.only("Lead")["Leadgate_Emails__c"]) == (
            "new@acme.com",
            "p1@acme.com",
        )
        await site.crm.upsert([write(known_id=ident, emails=("new@acme.com", "p1@acme.com"))])
        assert site.only("Lead")["Leadgate_Emails__c"] == "p1@acme.com"

    on_site(test)


def test_neither_a_queue_nor_the_integration_user_is_an_owner() -> None:
    async def test(site: Site) -> None:
        [row] = await site.crm.upsert([write()])
        assert isinstance(row, UpsertResult)
        ident = row.contact.id
        nobody = [OwnerReadback(owner_id="", email="", active=False, at=0.0)]
        assert [with_no_time(o) for o in await site.crm.read_owners([ident])] == nobody
        [again] = await site.crm.upsert([write()])
        assert isinstance(again, UpsertResult)
        assert again.contact.owner_id == ""
        await site.crm.assign(
            [OwnerWrite(contact_id=ident, owner_email=REPS[0], score=80, status="rep")]
        )
        assert site.only("Lead")["OwnerId"].startswith("005")
        site.stand.own("p1@acme.com", "")
        assert [with_no_time(o) for o in await site.crm.read_owners([ident])] == nobody

    on_site(test)


def with_no_time(row: object) -> OwnerReadback:
    """A row that must have succeeded, without its time."""
    assert isinstance(row, OwnerReadback), row
    return OwnerReadback(owner_id=row.owner_id, email=row.email, active=row.active, at=0.0)


def test_an_action_that_fails_for_all_says_why() -> None:
    async def test(site: Site) -> None:
        [row] = await site.crm.upsert([write()])
        assert isinstance(row, UpsertResult)
        [refused] = await site.crm.enter_list("Nobody's cadence", [row.contact.id])
        assert isinstance(refused, RecordRejected)
        assert "no active cadence Nobody's cadence" in str(refused)

    on_site(test)


def test_an_ended_session_is_renewed_once_for_all_calls() -> None:
    async def test(site: Site) -> None:
        logins = site.session.logins
        for token in site.org.all("Token").values():
            token["valid"] = False
        await asyncio.gather(*(site.crm.owners() for _ in range(20)))
        assert site.session.logins == logins + 1

    on_site(test)


def test_a_wrong_secret_is_reported_as_such() -> None:
    async def test() -> None:
        with pytest.raises(Unauthorised, match="invalid_client"):
            await Site(secret="wrong").crm.owners()

    asyncio.run(test())


def test_before_the_day_is_spent_the_connector_stops_and_says_until_when() -> None:
    async def test() -> None:
        site = Site(limit=20)
        for _ in range(19):
            await site.crm.owners()
        with pytest.raises(Unavailable, match=r"19 of 20.*tried again at \d\d:\d\d UTC") as spent:
            await site.crm.owners()
        assert spent.value.not_sent
        assert spent.value.after > 800

    asyncio.run(test())


def test_an_open_opportunity_is_seen_by_contact_and_by_account() -> None:
    async def test(site: Site) -> None:
        add_customers(site.stand)
        one, two, _ = site.org.all("Contact").values()
        deal = site.org.put("Opportunity", IsClosed=False, Name="New")
        site.org.put("OpportunityContactRole", ContactId=one["Id"], OpportunityId=deal["Id"])
        site.org.put("Opportunity", IsClosed=False, Name="More", AccountId=two["AccountId"])
        rows = await site.crm.upsert([write(1), write(2), write(3)])
        assert [isinstance(r, UpsertResult) and r.contact.open_deal for r in rows] == [
            True,
            True,
            False,
        ]

    on_site(test)


def test_a_field_of_another_type_is_refused_and_left_as_it_is() -> None:
    async def test() -> None:
        site = Site()
        wrong = {"label": "Score", "type": "Text", "length": 10}
        site.org.put("CustomField", FullName="Lead.Leadgate_Score__c", Metadata=wrong)
        allowed = site.org.put("PermissionSet", Name="Other")
        site.org.put(
            "PermissionSetAssignment", AssigneeId=site.org.me, PermissionSetId=allowed["Id"]
        )
        more = {
            "ParentId": allowed["Id"],
            "SobjectType": "Lead",
            "PermissionsRead": True,
            "PermissionsEdit": True,
        }
        site.org.put("FieldPermissions", Field="Lead.Leadgate_Score__c", **more)
        with pytest.raises(RecordRejected, match="is there as text, not as number"):
            await site.crm.provision(CrmRequirements())

    asyncio.run(test())


def test_a_signed_assertion_names_app_user_and_audience() -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    form = by_key(
        BASE, "app", "user@acme.test", pem, "https://login.salesforce.com", time.time
    ).form()
    claims = jwt.decode(
        form["assertion"],
        private.public_key(),
        algorithms=["RS256"],
        audience="https://login.salesforce.com",
    )
    assert (claims["iss"], claims["sub"]) == ("app", "user@acme.test")
    assert 0 < claims["exp"] - time.time() <= 180


@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (401, "INVALID_SESSION_ID", "Session expired or invalid", Unauthorised),
        (403, "INSUFFICIENT_ACCESS", "no", NotInPlan),
        (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", QuotaExhausted),
        (
            403,
            "REQUEST_LIMIT_EXCEEDED",
            "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
            Unavailable,
        ),
        (400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access", RecordRetryable),
        (400, "DUPLICATES_DETECTED", "Use one of these records?", RecordRetryable),
        (400, "STRING_TOO_LONG", "data value too large", RecordRejected),
        (404, "ENTITY_IS_DELETED", "entity is deleted", RecordRejected),
        (503, "SERVER_UNAVAILABLE", "", Unavailable),
    ],
)
def test_what_an_answer_means(
    status: int, code: str, message: str, expected: type[VendorError]
) -> None:
    request = httpx.Request("GET", BASE)
    body = [{"errorCode": code, "message": message}]
    error = classify(httpx.Response(status, json=body, request=request))
    assert type(error) is expected
