"""What only HubSpot does: what hangs on what by associations, sequences that nobody can be taken
out of."""

import asyncio

import httpx
import msgspec
import pytest

from connectors.core.crm import Crm, CrmRequirements, EnrolWrite, UpsertResult
from connectors.core.errors import RecordRejected, Unavailable
from connectors.core.fields import Field
from sandbox.generate import REPS
from tests.contract.vendors import contact_id, on_sandbox, write

LEAVE = "Out of sequences"


def test_an_open_deal_is_seen_by_contact_and_by_company() -> None:
    """A closed one counts for nobody, and a colleague's company's counts for the colleague too."""

    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        made = await crm.upsert([write(1), write(2), write(3), write(4, domain="acme2.com")])
        ids = [contact_id(row) for row in made]
        company = made[1].contact.company_id if isinstance(made[1], UpsertResult) else ""
        deals = {
            "501": ("contacts", ids[0], "false"),
            "502": ("companies", company, "false"),
            "503": ("contacts", ids[2], "true"),
        }
        for deal, (kind, ident, closed) in deals.items():
            at = {
                "createdAt": "2026-01-01T00:00:00Z",
                "updatedAt": "2026-01-01T00:00:00Z",
                "archived": False,
            }
            await control.post(
                f"/objects/hubspot.deals/{deal}",
                json={"id": deal, "properties": {"hs_is_closed": closed}, **at},
            )
            await control.post(f"/objects/hubspot.links/{kind}:{ident}:deals", json={"to": [deal]})
        again = await crm.upsert([write(1), write(2), write(3), write(4, domain="acme2.com")])
        assert [isinstance(r, UpsertResult) and r.contact.open_deal for r in again] == [
            True,
            True,
            False,
            True,
        ]

    on_sandbox("hubspot", test)


def test_a_sequence_is_entered_once_and_left_by_the_list_whose_workflow_ends_it() -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        await crm.provision(CrmRequirements(lists=[LEAVE]))
        await build(control, "77", "78")
        [row, other] = await crm.upsert([write(1), write(2)])
        owner = await crm.owner_by_email(REPS[0])
        assert owner is not None
        one = EnrolWrite(
            contact_id=contact_id(row), sequence="77", owner_id=owner.id, inbox=REPS[0], leave=LEAVE
        )
        assert [await crm.enrol(one), await crm.enrol(one)] == [False, True], (
            "a lost answer's enrolment is found again"
        )
        assert len((await control.get("/objects/hubspot.enrollments")).json()) == 1
        for wrong, kind in (
            ({"sequence": "78"}, "busy"),
            ({"inbox": REPS[1], "contact_id": contact_id(other)}, "refused"),
        ):
            with pytest.raises(RecordRejected) as refused:
                await crm.enrol(msgspec.structs.replace(one, **wrong))
            assert refused.value.kind == kind
        assert not await crm.unenrol(one.contact_id, LEAVE), "nobody has built the workflow"
        [made] = [
            x for x in (await control.get("/objects/hubspot.lists")).json() if x["name"] == LEAVE
        ]
        await control.post(f"/objects/hubspot.workflows/{made['listId']}", json={"does": "unenrol"})
        await crm.leave_list(LEAVE, [one.contact_id])
        assert await crm.unenrol(one.contact_id, LEAVE)
        assert not await crm.enrol(msgspec.structs.replace(one, sequence="78"))
        assert await crm.unenrol(one.contact_id, LEAVE), (
            "it had left the list when it entered again"
        )

    on_sandbox("hubspot", test)


def test_a_sequence_that_nobody_has_built_is_a_fault_and_one_that_is_there_none() -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        wants = CrmRequirements(sequences=["77"], senders=[REPS[3].upper()])
        [fault] = await crm.check(wants)
        assert f"no sequence 77 that {REPS[3]} sees" in fault
        await build(control, "77")
        assert await crm.check(wants) == []
        assert await crm.check(CrmRequirements(sequences=["77"], senders=["nobody@x.com"])) == [], (
            "anybody may look"
        )
        body = {
            "category": "MISSING_SCOPES",
            "message": "granted",
            "errors": [{"context": {"requiredGranularScopes": ["seq"]}}],
        }
        await control.post("/faults", json={"path": "sequences/", "status": 403, "body": body})
        [fault] = await crm.check(wants)
        assert "seq" in fault
        assert "scopes in docs" in fault

    on_sandbox("hubspot", test)


