"""What every CRM must do, told once: each connector on its sandbox, and the double in memory."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec
import pytest

from leadgate.connectors.bearer import Bearer
from leadgate.connectors.contract import (
    ActivityAsked,
    CompanyAsked,
    CompanyKnown,
    ContactWrite,
    Crm,
    NoteWrite,
    OwnerWrite,
    TaskWrite,
    Wants,
    Written,
)
from leadgate.connectors.errors import NotSent, RowRejected, RowRetryable, Unauthorised, Unavailable
from leadgate.connectors.fields import Admission, Field
from leadgate.connectors.http import Budget
from leadgate.connectors.hubspot.client import HubSpotHttp
from leadgate.connectors.hubspot.crm import HubSpotCrm
from leadgate.connectors.memory.crm import MemoryCrm
from leadgate.connectors.salesforce.auth import by_secret
from leadgate.connectors.salesforce.client import SalesforceHttp
from leadgate.connectors.salesforce.crm import SalesforceCrm
from leadgate.connectors.sandbox.generate import GONE, REPS
from leadgate.connectors.sandbox.hubspot.hub import TOKEN
from leadgate.connectors.sandbox.salesforce import CLIENT_ID, CLIENT_SECRET
from leadgate.connectors.sandbox.server import make_sandbox
from leadgate.connectors.sandbox.zoho import CLIENT_ID as ZOHO_ID
from leadgate.connectors.sandbox.zoho import CLIENT_SECRET as ZOHO_SECRET
from leadgate.connectors.sandbox.zoho import REFRESH
from leadgate.connectors.zoho.auth import ZohoGrant
from leadgate.connectors.zoho.client import ZohoHttp
from leadgate.connectors.zoho.crm import ZohoCrm
from leadgate.leads.records import Change

Test = Callable[[Crm], Coroutine[Any, Any, None]]
SandboxTest = Callable[[Crm, httpx.AsyncClient], Coroutine[Any, Any, None]]
LIST = "Leadgate nurture"
WANTS = Wants(sequences=["77"], senders=REPS, accounts=True)


def hubspot(transport: httpx.AsyncBaseTransport) -> Crm:
    """HubSpot's connector on the sandbox."""
    http = HubSpotHttp("http://sandbox/hubspot", TOKEN, Budget(10**6, 10.0), Budget(10**6, 1.0), time.time, transport)
    return HubSpotCrm(http, time.time)


def salesforce(transport: httpx.AsyncBaseTransport) -> Crm:
    """Salesforce's connector on the sandbox."""
    base = "http://sandbox/salesforce"
    grant = by_secret(base, CLIENT_ID, CLIENT_SECRET)
    return SalesforceCrm(SalesforceHttp(base, grant, Budget(10**6, 10.0), time.time, transport), time.time)


def zoho(transport: httpx.AsyncBaseTransport) -> Crm:
    """Zoho's connector on the sandbox."""
    base = "http://sandbox/zoho"
    bearer = Bearer(ZohoGrant(base, ZOHO_ID, ZOHO_SECRET, REFRESH))
    return ZohoCrm(ZohoHttp(base, bearer, Budget(10**6, 10.0), time.time, transport=transport), time.time)


@dataclass(frozen=True, slots=True)
class Vendor:
    """One CRM with a sandbox: its connector, and the paths of the calls that tests disturb."""

    make: Callable[[httpx.AsyncBaseTransport], Crm]
    writes: str
    reads: str
    tasks: str
    forbids: dict[str, Any]  # a 403 as the vendor words it, and
    forbidden: str  # what of it a person must be told
    day: dict[str, Any]  # the answer of a day that is spent


