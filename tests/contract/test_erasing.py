"""A person erased from the CRM: each connector on its sandbox, and the double in memory."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from connectors.core.crm import Crm, NoteWrite, UpsertResult
from connectors.core.errors import NotInPlan, RecordRejected, Unavailable
from leads.erasure import Erasure
from sandbox.generate import REPS
from tests.contract.vendors import (
    LIST,
    VENDORS,
    Test,
    contact_id,
    on_sandbox,
    people,
    task,
    write,
)

#: The path of the call that deletes a contact, and of the one that deletes our tasks.
DELETES = {"hubspot": "gdpr-delete", "salesforce": "composite/sobjects$", "zoho": "v8/Leads$"}
TASKS = {
    "hubspot": "tasks/batch/archive",
    "salesforce": "composite/sobjects$",
    "zoho": "v8/Tasks$",
}
METHOD = {"hubspot": "POST", "salesforce": "DELETE", "zoho": "DELETE"}
#: Days for which the vendor keeps what is deleted for good, as far as it can be.
DAYS = {"hubspot": 30, "salesforce": 15, "zoho": 60}


def outcomes(parts: list[Erasure]) -> dict[str, str]:
    """What became of each kind of thing."""
    return {part.what: part.outcome for part in parts}


async def is_there(crm: Crm, ident: str) -> bool:
    """Whether the CRM shows a contact."""
    [row] = await crm.read_owners([ident])
    assert not isinstance(row, RecordRejected) or row.kind == "deleted"
    return not isinstance(row, RecordRejected)


async def with_task_and_note(crm: Crm, number: int) -> str:
    """A person of that number, about whom we have made a task and a note."""
    ident = contact_id((await crm.upsert([write(number)]))[0])
    owner = await crm.owner_by_email(REPS[0])
    assert owner is not None
    made = task(ident, owner.id)
    note = NoteWrite(
        effect_id=f"n{number}",
        contact_id=ident,
        owner_id=owner.id,
        text="I'm on it",
        at=time.time(),
        look_first=False,
        until=1e12,
    )
    assert isinstance((await crm.add_tasks([made]))[0], str)
    assert isinstance((await crm.add_notes([note]))[0], str)
    return ident


@pytest.mark.parametrize("permanent", [True, False])
def test_a_person_is_erased_with_our_tasks_and_notes_and_harmlessly_twice(
    on: Callable[[Test], None], *, permanent: bool
) -> None:
    async def test(crm: Crm) -> None:
        ident = await with_task_and_note(crm, 1)
        first = await crm.erase(ident, "k1", permanent=permanent)
        assert outcomes(first) == {"task": "erased", "note": "erased", "contact": "erased"}
        assert not await is_there(crm, ident)
        again = await crm.erase(ident, "k1", permanent=permanent)
        assert outcomes(again) == {"contact": "gone"}
        [row] = await crm.upsert([write(1, known_id=ident)])
        assert isinstance(row, RecordRejected)
        assert row.kind == "deleted"

    on(test)


def test_nobody_else_is_touched(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        ident, other = await with_task_and_note(crm, 1), await with_task_and_note(crm, 2)
        await crm.erase(ident, "k1", permanent=True)
        assert await is_there(crm, other)
        theirs = await crm.erase(other, "k2", permanent=True)
        assert outcomes(theirs) == {"task": "erased", "note": "erased", "contact": "erased"}

    on(test)


def test_a_person_whose_id_is_not_known_is_found_by_our_key(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        ident = await with_task_and_note(crm, 1)
        parts = await crm.erase("", "k1", permanent=True)
        assert [p.ids for p in parts if p.what == "contact"] == [(ident,)]
        assert not await is_there(crm, ident)
        assert await crm.erase("", "k1", permanent=True) == []

    on(test)


def test_an_id_that_nobody_has_is_gone(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        assert outcomes(await crm.erase("424242", "", permanent=True)) == {"contact": "gone"}

    on(test)


def test_the_vendor_says_what_it_keeps_and_until_when(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        del control
        ident = contact_id((await crm.upsert([write(1)]))[0])
        [part] = await crm.erase(ident, "k1", permanent=True)
        assert part.remains
        assert abs(part.until - time.time() - DAYS[vendor] * 86_400) < 60

    on_sandbox(vendor, test)


def test_hubspots_plain_deletion_leaves_the_contact_in_the_bin_and_says_so() -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        [part] = await crm.erase(ident, "k1", permanent=False)
        assert "recycle bin" in part.remains
        assert await held_by_hubspot(control, ident)
        [again] = await crm.erase(ident, "k1", permanent=True)
        assert again.outcome == "gone"
        assert "only a person" in again.remains

    on_sandbox("hubspot", test)


def test_hubspots_deletion_for_privacy_leaves_nothing_in_the_bin() -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        await crm.erase(ident, "k1", permanent=True)
        assert not await held_by_hubspot(control, ident)
        [again] = await crm.erase(ident, "k1", permanent=True)
        assert (again.outcome, again.remains) == ("gone", "")

    on_sandbox("hubspot", test)


async def held_by_hubspot(control: httpx.AsyncClient, ident: str) -> bool:
    """Whether the sandbox's store still has the contact, deleted or not."""
    found: list[dict[str, Any]] = (await control.get("/objects/hubspot.contacts")).json()
    return ident in [one["id"] for one in found]


