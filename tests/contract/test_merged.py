"""A contact that was merged into another is that other one, wherever it is named by its old id;
nothing else is "deleted"."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from connectors.core.crm import Crm, CrmRequirements, OwnerReadback, OwnerWrite
from connectors.core.errors import RecordRejected, VendorError
from sandbox.generate import REPS
from sandbox.hubspot.hub import TOKEN
from sandbox.salesforce.org import Org
from sandbox.server import make_sandbox
from tests.contract.vendors import LIST, VENDORS, contact_id, on_sandbox, write

Merged = Callable[[Crm, Any, str, str], Coroutine[Any, Any, None]]
STATUS = {"hubspot": "leadgate_status", "salesforce": "Leadgate_Status__c"}


async def merge(vendor: str, app: FastAPI, heir: str, lost: str) -> str:
    """What a person does in the CRM's own merge; the id of the one that is left, which in HubSpot
    is a new one."""
    if vendor == "hubspot":
        token = {"authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), headers=token) as http:
            answer = await http.post(
                "http://sandbox/hubspot/crm/objects/2026-03/contacts/merge",
                json={"primaryObjectId": heir, "objectIdToMerge": lost},
            )
        return str(answer.json()["id"])
    org = Org(app.state.store)
    org.change("Lead", org.all("Lead")[lost], IsDeleted=True, MasterRecordId=heir)
    return heir


def on_merged(vendor: str, test: Merged) -> None:
    """Run a test on a CRM in which the second of two people was merged into the first."""

    async def run() -> None:
        app = make_sandbox(None, 0, 1, crm=vendor, search_lag=0.0)
        async with app.router.lifespan_context(app):
            crm = VENDORS[vendor].make(httpx.ASGITransport(app))
            await crm.provision(CrmRequirements(lists=[LIST]))
            heir, lost = [contact_id(row) for row in await crm.upsert([write(1), write(2)])]
            left = await merge(vendor, app, heir, lost)
            await test(crm, app.state.stands[vendor], left, lost)
            await crm.close()

    asyncio.run(run())


@pytest.mark.parametrize("vendor", ["hubspot", "salesforce"])
def test_a_merged_contact_is_read_and_written_by_its_old_id(vendor: str) -> None:
    async def test(crm: Crm, stand: Any, heir: str, lost: str) -> None:
        [change] = await crm.assign(
            [OwnerWrite(contact_id=lost, owner_email=REPS[0], score=5, status="routed")]
        )
        assert not isinstance(change, VendorError), change
        [person] = [p for p in stand.people() if p["id"] == heir]
        assert (person["owner"], person["status"]) == (REPS[0], "routed")
        [shown, same] = await crm.read_owners([lost, heir])
        assert isinstance(shown, OwnerReadback)
        assert isinstance(same, OwnerReadback)
        assert shown.email == same.email == REPS[0]
        [held] = await crm.read([lost], [STATUS[vendor]])
        assert held == {STATUS[vendor]: "routed"}

    on_merged(vendor, test)


@pytest.mark.parametrize("vendor", ["hubspot", "salesforce"])
def test_an_opt_out_by_the_old_id_stops_the_one_who_is_left(vendor: str) -> None:
    async def test(crm: Crm, stand: Any, heir: str, lost: str) -> None:
        await crm.stop(lost, "unsubscribe", [])
        [person] = [p for p in stand.people() if p["id"] == heir]
        assert (person["status"], person["opted_out"]) == ("unsubscribe", True)

    on_merged(vendor, test)


@pytest.mark.parametrize("vendor", ["hubspot", "salesforce"])
def test_a_merged_person_is_erased_by_the_old_id(vendor: str) -> None:
    async def test(crm: Crm, stand: Any, heir: str, lost: str) -> None:
        parts = await crm.erase(lost, "", permanent=True)
        erased = [part.ids for part in parts if part.outcome == "erased"]
        assert erased == [(heir,)]
        assert stand.people() == []

    on_merged(vendor, test)


@pytest.mark.parametrize("path", ["memberships", "lists/2026-03/search", "enrollments"])
def test_a_list_or_an_endpoint_that_is_not_there_is_no_deleted_contact(path: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        [row] = await crm.upsert([write(1)])
        body = {"category": "OBJECT_NOT_FOUND", "message": "List does not exist"}
        await control.post("/faults", json={"path": path, "status": 404, "times": 99, "body": body})
        try:
            rows = await crm.enter_list(LIST, [contact_id(row)])
        except RecordRejected as error:
            rows = [error]
        kinds = {row.kind for row in rows if isinstance(row, RecordRejected)}
        assert kinds <= {"missing"}
        assert kinds or path == "enrollments"

    on_sandbox("hubspot", test)
