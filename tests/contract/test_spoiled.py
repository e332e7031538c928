"""Answers and refusals that concern one row, and those that concern everybody: each is raised as
whose trouble it is."""

import re

import httpx
import msgspec
import pytest

from connectors.core.crm import Crm, UpsertResult
from connectors.core.errors import (
    AccountLimited,
    RecordRejected,
    RecordRetryable,
    Unavailable,
    Unreadable,
    VendorError,
)
from tests.contract.vendors import LIST, VENDORS, contact_id, on_sandbox, people, task, write

WHOLE = ("html", "list", "null", "empty", "missing_key", "null_key", "deep", "huge")
#: 400 as vendors word it when one row of a batch can't be taken.
REFUSAL = {
    "hubspot": {"status": "error", "category": "VALIDATION_ERROR", "message": "Invalid input JSON"},
    "salesforce": [
        {"errorCode": "JSON_PARSER_ERROR", "message": "Cannot deserialize instance of string"}
    ],
    "zoho": {"code": "INVALID_DATA", "message": "invalid data", "status": "error"},
}


async def fault(control: httpx.AsyncClient, **fields: object) -> None:
    await control.post("/faults", json=fields)


@pytest.mark.parametrize("kind", WHOLE)
def test_an_answer_in_another_form_is_the_vendors_and_the_next_try_finds_what_was_done(
    vendor: str, kind: str
) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        await fault(control, path=VENDORS[vendor].writes, kind=kind, times=1)
        with pytest.raises(Unreadable) as unreadable:
            await crm.upsert([write(1), write(2)])
        assert not unreadable.value.not_sent
        for row in await crm.upsert([write(1), write(2)]):
            contact_id(row)
        assert len(await people(control)) == 2

    on_sandbox(vendor, test)


@pytest.mark.parametrize("kind", ["truncated", "odd_row", "null_row"])
def test_an_odd_row_is_that_rows_and_the_next_try_finds_what_was_done(
    vendor: str, kind: str
) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        writes = [write(n) for n in range(5)]
        await fault(control, path=VENDORS[vendor].writes, kind=kind, times=1)
        try:
            rows = await crm.upsert(writes)
        except Unreadable:
            assert kind == "truncated", (
                "which row is missing is unknown where rows go by their order"
            )
            assert vendor != "hubspot"
        else:
            assert sum(isinstance(row, RecordRetryable) for row in rows) == 1
            assert sum(isinstance(row, UpsertResult) for row in rows) == 4
        for row in await crm.upsert(writes):
            contact_id(row)
        assert len(await people(control)) == 5

    on_sandbox(vendor, test)