@pytest.mark.parametrize(
    ("path", "wants", "disables"),
    [
        ("companies/batch/read", CrmRequirements(accounts=True), "goes to its company's owner"),
        ("enrollments/contact", CrmRequirements(sequences=["77"]), "enters a HubSpot sequence"),
        ("companies/deals", CrmRequirements(), "open deals"),
    ],
)
def test_what_only_some_rules_need_is_asked_for_only_then(
    path: str, wants: CrmRequirements, disables: str
) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        body = {"category": "MISSING_SCOPES", "message": "granted", "errors": []}
        await control.post("/faults", json={"path": path, "status": 403, "body": body, "times": 1})
        [line] = await crm.limits(wants)
        assert disables in line
        if wants != CrmRequirements():
            await control.post(
                "/faults", json={"path": path, "status": 403, "body": body, "times": 1}
            )
            assert await crm.limits(CrmRequirements()) == []

    on_sandbox("hubspot", test)


def test_who_has_opted_out_is_in_no_sequence_and_enters_none() -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        one = await enrolled(crm, control)
        await crm.stop(one.contact_id, "unsubscribe", [])
        assert await crm.unenrol(one.contact_id, LEAVE)
        with pytest.raises(RecordRejected, match="UNSUBSCRIBED"):
            await crm.enrol(one)

    on_sandbox("hubspot", test)


@pytest.mark.parametrize("kind", ["bounce", "reply", "unsubscribe"])
def test_hubspot_by_itself_ends_the_sequence_of_who_answers_or_cannot_be_reached(kind: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        one = await enrolled(crm, control)
        assert not await crm.unenrol(one.contact_id, LEAVE)
        await control.post(
            "/objects/apollo.contacts/a1", json={"id": "a1", "email": "p1@acme1.com"}
        )
        await control.post("/play", json=[{"kind": kind, "by": "crm", "contact": "a1"}])
        assert await crm.unenrol(one.contact_id, LEAVE)

    on_sandbox("hubspot", test)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Contact can't be enrolled: ALREADY_ENROLLED", "busy"),
        ("The inbox has reached its limit", "busy"),
        ("BLOCKED", "refused"),
    ],
)
def test_a_refusal_that_passes_is_distinguished_from_one_that_does_not(
    said: str, kind: str
) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        body = {"category": "VALIDATION_ERROR", "message": said}
        await control.post(
            "/faults", json={"path": "enrollments", "method": "POST", "status": 400, "body": body}
        )
        with pytest.raises(RecordRejected) as refused:
            await enrolled(crm, control)
        assert refused.value.kind == kind

    on_sandbox("hubspot", test)


TECH = Field(name="tech", label="tech", type="text")
SIZE = Field(name="size", label="size", type="number")


def test_a_companys_blanks_are_filled_once_for_all_colleagues_and_can_be_put_back() -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        del control
        wants = CrmRequirements(company_fields=[TECH, SIZE])
        assert len(await crm.check(wants)) == 2
        await crm.provision(wants)
        assert await crm.check(wants) == []
        assert (await crm.company_fields())["size"].type == "number"
        one = write(1, company_more={"tech": "Kafka", "size": 40})
        two = write(2, domain="acme1.com", company_more={"tech": "Flink"})
        first, second, third = await crm.upsert([one, two, write(3)])
        assert isinstance(first, UpsertResult)
        assert isinstance(second, UpsertResult)
        assert isinstance(third, UpsertResult)
        change = first.company_change
        assert change is not None
        assert (change.wrote, change.before) == (
            {"tech": "Kafka", "size": "40"},
            {"tech": None, "size": None},
        )
        assert second.company_change is third.company_change is None
        size = {
            "company_more": {"tech": "Flink", "size": 50},
            "company_overwrite": frozenset({"size"}),
        }
        for wrote, before in (({"size": "50"}, {"size": "40"}), (None, None)):
            [again] = await crm.upsert([write(1, known_id=first.contact.id, **size)])
            assert isinstance(again, UpsertResult)
            told = again.company_change
            assert (told.wrote if told else None, told.before if told else None) == (wrote, before)
        here, gone, person = await crm.read(
            [change.contact_id, "company:1", first.contact.id], ["tech", "size"]
        )
        assert (here, gone) == ({"tech": "Kafka", "size": "50"}, None)
        assert person is not None
        await crm.restore(change.contact_id, {"tech": None, "size": 40})
        assert await crm.read([change.contact_id], ["tech", "size"]) == [
            {"tech": None, "size": "40"}
        ]

    on_sandbox("hubspot", test)


