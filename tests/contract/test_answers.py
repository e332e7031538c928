"""Whatever a CRM answers, a VendorError comes of it or a sound answer: for every method of the
contract, on each CRM."""

import inspect
import os
from typing import Any

import httpx
import msgspec

from connectors.core.crm import (
    ActivityAsked,
    CompanyAsked,
    Crm,
    CrmRequirements,
    EnrolWrite,
    NoteWrite,
    OwnerReadback,
    OwnerWrite,
    TaskWrite,
)
from connectors.core.errors import Unreadable, VendorError
from sandbox.generate import REPS
from sandbox.salesforce.org import Org
from sandbox.server import make_sandbox
from sandbox.zoho.org import Org as ZohoOrg
from streams.testing.loop import VirtualLoop, run
from tests.contract.mutations import Call, Replay, spoil_all
from tests.contract.vendors import LIST, VENDORS, contact_id, write

#: Ways of one place that are tried for each answer; `LEADGATE_MUTATIONS=100000` tries all of them.
MOST = int(os.environ.get("LEADGATE_MUTATIONS", "25"))
LEAVE = "Out of sequences"
METHODS = sorted(
    name for name, _ in inspect.getmembers(Crm, inspect.isfunction) if not name.startswith("_")
)


def calls_on(people: list[str], owner: str, companies: list[str]) -> dict[str, Call]:
    """A call of every method, on people and companies that are there."""
    one, *_ = people
    known, new = write(1, known_id=one, title="CEO"), write(8, title="CFO")
    assigned = [
        OwnerWrite(contact_id=p, owner_email=REPS[0], score=5, status="routed") for p in people
    ]
    task: dict[str, Any] = {"contact_id": one, "owner_id": owner, "look_first": True, "until": 1e12}
    wants = CrmRequirements(lists=[LIST], accounts=True)
    asked = [CompanyAsked(id=i) for i in companies[:2]] + [CompanyAsked(domain="acme2.com")]
    enrolled = EnrolWrite(contact_id=one, sequence="77", owner_id=owner, inbox=REPS[0], leave=LEAVE)
    return {
        "upsert": lambda crm: crm.upsert(
            [known, write(2, domain="other.com"), write(9, emails=("p9@c.com",)), new]
        ),
        "assign": lambda crm: crm.assign(assigned),
        "read_owners": lambda crm: crm.read_owners(people),
        "owner": lambda crm: crm.owner(owner),
        "owner_by_email": lambda crm: crm.owner_by_email(REPS[0]),
        "add_tasks": lambda crm: crm.add_tasks(
            [
                TaskWrite(effect_id=f"e{n}", subject="Call", due=1.0, **(task | {"contact_id": p}))
                for n, p in enumerate(people)
            ]
        ),
        "add_notes": lambda crm: crm.add_notes(
            [
                NoteWrite(effect_id=f"n{n}", text="hi", at=1.0, **(task | {"contact_id": p}))
                for n, p in enumerate(people)
            ]
        ),
        "activities": lambda crm: crm.activities(
            [ActivityAsked(contact_id=p, owner_id=owner, since=0.0) for p in people]
        ),
        "enter_list": lambda crm: crm.enter_list(LIST, people),
        "leave_list": lambda crm: crm.leave_list(LIST, people),
        "enrol": lambda crm: crm.enrol(enrolled),
        "unenrol": lambda crm: crm.unenrol(one, LEAVE),
        "stop": lambda crm: crm.stop(one, "unsubscribe", [LIST]),
        "erase": lambda crm: crm.erase(one, "k1", permanent=True),
        "changed_since": lambda crm: crm.changed_since(0.0),
        "deleted": lambda crm: crm.deleted(0.0, dict.fromkeys(people, "k")),
        "contacts": lambda crm: crm.contacts(),
        "known_keys": lambda crm: crm.known_keys(),
        "companies": lambda crm: crm.companies(),
        "contacts_since": lambda crm: crm.contacts_since(0.0),
        "companies_since": lambda crm: crm.companies_since(0.0),
        "accounts": lambda crm: crm.accounts(asked),
        "owners": lambda crm: crm.owners(),
        "fields": lambda crm: crm.fields(),
        "company_fields": lambda crm: crm.company_fields(),
        "read": lambda crm: crm.read(
            people, ["email"] if people[0].isdigit() and len(people[0]) < 8 else ["Email"]
        ),
        "restore": lambda crm: crm.restore(one, {}),
        "check": lambda crm: crm.check(wants),
        "limits": lambda crm: crm.limits(wants),
        "provision": lambda crm: crm.provision(wants),
    }


#: Methods that answer in the order of the rows.
BY_ROW = set(
    "upsert assign read_owners add_tasks add_notes activities enter_list leave_list"
    " accounts read".split()
)
#: Methods of which a CRM that has no such thing asks nothing.
SILENT = {
    "salesforce": {"company_fields", "enrol", "unenrol"},
    "zoho": {"company_fields", "enrol", "unenrol"},
    "hubspot": set(),
}