VENDORS = {
    "hubspot": Vendor(
        hubspot,
        "contacts/batch/create",
        "contacts/batch/read",
        "tasks/batch/create",
        forbids={
            "status": 403,
            "body": {
                "category": "MISSING_SCOPES",
                "message": "This app hasn't been granted all required scopes to make this call.",
                "errors": [{"context": {"requiredGranularScopes": ["crm.objects.contacts.write"]}}],
            },
        },
        forbidden="crm.objects.contacts.write",
        day={"status": 429, "body": {"message": "You have reached your daily limit.", "policyName": "DAILY"}},
    ),
    "zoho": Vendor(
        zoho,
        "Leads/upsert",
        "coql",
        "v8/Tasks$",
        forbids={"status": 403, "body": {"code": "NO_PERMISSION", "message": "permission denied to create Leads"}},
        forbidden="permission denied to create Leads",
        day={"status": 429, "body": {"code": "TOO_MANY_REQUESTS"}, "headers": {"x-api-credits-remaining": "0"}},
    ),
    "salesforce": Vendor(
        salesforce,
        "composite/sobjects/Lead/",
        "composite$",
        "composite/sobjects$",
        forbids={"status": 403, "body": [{"errorCode": "API_DISABLED_FOR_ORG", "message": "The REST API is not enabled"}]},
        forbidden="The REST API is not enabled",
        day={"status": 403, "body": [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]},
    ),
}


@asynccontextmanager
async def sandbox(vendor: str) -> AsyncIterator[tuple[Crm, httpx.AsyncClient]]:
    """The connector on a sandbox in this process, provisioned."""
    app = make_sandbox(None, 0, 1, crm=vendor, search_lag=0.0, hubspot_limit=10_000)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        crm = VENDORS[vendor].make(transport)
        await crm.provision(Wants(lists=[LIST]))
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox/_control") as control:
            yield crm, control
        await crm.close()


def on_sandbox(vendor: str, test: SandboxTest) -> None:
    """Run a test that also needs the sandbox's controls."""

    async def run() -> None:
        async with sandbox(vendor) as (crm, control):
            await test(crm, control)

    asyncio.run(run())


@pytest.fixture(params=[*VENDORS, "memory"])
def on(request: pytest.FixtureRequest) -> Callable[[Test], None]:
    """Runs a test on one CRM."""

    def run(test: Test) -> None:
        if request.param == "memory":
            asyncio.run(test(MemoryCrm(time.time, {**dict.fromkeys(REPS, True), GONE: False})))
            return

        async def on_vendor(crm: Crm, control: httpx.AsyncClient) -> None:
            del control
            await test(crm)

        on_sandbox(request.param, on_vendor)

    return run


def write(number: int, **fields: Any) -> ContactWrite:
    """A person to write."""
    given = {
        "key": f"k{number}",
        "emails": (f"p{number}@acme{number}.com",),
        "first_name": "Ada",
        "company": f"Acme {number}",
        "domain": f"acme{number}.com",
    }
    return ContactWrite(**(given | fields))


def contact_id(row: object) -> str:
    """The id of a row that must have succeeded."""
    assert isinstance(row, Written), row
    return row.contact.id