def test_a_deletion_whose_answer_is_lost_succeeds_at_the_next_try(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        ident = await with_task_and_note(crm, 1)
        for path in (DELETES[vendor], TASKS[vendor]):
            fault = {"path": path, "kind": "lost", "method": METHOD[vendor], "times": 2}
            await control.post("/faults", json=fault)
        for _ in range(2):
            try:
                parts = await crm.erase(ident, "k1", permanent=True)
            except Unavailable as error:
                assert not error.not_sent  # noqa: PT017  what was done isn't known
            else:
                break
        else:
            parts = await crm.erase(ident, "k1", permanent=True)
        assert outcomes(parts)["contact"] in {"erased", "gone"}
        assert await people(control) == []
        assert (await control.get("/crm/tasks")).json() == []

    on_sandbox(vendor, test)


def test_a_key_that_may_not_delete_contacts_says_so(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        forbids = {"path": DELETES[vendor], "method": METHOD[vendor], **VENDORS[vendor].forbids}
        await control.post("/faults", json={**forbids, "times": 9})
        with pytest.raises(NotInPlan):
            await crm.erase(ident, "k1", permanent=True)
        assert await is_there(crm, ident)

    on_sandbox(vendor, test)


@pytest.mark.parametrize("name", ["hubspot", "zoho"])
def test_tasks_that_the_key_may_not_delete_do_not_keep_the_contact(name: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        ident = await with_task_and_note(crm, 1)
        forbids = {"path": TASKS[name], "method": METHOD[name], **VENDORS[name].forbids}
        await control.post("/faults", json={**forbids, "times": 9})
        parts = await crm.erase(ident, "k1", permanent=True)
        assert outcomes(parts) == {"task": "failed", "note": "erased", "contact": "erased"}
        [failed] = [part for part in parts if part.outcome == "failed"]
        assert VENDORS[name].forbidden in failed.remains

    on_sandbox(name, test)


@pytest.mark.parametrize("status", [429, 503])
def test_a_vendor_that_is_busy_is_asked_again_later(vendor: str, status: int) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        fault = {"path": DELETES[vendor], "method": METHOD[vendor], "status": status, "times": 9}
        await control.post("/faults", json={**fault, "retry_after": "60"})
        with pytest.raises(Unavailable):
            await crm.erase(ident, "k1", permanent=True)
        await control.delete("/faults")
        parts = await crm.erase(ident, "k1", permanent=True)
        assert outcomes(parts) == {"contact": "erased"}

    on_sandbox(vendor, test)


def test_the_sequences_of_a_person_are_left_and_the_crm_is_opted_out(
    on: Callable[[Test], None],
) -> None:
    """What comes before a deletion, and instead of it where the rules keep the contact; harmless
    for a contact that is gone."""

    async def test(crm: Crm) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        await crm.enter_list(LIST, [ident])
        for _ in range(2):
            await crm.stop(ident, "do_not_contact", [LIST])
        [held] = [c for c in await crm.changed_since(0) if c.id == ident]
        assert (held.opted_out, held.status) == (True, "do_not_contact")
        await crm.erase(ident, "k1", permanent=True)
        try:
            await crm.stop(ident, "do_not_contact", [LIST])
        except RecordRejected as error:
            assert error.kind == "deleted"  # noqa: PT017  the double refuses nothing

    on(test)


def test_a_new_person_of_the_same_address_is_one_of_its_own(on: Callable[[Test], None]) -> None:
    """As after a deletion by hand: a CRM has no memory of the id. That nobody comes again is our
    own suppression's task."""

    async def test(crm: Crm) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        await crm.erase(ident, "k1", permanent=True)
        [row] = await crm.upsert([write(1)])
        assert isinstance(row, UpsertResult)
        assert row.contact.id != ident

    on(test)