def test_what_hubspot_refuses_of_a_company_is_reported_and_costs_nobody_the_contact() -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        del control
        await crm.provision(CrmRequirements(company_fields=[SIZE]))
        good, bad = await crm.upsert(
            [write(1, company_more={"size": 1}), write(2, company_more={"size": "many"})]
        )
        assert isinstance(good, UpsertResult)
        assert isinstance(bad, UpsertResult)
        assert (good.dropped, bool(good.company_change)) == ((), True)
        assert (len(bad.dropped), bad.company_change) == (1, None)
        assert bad.dropped[0].startswith("company: HubSpot")

    on_sandbox("hubspot", test)


def test_a_company_that_cannot_be_read_leaves_its_contact_to_the_next_try() -> None:
    """Otherwise that try would take a contact that we made for one that was there before."""

    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        await crm.provision(CrmRequirements(company_fields=[SIZE]))
        await control.post(
            "/faults", json={"path": "companies/batch/read", "status": 503, "times": 2}
        )
        one = write(1, company_more={"size": 1})
        with pytest.raises(Unavailable):
            await crm.upsert([one])
        [row] = await crm.upsert([one])
        assert isinstance(row, UpsertResult)
        assert (row.existed, bool(row.company_change)) == (False, True)

    on_sandbox("hubspot", test)


async def build(control: httpx.AsyncClient, *idents: str) -> None:
    """Sequences that somebody has built in HubSpot."""
    for ident in idents:
        await control.post(
            f"/objects/hubspot.sequences/{ident}", json={"id": ident, "name": f"Sequence {ident}"}
        )


async def enrolled(crm: Crm, control: httpx.AsyncClient) -> EnrolWrite:
    """A person in a sequence, as it was entered."""
    await build(control, "77")
    await crm.provision(CrmRequirements(lists=[LEAVE]))
    [row] = await crm.upsert([write(1)])
    owner = await crm.owner_by_email(REPS[0])
    assert owner is not None
    one = EnrolWrite(
        contact_id=contact_id(row), sequence="77", owner_id=owner.id, inbox=REPS[0], leave=LEAVE
    )
    await crm.enrol(one)
    return one


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
        [kept] = [
            c for c in (await control.get("/objects/hubspot.contacts")).json() if c["id"] == "5"
        ]
        assert "leadgate_key" not in kept["properties"]

    on_sandbox("hubspot", test)


def test_batches_side_by_side_ask_for_a_company_once() -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        rows = await asyncio.gather(*(crm.upsert([write(n, domain="acme1.com")]) for n in range(5)))
        assert len({row.contact.company_id for [row] in rows if isinstance(row, UpsertResult)}) == 1
        calls = (await control.get("/state")).json()["calls"]
        asked = {
            name.rsplit("/companies/", 1)[1]: n
            for name, n in calls.items()
            if "/companies/" in name and "/objects/" in name
        }
        assert asked == {"search": 1, "batch/upsert": 1}

    on_sandbox("hubspot", test)


def test_a_company_that_could_not_be_asked_for_is_asked_for_again() -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        await control.post("/faults", json={"path": "companies/search", "status": 503, "times": 2})
        results = await asyncio.gather(
            *(crm.upsert([write(n, domain="acme1.com")]) for n in range(3)), return_exceptions=True
        )
        assert all(isinstance(result, Unavailable) for result in results)
        [row] = await crm.upsert([write(1)])
        contact_id(row)

    on_sandbox("hubspot", test)