async def prepare(vendor: str, app: Any, transport: httpx.AsyncBaseTransport) -> dict[str, Call]:
    """A CRM in which everything is there of which an answer can tell, and the calls on it."""
    crm = VENDORS[vendor].make(transport)
    await crm.provision(CrmRequirements(lists=[LIST, LEAVE]))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://sandbox/_control"
    ) as control:
        held = {
            "first_name": "Ada",
            "last_name": "B",
            "company": "Acme",
            "customer": True,
            "owner": REPS[0],
        }
        for number in (2, 4):
            await control.post("/crm/people", json={"email": f"p{number}@acme{number}.com", **held})
            company = {"name": f"Acme {number}", "domain": f"acme{number}.com", "owner": REPS[0]}
            await control.post("/crm/companies", json=company)
        await control.post(
            "/objects/hubspot.sequences/77", json={"id": "77", "name": "Sequence 77"}
        )
        people = [
            contact_id(row) for row in await crm.upsert([write(1), write(2), write(3), write(4)])
        ]
        owner = await crm.owner_by_email(REPS[0])
        assert owner is not None
        add_deals(vendor, app, people)
        await crm.assign(
            [OwnerWrite(contact_id=p, owner_email=REPS[0], score=1, status="new") for p in people]
        )
        calls = calls_on(
            people, owner.id, [c.id async for page in crm.companies() for c in page.rows]
        )
        for name in ("add_tasks", "add_notes", "enter_list"):
            await calls[name](crm)
        if vendor == "hubspot":
            await calls["enrol"](crm)
        for number in (2, 4):
            app.state.stands[vendor].call(f"p{number}@acme{number}.com")
        app.state.stands[vendor].delete("p3@acme3.com")
    await crm.close()
    return calls


def add_deals(vendor: str, app: Any, people: list[str]) -> None:
    """Open deals of a contact and of a company."""
    store = app.state.store
    if vendor == "hubspot":
        store.put(
            "hubspot.deals",
            "501",
            {"id": "501", "properties": {"hs_is_closed": "false"}, "archived": False, **_AT},
        )
        store.put("hubspot.links", f"contacts:{people[0]}:deals", {"to": ["501"]})
    elif vendor == "salesforce":
        org = Org(store)
        for contact in org.all("Contact").values():
            deal = org.put(
                "Opportunity", IsClosed=False, Name="New", AccountId=contact["AccountId"]
            )
            org.put("OpportunityContactRole", ContactId=contact["Id"], OpportunityId=deal["Id"])
    else:
        books = ZohoOrg(store, 0.0)
        for contact in books.all("Contacts").values():
            books.put(
                "Deals",
                Stage="Qualification",
                Contact_Name={"id": contact["id"]},
                Account_Name=contact["Account_Name"],
            )


_AT = {"createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z"}


def test_every_method_of_the_contract_is_called() -> None:
    assert sorted({*calls_on(["1"], "1", []), "close"}) == METHODS


def test_nothing_that_a_crm_answers_is_raised_as_our_own_fault(vendor: str) -> None:
    async def test() -> None:
        app = make_sandbox(None, 0, 1, crm=vendor, search_lag=-1.0, hubspot_limit=10**6)
        async with app.router.lifespan_context(app):
            sandbox = httpx.ASGITransport(app)
            calls = await prepare(vendor, app, sandbox)
            replay = Replay(sandbox)
            tried, wrong = 0, list[str]()
            for name, call in calls.items():
                if name not in SILENT[vendor]:
                    seed, by_row = f"{vendor} {name}", name in BY_ROW
                    some, faults = await spoil_all(
                        VENDORS[vendor].make, replay, call, seed, MOST, by_row=by_row
                    )
                    tried, wrong = tried + some, wrong + faults
        assert not wrong, f"{len(wrong)} of {tried}:\n" + "\n".join(wrong[:40])
        assert tried > 1500, "the test must not pass by trying little"

    run(VirtualLoop(), test())


def test_rows_are_matched_by_id_and_never_by_place(vendor: str) -> None:
    """An answer in another order, or about other records, is raised as each row's own or not
    believed at all."""

    async def test() -> None:
        app = make_sandbox(None, 0, 1, crm=vendor, search_lag=-1.0, hubspot_limit=10**6)
        async with app.router.lifespan_context(app):
            calls = await prepare(vendor, app, httpx.ASGITransport(app))
            for name in ("assign", "read_owners"):
                plain = await outcome(calls[name], VENDORS[vendor].make(httpx.ASGITransport(app)))
                mixed = await outcome(
                    calls[name], VENDORS[vendor].make(Reversing(httpx.ASGITransport(app)))
                )
                wrong = [
                    b for a, b in zip(plain, mixed, strict=True) if a != b and "Error" not in b
                ]
                assert not wrong, (name, plain, mixed)
                assert plain == mixed or vendor != "hubspot", "HubSpot answers by id, in any order"

    run(VirtualLoop(), test())


async def outcome(call: Call, crm: Crm) -> list[str]:
    """What each row comes to, without the time of it; of a whole call's failure as many as there
    are people."""
    try:
        rows = await call(crm)
    except Unreadable:
        return ["Error"] * 4
    shown = [
        msgspec.structs.replace(row, at=0.0) if isinstance(row, OwnerReadback) else row
        for row in rows
    ]
    return [f"Error {row}" if isinstance(row, VendorError) else str(row) for row in shown]


class Reversing(httpx.AsyncBaseTransport):
    """Turns every list of rows round."""

    def __init__(self, sandbox: httpx.AsyncBaseTransport) -> None:
        self._sandbox = sandbox

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._sandbox.handle_async_request(request)
        body = httpx.Response(
            answer.status_code, headers=answer.headers, content=await answer.aread()
        ).json()
        rows = body if isinstance(body, list) else body.get("results") or body.get("data") or []
        rows.reverse()
        return httpx.Response(answer.status_code, json=body, request=request)
