"""A CRM's properties: made, checked, filled, and put back; and what a key may not do."""

from collections.abc import Callable

import httpx
import msgspec
import pytest

from connectors.core.crm import Crm, CrmRequirements, OwnerWrite, UpsertResult
from connectors.core.errors import RecordRejected
from connectors.core.fields import Admission, Field
from connectors.hubspot import records as hubspot
from connectors.salesforce import properties as salesforce
from connectors.zoho import records as zoho
from leads.records import Change
from sandbox.generate import REPS
from tests.contract.vendors import LIST, VENDORS, WANTS, Test, contact_id, on_sandbox, write

FIELDS = {
    "text": Field(name="tech_stack__c", label="tech stack", type="text"),
    "number": Field(name="seats__c", label="seats", type="number"),
    "flag": Field(name="partner__c", label="partner", type="flag"),
    "date": Field(name="renewal__c", label="renewal", type="date"),
    "moment": Field(name="seen__c", label="seen", type="moment"),
    "choice": Field(
        name="role__c", label="role", type="choice", options=("Champion", "Decision maker")
    ),
}
VALUES = {
    "tech_stack__c": "Kafka",
    "seats__c": 40,
    "partner__c": True,
    "renewal__c": "2026-12-01",
    "seen__c": "2026-11-24T10:00:00Z",
    "role__c": "Champion",
}


def test_mapped_fields_are_made_filled_where_blank_and_overwritten_only_where_the_rules_say_so(
    on: Callable[[Test], None],
) -> None:
    async def test(crm: Crm) -> None:
        fields = list(FIELDS.values())
        planned = await crm.provision(CrmRequirements(fields=fields), dry_run=True)
        assert len(await crm.check(CrmRequirements(fields=fields))) >= len(fields)
        assert planned == [
            line
            for line in await crm.provision(CrmRequirements(fields=fields))
            if "permission" not in line
        ]
        assert await crm.check(CrmRequirements(fields=fields)) == []
        there = await crm.fields()
        assert {f.type: there[f.name].type for f in fields} == {t: t for t in FIELDS}
        assert set(there["role__c"].options) == {"Champion", "Decision maker"}
        ident = contact_id((await crm.upsert([write(1, more=VALUES)]))[0])
        again = {**VALUES, "tech_stack__c": "Flink", "seats__c": 50}
        [row] = await crm.upsert(
            [write(1, known_id=ident, more=again, overwrite=frozenset({"seats__c"}))]
        )
        assert isinstance(row, UpsertResult)
        [now] = await crm.read([ident], ["tech_stack__c", "seats__c", "role__c"])
        assert now is not None
        assert (now["tech_stack__c"], float(now["seats__c"]), now["role__c"]) == (
            "Kafka",
            50,
            "Champion",
        )

    on(test)


def test_a_text_may_be_as_long_as_the_property_says_and_no_longer(vendor: str) -> None:
    """What the CRM tells of its properties keeps out what would cost the whole row."""

    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        del control
        await crm.provision(CrmRequirements(fields=[FIELDS["text"]]))
        most = (await crm.fields())["tech_stack__c"].most
        long = {"tech_stack__c": "x" * most}
        admission = Admission(crm.fields)
        assert await admission.admit(long) == (long, ())
        good, [said] = await admission.admit({"tech_stack__c": "x" * (most + 1)})
        assert (good, str(most) in said) == ({}, True)
        row, refused = await crm.upsert(
            [write(1, more=long), write(2, more={"tech_stack__c": "x" * (most + 1)})]
        )
        ident = contact_id(row)
        assert isinstance(refused, RecordRejected)
        far = OwnerWrite(
            contact_id=ident, owner_email="", score=1, status="nurture", intent="visit " + "y" * 400
        )
        [assigned] = await crm.assign([far])
        assert isinstance(assigned, Change)

    on_sandbox(vendor, test)