@pytest.mark.parametrize("kind", [*WHOLE, "truncated", "odd_row", "null_row"])
def test_nobody_is_made_twice_when_a_look_up_is_answered_oddly(vendor: str, kind: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        for row in await crm.upsert([write(1), write(2)]):
            contact_id(row)
        await fault(control, path=VENDORS[vendor].reads, kind=kind, times=9)
        changed = [write(n, key=f"other{n}", title="CEO") for n in (1, 2)]
        try:
            rows = await crm.upsert(changed)
        except VendorError:
            rows = []
        assert all(isinstance(row, VendorError) or row.existed for row in rows)
        assert len(await people(control)) == 2

    on_sandbox(vendor, test)


@pytest.mark.parametrize("what", ["writes", "reads"])
def test_one_rows_refusal_of_a_whole_call_costs_that_row_alone(vendor: str, what: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        await fault(
            control,
            path=getattr(VENDORS[vendor], what),
            status=400,
            times=999,
            row="acme2.com",
            body=REFUSAL[vendor],
        )
        rows = await crm.upsert([write(n) for n in range(20)])
        assert [i for i, row in enumerate(rows) if not isinstance(row, UpsertResult)] == [2]
        assert isinstance(rows[2], RecordRejected)
        assert len(await people(control)) == 19

    on_sandbox(vendor, test)


def test_several_refused_rows_bear_each_its_own_reason(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        for bad in (3, 4, 17):
            await fault(
                control,
                path=VENDORS[vendor].writes,
                status=400,
                times=999,
                row=f"p{bad}@acme{bad}.com",
                body=REFUSAL[vendor],
            )
        before = (await control.get("/state")).json()["crm_calls"]
        rows = await crm.upsert([write(n) for n in range(20)])
        assert [i for i, row in enumerate(rows) if not isinstance(row, UpsertResult)] == [3, 4, 17]
        assert (await control.get("/state")).json()["crm_calls"] - before < 45, (
            "of 20 rows never more than 39 calls"
        )

    on_sandbox(vendor, test)


def test_what_concerns_the_whole_vendor_is_never_split(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        await fault(control, path=VENDORS[vendor].writes, status=503, times=999, row="acme2.com")
        before = (await control.get("/state")).json()["calls"]
        with pytest.raises(Unavailable):
            await crm.upsert([write(n) for n in range(20)])
        after = (await control.get("/state")).json()["calls"]
        made = sum(
            after.get(n, 0) - before.get(n, 0)
            for n in after
            if VENDORS[vendor].writes.strip("/$").split("/")[-1] in n
        )
        assert made <= 4, "once, and once more for a vendor that stumbled; no halves"

    on_sandbox(vendor, test)


def test_one_refused_task_costs_no_other_and_none_is_made_twice(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        ids = [contact_id(row) for row in await crm.upsert([write(n) for n in range(6)])]
        tasks = [
            msgspec.structs.replace(task(i, ""), effect_id=f"effect-{n}") for n, i in enumerate(ids)
        ]
        await fault(
            control,
            path=VENDORS[vendor].tasks,
            status=400,
            times=999,
            row="effect-4",
            body=REFUSAL[vendor],
        )
        rows = await crm.add_tasks(tasks)
        assert [i for i, row in enumerate(rows) if isinstance(row, VendorError)] == [4]
        assert len((await control.get("/crm/tasks")).json()) == 5

    on_sandbox(vendor, test)


def test_one_who_can_not_enter_a_list_keeps_nobody_else_out(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        ids = [contact_id(row) for row in await crm.upsert([write(n) for n in range(4)])]
        await fault(
            control,
            path=VENDORS[vendor].lists,
            status=400,
            times=99,
            row=ids[1],
            body=REFUSAL[vendor],
        )
        rows = await crm.enter_list(LIST, ids)
        assert [i for i, row in enumerate(rows) if isinstance(row, VendorError)] == [1]
        assert len((await control.get("/crm/enrolments")).json()) == 3

    on_sandbox(vendor, test)


def test_a_limit_of_the_account_is_no_leads_trouble(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        about = VENDORS[vendor]
        await fault(control, path=about.writes, times=99, **about.limited)
        before = (await control.get("/state")).json()["crm_calls"]
        with pytest.raises(AccountLimited, match=about.limit) as limited:
            await crm.upsert([write(n) for n in range(20)])
        assert limited.value.not_sent
        assert (await control.get("/state")).json()["crm_calls"] - before < 12, (
            "it is not tried row by row"
        )

    on_sandbox(vendor, test)


def test_a_stop_is_not_done_until_it_is_written_and_the_opt_out_goes_out_all_the_same(
    vendor: str,
) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        [row] = await crm.upsert([write(1)])
        await fault(
            control,
            path=VENDORS[vendor].update,
            status=400,
            times=99,
            row="unsubscribe",
            body=REFUSAL[vendor],
        )
        with pytest.raises(RecordRejected):
            await crm.stop(contact_id(row), "unsubscribe", [LIST])
        [person] = await people(control)
        assert (person["status"], person["opted_out"]) == ("", True)
        await control.delete("/faults")
        for _ in range(2):
            await crm.stop(contact_id(row), "unsubscribe", [LIST])
        [person] = await people(control)
        assert (person["status"], person["opted_out"]) == ("unsubscribe", True)

    on_sandbox(vendor, test)


def test_a_stop_whose_row_fails_in_a_sound_answer_is_not_done(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        [row] = await crm.upsert([write(1)])
        await control.post("/objects/control/broken_emails", json={"p1@acme1.com": True})
        with pytest.raises(RecordRetryable):
            await crm.stop(contact_id(row), "unsubscribe", [])
        await control.post("/objects/control/broken_emails", json={})
        await crm.stop(contact_id(row), "unsubscribe", [])
        [person] = await people(control)
        assert (person["status"], person["opted_out"]) == ("unsubscribe", True)

    on_sandbox(vendor, test)


def test_an_odd_field_does_not_hide_an_opt_out(vendor: str) -> None:
    phone, modified = {
        "hubspot": ("properties.phone", "properties.lastmodifieddate"),
        "salesforce": ("Phone", "SystemModstamp"),
        "zoho": ("Phone", "Modified_Time"),
    }[vendor]

    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        rows = await crm.upsert([write(1, phone="1"), write(2, phone="2")])
        await crm.stop(contact_id(rows[0]), "unsubscribe", [])
        odd = VENDORS[vendor].make(Odd(control, phone, modified))
        out = {contact.id: contact.opted_out for contact in await odd.changed_since(0.0)}
        assert out == {contact_id(rows[0]): True, contact_id(rows[1]): False}
        await odd.close()

    on_sandbox(vendor, test)


class Odd(httpx.AsyncBaseTransport):
    """A vendor that puts objects and nonsense where phone numbers and times were."""

    def __init__(self, control: httpx.AsyncClient, *paths: str) -> None:
        self._sandbox, self._names = control._transport, {path.rsplit(".", 1)[-1] for path in paths}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._sandbox.handle_async_request(request)
        text = (await answer.aread()).decode()
        for name, value in zip(sorted(self._names), ('{"a":[]}', '"yesterday"'), strict=True):
            text = re.sub(rf'"{name}":("[^"]*"|null)', f'"{name}":{value}', text)
        return httpx.Response(
            answer.status_code,
            text=text,
            headers={"content-type": "application/json"},
            request=request,
        )
