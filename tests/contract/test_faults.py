"""Faults, as each vendor's contract describes them."""

import asyncio
import time

import httpx
import msgspec
import pytest

from connectors.core.crm import Crm, UpsertResult
from connectors.core.errors import NotInPlan, NotSent, RecordRetryable, Unavailable
from tests.contract.vendors import VENDORS, contact_id, on_sandbox, people, task, write


def test_one_refused_row_leaves_the_others_alone(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        await control.post("/objects/control/broken_emails", json={"p2@acme2.com": True})
        rows = await crm.upsert([write(n) for n in range(100)])
        assert [type(r) for r in rows] == [
            *[UpsertResult] * 2,
            RecordRetryable,
            *[UpsertResult] * 97,
        ]
        assert len(await people(control)) == 99

    on_sandbox(vendor, test)


def test_a_person_named_twice_in_a_batch_is_written_once_and_tried_again(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        await crm.upsert([write(1)])
        rows = await crm.upsert([write(1), write(9, emails=write(1).emails), write(2)])
        assert [type(r) for r in rows] == [UpsertResult, RecordRetryable, UpsertResult]
        assert len(await people(control)) == 2

    on_sandbox(vendor, test)


def test_a_lost_answer_is_found_by_the_next_try(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        await control.post(
            "/faults", json={"path": VENDORS[vendor].writes, "kind": "lost", "times": 2}
        )
        with pytest.raises(Unavailable):
            await crm.upsert([write(1)])
        [row] = await crm.upsert([write(1)])
        contact_id(row)
        assert len(await people(control)) == 1

    on_sandbox(vendor, test)


def test_a_task_whose_answer_is_lost_is_not_made_twice(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        await control.post(
            "/faults", json={"path": VENDORS[vendor].tasks, "kind": "lost", "times": 1}
        )
        with pytest.raises(Unavailable) as lost:
            await crm.add_tasks([task(ident, "")])
        assert not lost.value.not_sent
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
        await control.post(
            "/faults", json={"path": VENDORS[vendor].reads, "status": 503, "times": 1}
        )
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
        await control.post(
            "/faults",
            json={"path": VENDORS[vendor].writes, "kind": "timeout", "times": 1, "seconds": 0.1},
        )
        contact_id((await crm.upsert([write(1)]))[0])
        assert len(await people(control)) == 1

    on_sandbox(vendor, test)


def test_what_the_key_may_not_do_is_named_and_is_no_wrong_key(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        about = VENDORS[vendor]
        await control.post("/faults", json={"path": about.writes, "times": 9, **about.forbids})
        with pytest.raises(NotInPlan, match=about.forbidden):
            await crm.upsert([write(1)])

    on_sandbox(vendor, test)


def test_a_spent_day_is_a_pause_with_a_stated_end_and_no_further_call(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        about = VENDORS[vendor]
        await control.post("/faults", json={"path": about.writes, "times": 9, **about.day})
        with pytest.raises(Unavailable, match=r"tried again at \d\d:\d\d UTC") as spent:
            await crm.upsert([write(1)])
        assert spent.value.not_sent
        assert spent.value.after > 600
        calls = (await control.get("/state")).json()["crm_calls"]
        with pytest.raises(Unavailable, match="tried again at"):
            await crm.upsert([write(2)])
        assert (await control.get("/state")).json()["crm_calls"] == calls

    on_sandbox(vendor, test)