def test_writing_twice_makes_one_contact(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        [first] = await crm.upsert([write(1)])
        [again] = await crm.upsert([write(1)])
        assert contact_id(first) == contact_id(again)
        assert isinstance(first, Written)
        assert isinstance(again, Written)
        assert (first.existed, again.existed) == (False, True)

    on(test)


def test_a_batch_answers_in_the_order_of_its_rows(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        rows = await crm.upsert([write(n) for n in range(50)])
        again = await crm.upsert([write(n) for n in reversed(range(50))])
        assert [contact_id(r) for r in rows] == [contact_id(r) for r in reversed(again)]

    on(test)


def test_colleagues_share_one_company(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        rows = await crm.upsert([write(1), write(2, domain="acme1.com")])
        assert len({row.contact.company_id for row in rows if isinstance(row, Written)}) == 1

    on(test)


def test_an_owner_is_read_back_as_written(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        [before] = await crm.read_owners([ident])
        await crm.assign([OwnerWrite(contact_id=ident, owner_email=REPS[0], score=80, status="rep")])
        [after] = await crm.read_owners([ident])
        assert not isinstance(before, Exception)
        assert not isinstance(after, Exception)
        assert (before.owner_id, before.active) == ("", False)
        assert (after.email, after.active) == (REPS[0], True)

    on(test)


@pytest.mark.parametrize("email", [GONE, "stranger@acme.test"])
def test_nobody_who_is_gone_becomes_an_owner(on: Callable[[Test], None], email: str) -> None:
    async def test(crm: Crm) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        [row] = await crm.assign([OwnerWrite(contact_id=ident, owner_email=email, score=80, status="rep")])
        assert isinstance(row, RowRejected)
        assert row.kind == "no_owner"

    on(test)


def test_a_contact_that_is_gone_is_not_made_again(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        [row] = await crm.upsert([write(1, known_id="424242")])
        assert isinstance(row, RowRejected)
        assert row.kind == "deleted"

    on(test)


def test_a_changed_address_stays_one_contact(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        [row] = await crm.upsert([write(1, known_id=ident, emails=("new@acme1.com",))])
        assert contact_id(row) == ident

    on(test)


def test_a_contact_whose_address_the_crm_has_changed_is_found_by_our_key(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        await crm.upsert([write(1, known_id=ident, emails=("new@acme1.com",))])
        [row] = await crm.upsert([write(1)])
        assert contact_id(row) == ident
        assert isinstance(row, Written)
        assert row.existed

    on(test)


def test_a_reading_of_all_contacts_can_go_on_after_any_page(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        for start in range(0, 220, 55):
            await crm.upsert([write(n) for n in range(start, start + 55)])
        pages = [page async for page in crm.contacts()]
        ids = [c.id for page in pages for c in page.contacts]
        assert len(set(ids)) == len(ids) >= 220
        read = 0
        for page in pages:
            read += len(page.contacts)
            rest = [c.id async for more in crm.contacts(page.after) for c in more.contacts] if page.after else []
            assert rest == ids[read:]

    on(test)


COMPANIES: tuple[dict[str, str], ...] = (
    {"name": "Globex Group", "domain": "globex.com", "owner": REPS[1]},
    {"name": "Globex Labs", "domain": "globexlabs.com", "parent": "globex.com"},
)


@pytest.mark.parametrize("vendor", [*VENDORS, "memory"])
def test_a_company_tells_its_owner_and_its_parent(vendor: str) -> None:
    """By id and by domain, however the web address was typed; nobody is asked about one that isn't there."""

    async def test(crm: Crm) -> None:
        wanted = [CompanyAsked(domain=d) for d in ("globexlabs.com", "nowhere.com", "globex.com")]
        labs, nowhere, group = await crm.accounts(wanted)
        assert isinstance(labs, CompanyKnown)
        assert isinstance(group, CompanyKnown)
        assert nowhere is None
        assert (labs.owner_id, labs.parent_id, group.parent_id) == ("", group.id, "")
        [again] = await crm.accounts([CompanyAsked(id=group.id)])
        assert again == group
        owner = await crm.owner(group.owner_id)
        assert owner is not None
        assert (owner.email, owner.active, owner.teams) == (REPS[1], True, ("Sales",))
        listed = {c.id: c async for page in crm.companies() for c in page}
        assert listed[labs.id] == labs
        assert await crm.accounts([]) == []

    async def on_vendor(crm: Crm, control: httpx.AsyncClient) -> None:
        for company in COMPANIES:
            await control.post("/crm/companies", json=company)
        await test(crm)

    if vendor != "memory":
        on_sandbox(vendor, on_vendor)
        return
    memory = MemoryCrm(time.time, dict.fromkeys(REPS, True))
    for company in COMPANIES:
        memory.add_company(**company)
    asyncio.run(test(memory))


def test_lists_are_entered_and_left_harmlessly_twice(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        for _ in range(2):
            assert await crm.enter_list(LIST, [ident]) == [ident]
        for _ in range(2):
            assert await crm.leave_list(LIST, [ident]) == [ident]

    on(test)


def test_a_task_that_was_made_is_found_again(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        owner = await crm.owner_by_email(REPS[0])
        assert owner is not None
        [made] = await crm.add_tasks([task(ident, owner.id)])
        [found] = await crm.add_tasks([msgspec.structs.replace(task(ident, owner.id), look_first=True)])
        assert made == found

    on(test)


def task(contact: str, owner: str = "1", until: float = 1e12) -> TaskWrite:
    """A task for an owner, new."""
    return TaskWrite(effect_id="e1", contact_id=contact, owner_id=owner, subject="Call", due=1.0, look_first=False, until=until)


FIELDS = {
    "text": Field(name="tech_stack__c", label="tech stack", type="text"),
    "number": Field(name="seats__c", label="seats", type="number"),
    "flag": Field(name="partner__c", label="partner", type="flag"),
    "date": Field(name="renewal__c", label="renewal", type="date"),
    "moment": Field(name="seen__c", label="seen", type="moment"),
    "choice": Field(name="role__c", label="role", type="choice", options=("Champion", "Decision maker")),
}
VALUES = {
    "tech_stack__c": "Kafka",
    "seats__c": 40,
    "partner__c": True,
    "renewal__c": "2026-12-01",
    "seen__c": "2026-11-24T10:00:00Z",
    "role__c": "Champion",
}


def test_mapped_fields_are_made_filled_where_blank_and_overwritten_only_where_told(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        fields = list(FIELDS.values())
        planned = await crm.provision(Wants(fields=fields), dry_run=True)
        assert len(await crm.check(Wants(fields=fields))) >= len(fields)
        assert planned == [line for line in await crm.provision(Wants(fields=fields)) if "permission" not in line]
        assert await crm.check(Wants(fields=fields)) == []
        there = await crm.fields()
        assert {f.type: there[f.name].type for f in fields} == {t: t for t in FIELDS}
        assert set(there["role__c"].options) == {"Champion", "Decision maker"}
        ident = contact_id((await crm.upsert([write(1, more=VALUES)]))[0])
        again = {**VALUES, "tech_stack__c": "Flink", "seats__c": 50}
        [row] = await crm.upsert([write(1, known_id=ident, more=again, overwrite=frozenset({"seats__c"}))])
        assert isinstance(row, Written)
        [now] = await crm.read([ident], ["tech_stack__c", "seats__c", "role__c"])
        assert now is not None
        assert (now["tech_stack__c"], float(now["seats__c"]), now["role__c"]) == ("Kafka", 50, "Champion")

    on(test)


def test_a_text_may_be_as_long_as_the_property_says_and_no_longer(vendor: str) -> None:
    """What the CRM tells of its properties keeps out what would cost the whole row."""

    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        del control
        await crm.provision(Wants(fields=[FIELDS["text"]]))
        most = (await crm.fields())["tech_stack__c"].most
        long = {"tech_stack__c": "x" * most}
        admission = Admission(crm.fields)
        assert await admission.admit(long) == (long, ())
        good, [said] = await admission.admit({"tech_stack__c": "x" * (most + 1)})
        assert (good, str(most) in said) == ({}, True)
        row, refused = await crm.upsert([write(1, more=long), write(2, more={"tech_stack__c": "x" * (most + 1)})])
        ident = contact_id(row)
        assert isinstance(refused, RowRejected)
        far = OwnerWrite(contact_id=ident, owner_email="", score=1, status="nurture", intent="visit " + "y" * 400)
        [assigned] = await crm.assign([far])
        assert isinstance(assigned, Change)

    on_sandbox(vendor, test)


def test_a_write_tells_what_stood_there_and_can_be_taken_back(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        await crm.provision(Wants(fields=list(FIELDS.values())))
        [made] = await crm.upsert([write(1)])
        ident = contact_id(made)
        [first] = await crm.assign([OwnerWrite(contact_id=ident, owner_email=REPS[0], score=80, status="rep")])
        [again] = await crm.upsert([write(1, known_id=ident, more={"tech_stack__c": "Kafka"})])
        [second] = await crm.assign([OwnerWrite(contact_id=ident, owner_email=REPS[1], score=81, status="nurture")])
        assert isinstance(made, Written)
        assert isinstance(again, Written)
        assert isinstance(first, Change)
        assert isinstance(second, Change)
        assert made.change is not None
        assert again.change is not None
        assert all(value is None for value in made.change.before.values())
        assert again.change.before["tech_stack__c"] is None
        touched = {**again.change.wrote, **second.wrote}
        assert all(again.change.before[n] is not None for n in first.wrote if first.wrote[n] not in ("", 0, "0"))
        await crm.restore(ident, {n: again.change.before[n] for n in touched})
        [now] = await crm.read([ident], list(touched))
        assert now is not None
        assert {n: v for n, v in now.items() if v} == {n: again.change.before[n] for n in touched if again.change.before[n]}
        [shown] = await crm.read_owners([ident])
        assert not isinstance(shown, Exception)
        assert shown.email == REPS[0]
        assert await crm.read(["424242"], ["tech_stack__c"]) == [None]

    on(test)


def test_a_field_of_another_type_is_refused_and_left(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        await crm.provision(Wants(fields=[FIELDS["text"]]))
        wrong = msgspec.structs.replace(FIELDS["text"], type="number")
        with pytest.raises(RowRejected, match=r"tech_stack__c is there as (text|long), not as number"):
            await crm.provision(Wants(fields=[wrong]))
        assert (await crm.fields())["tech_stack__c"].type == "text"

    on(test)


def test_a_note_in_the_owners_name_is_made_once_and_is_an_activity(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        owner = await crm.owner_by_email(REPS[0])
        assert owner is not None
        now = time.time()
        note = NoteWrite(
            effect_id="e9", contact_id=ident, owner_id=owner.id, text="I'm on it", at=now, look_first=False, until=1e12
        )
        [made] = await crm.add_notes([note])
        [found] = await crm.add_notes([msgspec.structs.replace(note, look_first=True)])
        assert isinstance(made, str)
        assert made == found
        [at] = await crm.activities([ActivityAsked(contact_id=ident, owner_id=owner.id, since=now - 60)])
        assert abs(at - now) < 30

    on(test)


def test_an_opt_out_is_written_to_the_crm(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        await crm.stop(ident, "unsubscribe", [])
        changed = {c.id: c for c in await crm.changed_since(0)}
        assert changed[ident].opted_out
        assert changed[ident].status == "unsubscribe"

    on(test)


# Faults, as each vendor's contract describes them


@pytest.fixture(params=list(VENDORS))
def vendor(request: pytest.FixtureRequest) -> str:
    """One CRM that has a sandbox."""
    return str(request.param)


async def people(control: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Whom the CRM holds."""
    found: list[dict[str, Any]] = (await control.get("/crm/people")).json()
    return found


def test_what_is_provisioned_is_found_sound(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        del control
        assert await crm.check(Wants(lists=[LIST])) == []
        assert await crm.provision(Wants(lists=[LIST])) == []
        [fault] = await crm.check(Wants(lists=["Nobody's list"]))
        assert "Nobody's list" in fault

    on_sandbox(vendor, test)


def test_a_sequence_of_its_own_that_the_crm_has_not_got_is_a_fault(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        [fault] = await crm.check(Wants(sequences=["77"], senders=REPS))
        assert "no sequence 77" in fault

    on(test)


def test_what_a_key_may_not_call_is_named_with_what_it_disables(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        assert await crm.limits(WANTS) == []
        about = VENDORS[vendor]
        await control.post("/faults", json={"path": about.reads.replace("contacts", "deals"), "times": 1, **about.forbids})
        [line] = await crm.limits(WANTS)
        assert "may not call it, so" in line

    on_sandbox(vendor, test)


def test_one_refused_row_leaves_the_others_alone(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        await control.post("/objects/control/broken_emails", json={"p2@acme2.com": True})
        rows = await crm.upsert([write(n) for n in range(100)])
        assert [type(r) for r in rows] == [*[Written] * 2, RowRetryable, *[Written] * 97]
        assert len(await people(control)) == 99

    on_sandbox(vendor, test)


def test_a_person_named_twice_in_a_batch_is_written_once_and_tried_again(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        await crm.upsert([write(1)])
        rows = await crm.upsert([write(1), write(9, emails=write(1).emails), write(2)])
        assert [type(r) for r in rows] == [Written, RowRetryable, Written]
        assert len(await people(control)) == 2

    on_sandbox(vendor, test)


def test_a_lost_answer_is_found_by_the_next_try(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        await control.post("/faults", json={"path": VENDORS[vendor].writes, "kind": "lost", "times": 2})
        with pytest.raises(Unavailable):
            await crm.upsert([write(1)])
        [row] = await crm.upsert([write(1)])
        contact_id(row)
        assert len(await people(control)) == 1

    on_sandbox(vendor, test)


def test_a_task_whose_answer_is_lost_is_not_made_twice(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        await control.post("/faults", json={"path": VENDORS[vendor].tasks, "kind": "lost", "times": 1})
        with pytest.raises(Unavailable) as lost:
            await crm.add_tasks([task(ident, "")])
        assert not lost.value.undone
        await crm.add_tasks([msgspec.structs.replace(task(ident, ""), look_first=True)])
        assert len((await control.get("/crm/tasks")).json()) == 1

    on_sandbox(vendor, test)


def test_a_task_never_leaves_after_its_deadline(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        late = asyncio.get_running_loop().time() - 0.1
        with pytest.raises(NotSent):
            await crm.add_tasks([task(ident, "", until=late)])
        assert (await control.get("/crm/tasks")).json() == []

    on_sandbox(vendor, test)


def test_a_stumbling_vendor_is_asked_once_more(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        await control.post("/faults", json={"path": VENDORS[vendor].reads, "status": 503, "times": 1})
        contact_id((await crm.upsert([write(1)]))[0])

    on_sandbox(vendor, test)


@pytest.mark.parametrize("told", ["1", ""])
def test_429_is_waited_for(vendor: str, told: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        fault = {"path": VENDORS[vendor].reads, "status": 429, "times": 1, "retry_after": told}
        await control.post("/faults", json=fault)
        started = time.monotonic()
        contact_id((await crm.upsert([write(1)]))[0])
        assert time.monotonic() - started >= 1

    on_sandbox(vendor, test)


def test_a_call_without_an_answer_is_made_again(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        await control.post("/faults", json={"path": VENDORS[vendor].writes, "kind": "timeout", "times": 1, "seconds": 0.1})
        contact_id((await crm.upsert([write(1)]))[0])
        assert len(await people(control)) == 1

    on_sandbox(vendor, test)


def test_what_the_key_may_not_do_is_named_and_ends_it(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        about = VENDORS[vendor]
        await control.post("/faults", json={"path": about.writes, "times": 9, **about.forbids})
        with pytest.raises(Unauthorised, match=about.forbidden):
            await crm.upsert([write(1)])

    on_sandbox(vendor, test)


def test_a_spent_day_is_a_pause_with_a_stated_end_and_no_further_call(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        about = VENDORS[vendor]
        await control.post("/faults", json={"path": about.writes, "times": 9, **about.day})
        with pytest.raises(Unavailable, match=r"tried again at \d\d:\d\d UTC") as spent:
            await crm.upsert([write(1)])
        assert spent.value.undone
        assert spent.value.after > 600
        calls = (await control.get("/state")).json()["crm_calls"]
        with pytest.raises(Unavailable, match="tried again at"):
            await crm.upsert([write(2)])
        assert (await control.get("/state")).json()["crm_calls"] == calls

    on_sandbox(vendor, test)


def test_the_owners_own_call_is_an_activity_and_our_task_is_none(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        await crm.assign([OwnerWrite(contact_id=ident, owner_email=REPS[0], score=80, status="rep")])
        owner = await crm.owner_by_email(REPS[0])
        assert owner is not None
        asked = [ActivityAsked(contact_id=ident, owner_id=owner.id, since=time.time() - 60)]
        await crm.add_tasks([task(ident, owner.id)])
        assert await crm.activities(asked) == [0.0]
        await control.post("/objects/apollo.contacts/a", json={"id": "a", "email": "p1@acme1.com"})
        await control.post("/play", json=[{"kind": "activity", "contact": "a"}])
        [at] = await crm.activities(asked)
        assert at > time.time() - 60
        [heard] = await crm.changed_since(time.time() - 60)
        assert (heard.id, heard.owner_id, heard.contacted_at > 0) == (ident, owner.id, True)

    on_sandbox(vendor, test)


@pytest.mark.parametrize(("kind", "field"), [("bounce", "bounced"), ("unsubscribe", "opted_out"), ("reply", "replied_at")])
def test_what_happens_in_the_crm_is_heard(vendor: str, kind: str, field: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        await control.post("/objects/apollo.contacts/a", json={"id": "a", "email": "p1@acme1.com"})
        await control.post("/play", json=[{"kind": kind, "contact": "a", "by": "crm"}])
        [heard] = await crm.changed_since(time.time() - 60)
        assert heard.id == ident
        assert getattr(heard, field)

    on_sandbox(vendor, test)


def test_a_deletion_is_told_with_the_persons_key(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        ident = contact_id((await crm.upsert([write(1), write(2)]))[0])
        keys = {c.id: c.key for c in await crm.changed_since(time.time() - 60)}
        assert len(keys) == 2
        await control.post("/objects/apollo.contacts/a", json={"id": "a", "email": "p1@acme1.com"})
        await control.post("/play", json=[{"kind": "deleted", "contact": "a"}])
        assert [(c.id, c.key) async for page in crm.deleted(time.time() - 60, keys) for c in page] == [(ident, "k1")]
        if not crm.tells_deleted:
            assert [c async for page in crm.deleted(time.time() + 60, keys) for c in page] == []
        [row] = await crm.upsert([write(1, known_id=ident)])
        assert isinstance(row, RowRejected)
        assert row.kind == "deleted"

    on_sandbox(vendor, test)


# Only HubSpot


def test_a_secondary_address_of_somebody_else_writes_nothing() -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        held = {
            "id": "5",
            "properties": {"email": "main@x.com", "hs_additional_emails": "p1@acme1.com"},
            "createdAt": "2026-01-01T00:00:00Z",
            "updatedAt": "2026-01-01T00:00:00Z",
            "archived": False,
        }
        await control.post("/objects/hubspot.contacts/5", json=held)
        await control.post("/reindex")
        [row] = await crm.upsert([write(1)])
        assert contact_id(row) == "5"
        [kept] = [c for c in (await control.get("/objects/hubspot.contacts")).json() if c["id"] == "5"]
        assert "leadgate_key" not in kept["properties"]

    on_sandbox("hubspot", test)


def test_batches_side_by_side_ask_for_a_company_once() -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        rows = await asyncio.gather(*(crm.upsert([write(n, domain="acme1.com")]) for n in range(5)))
        assert len({row.contact.company_id for [row] in rows if isinstance(row, Written)}) == 1
        calls = (await control.get("/state")).json()["calls"]
        asked = {
            name.rsplit("/companies/", 1)[1]: n for name, n in calls.items() if "/companies/" in name and "/objects/" in name
        }
        assert asked == {"search": 1, "batch/upsert": 1}

    on_sandbox("hubspot", test)


def test_a_company_that_could_not_be_asked_for_is_asked_for_again() -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        await control.post("/faults", json={"path": "companies/search", "status": 503, "times": 2})
        results = await asyncio.gather(*(crm.upsert([write(n, domain="acme1.com")]) for n in range(3)), return_exceptions=True)
        assert all(isinstance(result, Unavailable) for result in results)
        [row] = await crm.upsert([write(1)])
        contact_id(row)

    on_sandbox("hubspot", test)
