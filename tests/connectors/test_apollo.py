"""Apollo's sequences on its sandbox: entered, every reason to skip reported, left; custom fields by
name; owners."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import FastAPI

from connectors.apollo.api import ApolloApi, usage
from connectors.apollo.client import ApolloClient
from connectors.apollo.contact_search import ContactFilter, ContactList, ContactSearch
from connectors.apollo.sequences import ALREADY, BUSY, SKIPPED
from connectors.core.errors import EndpointSpent, RecordRejected, Unavailable
from sandbox.apollo import KEY, make_router
from sandbox.generate import NURTURE, REPS, ROLE_FIELD, ROLES, SEQUENCE
from sandbox.server import make_sandbox
from sandbox.store import Store

A1 = f"{0xA1:024x}"
CONTACT = {
    "id": A1,
    "email": "a@b.com",
    "name": "A B",
    "contact_campaign_statuses": [],
    "label_ids": [],
    "created_at": "2026",
}
Control = Callable[[str, Any], Awaitable[Any]]


def on_sandbox(test: Callable[[ApolloClient, Control], Awaitable[None]]) -> None:
    """Run a test on a sandbox with one contact."""

    async def run() -> None:
        transport = httpx.ASGITransport(make_sandbox(None, 0, 1))
        client = ApolloClient("http://sandbox/apollo/api/v1/", KEY, 10**6, transport)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://sandbox/_control"
        ) as http:

            async def control(path: str, body: Any) -> Any:
                return (await http.post(path, json=body)).json()

            await control(f"/objects/apollo.contacts/{A1}", CONTACT)
            await test(client, control)
        await client.close()

    asyncio.run(run())


def test_a_sequence_is_entered_once_and_left_harmlessly_twice() -> None:
    async def test(apollo: ApolloClient, control: Control) -> None:
        del control
        assert await apollo.enrol(A1, SEQUENCE, NURTURE) is False
        assert await apollo.enrol(A1, SEQUENCE, NURTURE.upper()) is True
        assert [s["status"] for s in await apollo.sequences(A1, "")] == ["active"]
        for _ in range(2):
            await apollo.leave(A1, [SEQUENCE])
        assert [s["status"] for s in await apollo.sequences(A1, "")] == ["finished"]
        assert await apollo.sequence_names() == {SEQUENCE: "Warm leads"}

    on_sandbox(test)


@pytest.mark.parametrize("reason", [*SKIPPED, "contacts_of_a_new_kind"])
def test_every_reason_to_skip_is_reported(reason: str) -> None:
    async def test(apollo: ApolloClient, control: Control) -> None:
        await control("/objects/control/apollo_skips", {A1: reason})
        with pytest.raises(RecordRejected, match=reason) as refused:
            await apollo.enrol(A1, SEQUENCE, NURTURE)
        assert refused.value.kind == ("busy" if reason in BUSY else "refused")

    assert reason != ALREADY
    on_sandbox(test)


def test_who_is_no_contact_and_a_mailbox_that_is_none_are_refused_before_anything_is_asked() -> (
    None
):
    async def test(apollo: ApolloClient, control: Control) -> None:
        del control
        with pytest.raises(RecordRejected, match="no contact in Apollo"):
            await apollo.enrol("", SEQUENCE, NURTURE)
        with pytest.raises(RecordRejected, match="no active mailbox"):
            await apollo.enrol(A1, SEQUENCE, "stranger@acme.test")

    on_sandbox(test)


def test_custom_fields_go_by_name_and_options_by_label() -> None:
    async def test(apollo: ApolloClient, control: Control) -> None:
        del control
        option = next(iter(ROLES))
        assert await apollo.name_fields({ROLE_FIELD: [option], "gone": "x"}) == {
            "Buying role": [ROLES[option]]
        }

    on_sandbox(test)


def test_what_was_deleted_in_apollo_is_asked_for_once() -> None:
    async def test(apollo: ApolloClient, control: Control) -> None:
        for _ in range(3):
            assert await apollo.name_fields({"0" * 24: "x"}) == {}
            assert await apollo.label_names(["1" * 24]) == ()
        await control(
            "/faults", [{"path": "typed_custom_fields", "times": 9}, {"path": "labels", "times": 9}]
        )
        assert await apollo.name_fields({"0" * 24: "x"}) == {}
        assert await apollo.label_names(["1" * 24]) == ()

    on_sandbox(test)


def test_a_key_that_may_not_read_definitions_names_nothing_and_asks_once() -> None:
    async def test(apollo: ApolloClient, control: Control) -> None:
        body = {
            "error": "This API key is not authorized to access",
            "error_code": "API_INACCESSIBLE",
        }
        await control(
            "/faults", {"path": "typed_custom_fields", "status": 403, "times": 1, "body": body}
        )
        assert await apollo.name_fields({ROLE_FIELD: ["x"]}) == {}
        assert await apollo.name_fields({ROLE_FIELD: ["x"]}) == {}

    on_sandbox(test)


def test_what_the_key_may_not_call_is_named_with_what_it_disables() -> None:
    async def test(apollo: ApolloClient, control: Control) -> None:
        assert await apollo.limits(enrich=True, sequences=True, owners=True) == []
        body = {
            "error": "This API key is not authorized to access",
            "error_code": "API_INACCESSIBLE",
        }
        for path in ("add_contact_ids", "emailer_messages"):
            await control("/faults", {"path": path, "status": 403, "times": 1, "body": body})
        lines = await apollo.limits(enrich=True, sequences=True, owners=True)
        assert [line.split(":")[0] for line in lines] == [
            "emailer_messages/search",
            "emailer_campaigns/add_contact_ids",
        ]
        assert "bounces" in lines[0]

    on_sandbox(test)


def test_an_owner_is_set_by_address() -> None:
    async def test(apollo: ApolloClient, control: Control) -> None:
        await control("/objects/apollo.users/u1", {"id": "u1", "email": REPS[0]})
        await apollo.set_owner(A1, REPS[0])
        [contact], _ = await apollo.contacts_page(ContactSearch())
        assert contact["owner_id"] == "u1"
        with pytest.raises(RecordRejected, match="no user of Apollo"):
            await apollo.set_owner(A1, "stranger@acme.test")

    on_sandbox(test)


def test_an_hours_end_is_seen_coming_and_stops_its_endpoint_alone() -> None:
    async def test() -> None:
        app = FastAPI()
        app.include_router(
            make_router(
                Store(),
                {"minute": (50, 60.0), "hourly": (100, 3600.0), "24-hour": (10**6, 86400.0)},
            )
        )
        now = 0.0
        api = ApolloApi("http://sandbox/", KEY, 200, httpx.ASGITransport(app), lambda: now)
        api.share(10.0)  # the minute's window is not what is tested here
        for _ in range(50):
            await api.call(msgspec.Raw, "GET", "labels")
        headers = {"x-rate-limit-hourly": "100", "x-hourly-requests-left": "1"}
        assert usage(headers) == "1 left of 100 an hour"
        assert (
            usage({"x-rate-limit-daily": "600", "x-daily-requests-left": "5"})
            == "5 left of 600 a day"
        )
        assert usage({"x-rate-limit-24-hour": "", "x-24-hour-requests-left": "0"}) == "", (
            "unlimited"
        )
        assert api._endpoints["labels"].budget.limit == 50, "the answers lower the minute's limit"
        api._endpoints["labels"].note(headers, None)
        with pytest.raises(
            Unavailable,
            match=r"Apollo's calls of labels are .*1 left of 100 an hour.*tried again at",
        ):
            await api.call(msgspec.Raw, "GET", "labels")
        await api.call(msgspec.Raw, "GET", "contact_stages")
        # an urgent one leaves; the sandbox's minute is spent
        with pytest.raises(Unavailable) as answered:
            await api.call(msgspec.Raw, "GET", "labels", urgent=True)
        assert not isinstance(answered.value, EndpointSpent)
        now = 901.0
        # the sandbox's minute is spent: asked again, and refused by Apollo itself
        with pytest.raises(Unavailable):
            await api.call(msgspec.Raw, "GET", "labels")

    asyncio.run(test())


def test_contacts_are_searched_for_by_stage_and_list_and_counted() -> None:
    async def test(apollo: ApolloClient, control: Control) -> None:
        for n, (stage, lists) in enumerate((("s1", ["l1"]), ("s1", []), ("s2", ["l1", "l2"]))):
            ident = f"{0xB0 + n:024x}"
            more = {"id": ident, "contact_stage_id": stage, "label_ids": lists}
            stamped = {"updated_at": f"2026-01-0{n + 1}T00:00:00Z"}
            await control(f"/objects/apollo.contacts/{ident}", CONTACT | more | stamped)
        await control(f"/objects/apollo.contacts/{A1}", CONTACT | {"updated_at": "2025"})

        async def found(size: int = 1, *, oldest_first: bool = False, **by: Any) -> tuple[str, int]:
            search = ContactSearch(ContactFilter(**by), 1, size, oldest_first)
            page = await apollo.contacts_page(search)
            return page.contacts[0]["id"][-2:], page.total

        assert await found() == ("b2", 4)
        assert await found(oldest_first=True) == ("a1", 4)
        assert await found(stages=("s1",)) == ("b1", 2)
        assert await found(stages=("s1", "s2")) == ("b2", 3)
        assert await found(labels=("l1",), oldest_first=True) == ("b0", 2)
        assert await found(stages=("s1",), labels=("l1", "l2")) == ("b0", 1)

    on_sandbox(test)


def test_the_lists_of_contacts_come_with_their_counts() -> None:
    async def test(apollo: ApolloClient, control: Control) -> None:
        await control(f"/objects/apollo.contacts/{A1}", CONTACT | {"label_ids": ["l1"]})
        for ident, of in (("l1", "contacts"), ("l2", "accounts")):
            label = {"id": ident, "name": ident.upper(), "modality": of}
            await control(f"/objects/apollo.labels/{ident}", label)
        lists = await apollo.contact_lists()
        assert ContactList("l1", "L1", 1) in lists
        assert "l2" not in {one.id for one in lists}

    on_sandbox(test)


@pytest.mark.parametrize("search", [ContactSearch(page=501), ContactSearch(page=501, size=1)])
def test_a_page_beyond_those_that_are_shown_is_refused(search: ContactSearch) -> None:
    async def test(apollo: ApolloClient, control: Control) -> None:
        await control(f"/objects/apollo.contacts/{A1}", CONTACT | {"updated_at": "2026"})
        await apollo.contacts_page(replace(search, page=500))
        with pytest.raises(RecordRejected, match="over threshold"):
            await apollo.contacts_page(search)

    on_sandbox(test)


LISTED: dict[str, Any] = {
    **CONTACT,
    "updated_at": "2026",
    "label_ids": ["b" * 24],
    "contact_campaign_statuses": [{"emailer_campaign_id": SEQUENCE, "status": "active"}],
}


async def with_lists(control: Control) -> None:
    """The contact on a list and in a sequence, and another on the same list."""
    await control(f"/objects/apollo.labels/{'b' * 24}", {"id": "b" * 24, "name": "Spring"})
    await control(f"/objects/apollo.contacts/{A1}", LISTED)
    other = {**LISTED, "id": f"{0xA2:024x}", "email": "other@b.com", "name": "O B"}
    await control(f"/objects/apollo.contacts/{other['id']}", other)


@pytest.mark.parametrize(("contact_id", "email"), [(A1, ""), ("", "A@b.com"), (A1, "a@b.com")])
def test_an_erased_person_leaves_sequences_and_lists_and_is_not_to_be_contacted(
    contact_id: str, email: str
) -> None:
    """By id, by address, or by both; harmless twice; nobody else is touched."""

    async def test(apollo: ApolloClient, control: Control) -> None:
        await with_lists(control)
        for _ in range(2):
            parts = await apollo.erase(contact_id, email)
            outcomes = {part.what: part.outcome for part in parts}
            assert outcomes.pop("list", "erased") == "erased"
            assert outcomes == {"sequence": "erased", "contact": "failed"}
            assert "delete it in Apollo" in parts[-1].remains
        [status] = await apollo.sequences(A1, "")
        assert status["status"] != "active"
        [stage] = [s for s in await apollo.contact_stages() if s.name == "Do Not Contact"]
        page = await apollo.contacts_page(ContactSearch(among=ContactFilter(stages=(stage.id,))))
        assert [one["id"] for one in page.contacts] == [A1]
        listed = await apollo.contacts_page(ContactSearch(among=ContactFilter(labels=("b" * 24,))))
        assert [one["email"] for one in listed.contacts] == ["other@b.com"]

    on_sandbox(test)


def test_a_contact_that_is_gone_is_no_failure_of_an_erasure() -> None:
    async def test(apollo: ApolloClient, control: Control) -> None:
        del control
        [part] = await apollo.erase(f"{0xFF:024x}", "")
        assert part.outcome == "gone"
        assert await apollo.erase("", "nobody@b.com") == []

    on_sandbox(test)


def test_a_key_that_may_not_change_lists_still_stops_the_person() -> None:
    async def test(apollo: ApolloClient, control: Control) -> None:
        await with_lists(control)
        refused = {"error": "not accessible", "error_code": "API_INACCESSIBLE"}
        fault = {"path": "remove_entity_ids", "status": 403, "body": refused, "times": 9}
        await control("/faults", fault)
        parts = {part.what: part for part in await apollo.erase(A1, "")}
        assert parts["list"].outcome == "failed"
        assert parts["sequence"].outcome == "erased"

    on_sandbox(test)


def test_an_erasure_of_which_an_answer_is_lost_succeeds_at_the_next_try() -> None:
    async def test(apollo: ApolloClient, control: Control) -> None:
        await with_lists(control)
        await control("/faults", {"path": "remove_entity_ids", "kind": "lost", "times": 2})
        with pytest.raises(Unavailable):
            await apollo.erase(A1, "")
        parts = await apollo.erase(A1, "")
        assert {part.what for part in parts} == {"sequence", "contact"}

    on_sandbox(test)
