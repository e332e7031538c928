"""Each CRM on its sandbox in this process, and what the contract's tests share."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from connectors.core.crm import ContactWrite, Crm, CrmRequirements, TaskWrite, UpsertResult
from connectors.core.http import SlidingWindowLimiter
from connectors.core.oauth import TokenAuth
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.crm import HubSpotCrm
from connectors.salesforce.auth import by_secret
from connectors.salesforce.client import SalesforceHttp
from connectors.salesforce.crm import SalesforceCrm
from connectors.zoho.auth import ZohoGrant
from connectors.zoho.client import ZohoHttp
from connectors.zoho.crm import ZohoCrm
from sandbox.generate import REPS
from sandbox.hubspot.hub import TOKEN
from sandbox.salesforce import CLIENT_ID, CLIENT_SECRET
from sandbox.server import make_sandbox
from sandbox.zoho import CLIENT_ID as ZOHO_ID
from sandbox.zoho import CLIENT_SECRET as ZOHO_SECRET
from sandbox.zoho import REFRESH

Test = Callable[[Crm], Coroutine[Any, Any, None]]
SandboxTest = Callable[[Crm, httpx.AsyncClient], Coroutine[Any, Any, None]]
LIST = "Leadgate nurture"
WANTS = CrmRequirements(sequences=["77"], senders=REPS, accounts=True)


def hubspot(transport: httpx.AsyncBaseTransport) -> Crm:
    """HubSpot's connector on the sandbox."""
    http = HubSpotHttp(
        "http://sandbox/hubspot",
        TOKEN,
        SlidingWindowLimiter(10**6, 10.0),
        SlidingWindowLimiter(10**6, 1.0),
        time.time,
        transport,
    )
    return HubSpotCrm(http, time.time)


def salesforce(transport: httpx.AsyncBaseTransport) -> Crm:
    """Salesforce's connector on the sandbox."""
    base = "http://sandbox/salesforce"
    grant = by_secret(base, CLIENT_ID, CLIENT_SECRET)
    return SalesforceCrm(
        SalesforceHttp(base, grant, SlidingWindowLimiter(10**6, 10.0), time.time, transport),
        time.time,
    )


def zoho(transport: httpx.AsyncBaseTransport) -> Crm:
    """Zoho's connector on the sandbox."""
    base = "http://sandbox/zoho"
    bearer = TokenAuth(ZohoGrant(base, ZOHO_ID, ZOHO_SECRET, REFRESH))
    return ZohoCrm(
        ZohoHttp(base, bearer, SlidingWindowLimiter(10**6, 10.0), time.time, transport=transport),
        time.time,
    )


@dataclass(frozen=True, slots=True)
class Vendor:
    """One CRM with a sandbox: its connector, and the paths of the calls that tests disturb."""

    make: Callable[[httpx.AsyncBaseTransport], Crm]
    writes: str
    reads: str
    tasks: str
    forbids: dict[str, Any]  # a 403 as the vendor words it, and
    forbidden: str  # what of it a person must read
    day: dict[str, Any]  # the answer of a day that is spent
    update: str  # the path of a lead's update,
    lists: str  # and of what puts people on a list
    limited: dict[str, Any]  # the answer of an account that takes nothing more, and
    limit: str  # what of it a person must read


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
        day={
            "status": 429,
            "body": {"message": "You have reached your daily limit.", "policyName": "DAILY"},
        },
        update="contacts/batch/update",
        lists="memberships/add",
        limited={
            "status": 402,
            "body": {"message": "Payment required", "category": "PAYMENT_REQUIRED"},
        },
        limit="subscription",
    ),
    "zoho": Vendor(
        zoho,
        "Leads/upsert",
        "coql",
        "v8/Tasks$",
        forbids={
            "status": 403,
            "body": {"code": "NO_PERMISSION", "message": "permission denied to create Leads"},
        },
        forbidden="permission denied to create Leads",
        day={
            "status": 429,
            "body": {"code": "TOO_MANY_REQUESTS"},
            "headers": {"x-api-credits-remaining": "0"},
        },
        update="v8/Leads$",
        lists="actions/enrol_in_cadences",
        limited={
            "status": 403,
            "body": {"code": "LICENSE_LIMIT_EXCEEDED", "message": "license limit exceeded"},
        },
        limit="licence",
    ),
    "salesforce": Vendor(
        salesforce,
        "composite/sobjects/Lead/",
        "composite$",
        "composite/sobjects$",
        forbids={
            "status": 403,
            "body": [
                {
                    "errorCode": "INSUFFICIENT_ACCESS",
                    "message": "insufficient access rights on Lead",
                }
            ],
        },
        forbidden="insufficient access rights on Lead",
        day={
            "status": 403,
            "body": [
                {"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}
            ],
        },
        update="composite/sobjects$",
        lists="assignTargetToSalesCadence",
        limited={
            "status": 400,
            "body": [{"errorCode": "STORAGE_LIMIT_EXCEEDED", "message": "storage limit exceeded"}],
        },
        limit="storage is full",
    ),
}


@asynccontextmanager
async def sandbox(vendor: str) -> AsyncIterator[tuple[Crm, httpx.AsyncClient]]:
    """The connector on a sandbox in this process, provisioned."""
    app = make_sandbox(None, 0, 1, crm=vendor, search_lag=0.0, hubspot_limit=10_000)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        crm = VENDORS[vendor].make(transport)
        await crm.provision(CrmRequirements(lists=[LIST]))
        async with httpx.AsyncClient(
            transport=transport, base_url="http://sandbox/_control"
        ) as control:
            yield crm, control
        await crm.close()


def on_sandbox(vendor: str, test: SandboxTest) -> None:
    """Run a test that also needs the sandbox's controls."""

    async def run() -> None:
        async with sandbox(vendor) as (crm, control):
            await test(crm, control)

    asyncio.run(run())


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
    assert isinstance(row, UpsertResult), row
    return row.contact.id


def task(contact: str, owner: str = "1", until: float = 1e12) -> TaskWrite:
    """A task for an owner, new."""
    return TaskWrite(
        effect_id="e1",
        contact_id=contact,
        owner_id=owner,
        subject="Call",
        due=1.0,
        look_first=False,
        until=until,
    )


async def people(control: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Whom the CRM holds."""
    found: list[dict[str, Any]] = (await control.get("/crm/people")).json()
    return found
