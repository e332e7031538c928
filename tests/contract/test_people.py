"""Whom every CRM holds after a write, and who owns them: each connector on its sandbox, and the
double in memory."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from connectors.core.crm import Account, CompanyAsked, Crm, OwnerWrite, Page, UpsertResult
from connectors.core.errors import RecordRejected
from connectors.memory.crm import MemoryCrm
from sandbox.generate import GONE, REPS
from tests.contract.vendors import VENDORS, Test, contact_id, on_sandbox, write


def test_writing_twice_makes_one_contact(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        [first] = await crm.upsert([write(1)])
        [again] = await crm.upsert([write(1)])
        assert contact_id(first) == contact_id(again)
        assert isinstance(first, UpsertResult)
        assert isinstance(again, UpsertResult)
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
        assert len({row.contact.company_id for row in rows if isinstance(row, UpsertResult)}) == 1

    on(test)


def test_an_owner_is_read_back_as_written(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        [before] = await crm.read_owners([ident])
        await crm.assign(
            [OwnerWrite(contact_id=ident, owner_email=REPS[0], score=80, status="rep")]
        )
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
        [row] = await crm.assign(
            [OwnerWrite(contact_id=ident, owner_email=email, score=80, status="rep")]
        )
        assert isinstance(row, RecordRejected)
        assert row.kind == "no_owner"

    on(test)


def test_a_contact_that_is_gone_is_not_created_again(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        [row] = await crm.upsert([write(1, known_id="424242")])
        assert isinstance(row, RecordRejected)
        assert row.kind == "deleted"

    on(test)


def test_a_changed_address_stays_one_contact(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        [row] = await crm.upsert([write(1, known_id=ident, emails=("new@acme1.com",))])
        assert contact_id(row) == ident

    on(test)


def test_a_contact_whose_address_the_crm_has_changed_is_found_by_our_key(
    on: Callable[[Test], None],
) -> None:
    async def test(crm: Crm) -> None:
        ident = contact_id((await crm.upsert([write(1)]))[0])
        await crm.upsert([write(1, known_id=ident, emails=("new@acme1.com",))])
        [row] = await crm.upsert([write(1)])
        assert contact_id(row) == ident
        assert isinstance(row, UpsertResult)
        assert row.existed

    on(test)


async def assert_can_go_on(read: Callable[[str], AsyncIterator[Page[Any]]], least: int) -> None:
    """A whole reading tells each once; one that begins after any of its pages tells the rest."""
    pages = [page async for page in read("")]
    ids = [row.id for page in pages for row in page.rows]
    assert len(set(ids)) == len(ids) >= least
    told = 0
    for page in pages:
        told += len(page.rows)
        rest = (
            [row.id async for more in read(page.after) for row in more.rows] if page.after else []
        )
        assert rest == ids[told:]


def test_a_reading_of_all_contacts_can_go_on_after_any_page(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        for start in range(0, 220, 55):
            await crm.upsert([write(n) for n in range(start, start + 55)])
        await assert_can_go_on(crm.contacts, 220)

    on(test)


def test_the_keys_of_all_of_ours_are_listed(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        rows = await crm.upsert([write(n) for n in range(3)])
        known = {ident: key async for page in crm.known_keys() for ident, key in page.items()}
        assert known == {contact_id(row): f"k{n}" for n, row in enumerate(rows)}

    on(test)


def test_what_changed_is_listed_of_everybody_and_only_of_late(on: Callable[[Test], None]) -> None:
    """With the key of ours where there is one; what was changed before isn't listed."""

    async def test(crm: Crm) -> None:
        await crm.upsert([write(n) for n in range(3)])
        [*pages] = [page async for page in crm.contacts_since(time.time() - 60)]
        assert {(c.email, c.key) for page in pages for c in page} == {
            (f"p{n}@acme{n}.com", f"k{n}") for n in range(3)
        }
        assert [c async for page in crm.contacts_since(time.time() + 60) for c in page] == []

    on(test)


def test_contacts_that_others_entered_are_listed_among_what_changed(vendor: str) -> None:
    """It has no key of ours: that is what the snapshot must learn of."""

    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        person = {
            "email": "foreign@elsewhere.com",
            "first_name": "Fay",
            "last_name": "Reign",
            "company": "Elsewhere",
        }
        await control.post("/crm/people", json=person)
        long_ago = time.time() - 50 * 86_400  # the sandbox's own people are forty days old
        told = {c.email: c.key async for page in crm.contacts_since(long_ago) for c in page}
        assert told["foreign@elsewhere.com"] == ""

    on_sandbox(vendor, test)


def test_a_reading_of_all_companies_can_go_on_after_any_page(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        for n in range(220):
            await control.post(
                "/crm/companies", json={"name": f"Firm {n}", "domain": f"firm{n}.com"}
            )
        await assert_can_go_on(crm.companies, 220)

    on_sandbox(vendor, test)


COMPANIES: tuple[dict[str, str], ...] = (
    {"name": "Globex Group", "domain": "globex.com", "owner": REPS[1]},
    {"name": "Globex Labs", "domain": "globexlabs.com", "parent": "globex.com"},
)


@pytest.mark.parametrize("vendor", [*VENDORS, "memory"])
def test_a_company_tells_its_owner_and_its_parent(vendor: str) -> None:
    """By id and by domain, however the web address was typed; nobody is asked about one that isn't
    there."""

    async def test(crm: Crm) -> None:
        wanted = [CompanyAsked(domain=d) for d in ("globexlabs.com", "nowhere.com", "globex.com")]
        labs, nowhere, group = await crm.accounts(wanted)
        assert isinstance(labs, Account)
        assert isinstance(group, Account)
        assert nowhere is None
        assert (labs.owner_id, labs.parent_id, group.parent_id) == ("", group.id, "")
        [again] = await crm.accounts([CompanyAsked(id=group.id)])
        assert again == group
        owner = await crm.owner(group.owner_id)
        assert owner is not None
        assert (owner.email, owner.active, owner.teams) == (REPS[1], True, ("Sales",))
        listed = {c.id: c async for page in crm.companies() for c in page.rows}
        assert listed[labs.id] == labs
        late = {c.id: c async for page in crm.companies_since(time.time() - 60) for c in page}
        assert late[labs.id] == labs
        if vendor != "memory":
            assert [c async for page in crm.companies_since(time.time() + 60) for c in page] == []
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
