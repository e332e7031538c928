"""What is done about a contact and read of it: lists, tasks, notes, opt-outs, activities,
deletions."""

import time
from collections.abc import Callable

import httpx
import msgspec
import pytest

from connectors.core.crm import ActivityAsked, Crm, NoteWrite, OwnerWrite
from connectors.core.errors import RecordRejected
from sandbox.generate import REPS
from tests.contract.vendors import LIST, Test, contact_id, on_sandbox, task, write


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
        [found] = await crm.add_tasks(
            [msgspec.structs.replace(task(ident, owner.id), look_first=True)]
        )
        assert made == found

    on(test)


def test_a_note_in_the_owners_name_is_made_once_and_is_an_activity(
    on: Callable[[Test], None],
) -> None:
    async def test(crm: Crm) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        owner = await crm.owner_by_email(REPS[0])
        assert owner is not None
        now = time.time()
        note = NoteWrite(
            effect_id="e9",
            contact_id=ident,
            owner_id=owner.id,
            text="I'm on it",
            at=now,
            look_first=False,
            until=1e12,
        )
        [made] = await crm.add_notes([note])
        [found] = await crm.add_notes([msgspec.structs.replace(note, look_first=True)])
        assert isinstance(made, str)
        assert made == found
        [at] = await crm.activities(
            [ActivityAsked(contact_id=ident, owner_id=owner.id, since=now - 60)]
        )
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


def test_the_owners_own_call_is_an_activity_and_our_task_is_none(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        await crm.assign(
            [OwnerWrite(contact_id=ident, owner_email=REPS[0], score=80, status="rep")]
        )
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


@pytest.mark.parametrize(
    ("kind", "field"),
    [("bounce", "bounced"), ("unsubscribe", "opted_out"), ("reply", "replied_at")],
)
def test_what_happens_in_the_crm_is_read(vendor: str, kind: str, field: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        await control.post("/objects/apollo.contacts/a", json={"id": "a", "email": "p1@acme1.com"})
        await control.post("/play", json=[{"kind": kind, "contact": "a", "by": "crm"}])
        [heard] = await crm.changed_since(time.time() - 60)
        assert heard.id == ident
        assert getattr(heard, field)

    on_sandbox(vendor, test)


def test_a_deletion_is_listed_with_the_persons_key(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        ident = contact_id((await crm.upsert([write(1), write(2)]))[0])
        keys = {c.id: c.key for c in await crm.changed_since(time.time() - 60)}
        assert len(keys) == 2
        await control.post("/objects/apollo.contacts/a", json={"id": "a", "email": "p1@acme1.com"})
        await control.post("/play", json=[{"kind": "deleted", "contact": "a"}])
        assert [
            (c.id, c.key) async for page in crm.deleted(time.time() - 60, keys) for c in page
        ] == [(ident, "k1")]
        if not crm.tells_deleted:
            assert [c async for page in crm.deleted(time.time() + 60, keys) for c in page] == []
        [row] = await crm.upsert([write(1, known_id=ident)])
        assert isinstance(row, RecordRejected)
        assert row.kind == "deleted"

    on_sandbox(vendor, test)