def test_a_write_tells_what_stood_there_and_can_be_taken_back(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        await crm.provision(CrmRequirements(fields=list(FIELDS.values())))
        [made] = await crm.upsert([write(1)])
        ident = contact_id(made)
        [first] = await crm.assign(
            [OwnerWrite(contact_id=ident, owner_email=REPS[0], score=80, status="rep")]
        )
        [again] = await crm.upsert([write(1, known_id=ident, more={"tech_stack__c": "Kafka"})])
        [second] = await crm.assign(
            [OwnerWrite(contact_id=ident, owner_email=REPS[1], score=81, status="nurture")]
        )
        assert isinstance(made, UpsertResult)
        assert isinstance(again, UpsertResult)
        assert isinstance(first, Change)
        assert isinstance(second, Change)
        assert made.change is not None
        assert again.change is not None
        assert all(value is None for value in made.change.before.values())
        assert again.change.before["tech_stack__c"] is None
        touched = {**again.change.wrote, **second.wrote}
        assert all(
            again.change.before[n] is not None
            for n in first.wrote
            if first.wrote[n] not in ("", 0, "0")
        )
        await crm.restore(ident, {n: again.change.before[n] for n in touched})
        [now] = await crm.read([ident], list(touched))
        assert now is not None
        assert {n: v for n, v in now.items() if v} == {
            n: again.change.before[n] for n in touched if again.change.before[n]
        }
        [shown] = await crm.read_owners([ident])
        assert not isinstance(shown, Exception)
        assert shown.email == REPS[0]
        assert await crm.read(["424242"], ["tech_stack__c"]) == [None]

    on(test)


OWN = {"hubspot": hubspot.OWN, "salesforce": salesforce.OWN, "zoho": zoho.OWN}


@pytest.mark.parametrize("vendor", VENDORS)
def test_how_a_lead_was_read_stands_in_properties_of_our_own(vendor: str) -> None:
    """They follow the lead, while the person's own title and company are only filled."""
    own = OWN[vendor]
    names = [own.title, own.seniority, own.function, own.company]

    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        del control
        first = {"plain_title": "VP Sales", "seniority": "vp", "function": "sales"}
        [made] = await crm.upsert([write(1, plain_company="Acme", **first)])
        ident = contact_id(made)
        [now] = await crm.read([ident], names)
        assert now is not None
        assert list(now.values()) == ["VP Sales", "vp", "sales", "Acme"]
        later = {"plain_title": "CFO", "seniority": "c_suite", "function": "finance"}
        [again] = await crm.upsert(
            [write(1, known_id=ident, plain_company="B" * 300, title="x", **later)]
        )
        assert isinstance(again, UpsertResult)
        assert again.change is not None
        assert again.change.before[own.seniority] == "vp"
        [now] = await crm.read([ident], names)
        assert now is not None
        assert list(now.values()) == ["CFO", "c_suite", "finance", "B" * 255]

    on_sandbox(vendor, test)


def test_a_field_of_another_type_is_refused_and_left(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        await crm.provision(CrmRequirements(fields=[FIELDS["text"]]))
        wrong = msgspec.structs.replace(FIELDS["text"], type="number")
        with pytest.raises(
            RecordRejected, match=r"tech_stack__c is there as (text|long), not as number"
        ):
            await crm.provision(CrmRequirements(fields=[wrong]))
        assert (await crm.fields())["tech_stack__c"].type == "text"

    on(test)


def test_what_is_provisioned_is_found_sound(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        del control
        assert await crm.check(CrmRequirements(lists=[LIST])) == []
        assert await crm.provision(CrmRequirements(lists=[LIST])) == []
        [fault] = await crm.check(CrmRequirements(lists=["Nobody's list"]))
        assert "Nobody's list" in fault

    on_sandbox(vendor, test)


def test_a_sequence_of_its_own_that_the_crm_has_not_got_is_a_fault(
    on: Callable[[Test], None],
) -> None:
    async def test(crm: Crm) -> None:
        [fault] = await crm.check(CrmRequirements(sequences=["77"], senders=REPS))
        assert "no sequence 77" in fault

    on(test)


def test_a_property_of_a_company_is_a_fault_where_leads_carry_their_company_themselves(
    on: Callable[[Test], None],
) -> None:
    async def test(crm: Crm) -> None:
        wants = CrmRequirements(company_fields=[FIELDS["text"]])
        [fault] = await crm.check(wants)
        assert "tech_stack__c" in fault
        if "is missing" not in fault:
            assert await crm.company_fields() == {}

    on(test)


def test_what_a_key_may_not_call_is_named_with_what_it_disables(vendor: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        assert await crm.limits(WANTS) == []
        about = VENDORS[vendor]
        await control.post(
            "/faults",
            json={"path": about.reads.replace("contacts", "deals"), "times": 1, **about.forbids},
        )
        [line] = await crm.limits(WANTS)
        assert "may not call it, so" in line

    on_sandbox(vendor, test)
