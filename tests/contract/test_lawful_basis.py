"""A contact's lawful basis and the source of its data, in every CRM, as the effect writes them."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import httpx
import pytest
from msgspec.structs import replace

from connectors.core.crm import Crm, CrmRequirements
from leads.effect_results import ContactWritten, EffectResult
from leads.effects import UpsertContact
from leads.keys import Keys
from leads.records import Company, CrmLink, Person
from streams.effects.context import EffectAttempt, EffectContext
from streams.effects.handlers import EffectHandlers
from streams.runner.outbox import IdleDetector
from tests.contract.vendors import LIST, Test, on_sandbox
from tests.leads.test_gates import lead

WANTS = CrmRequirements(lists=[LIST], lawful_basis=True)
LEAD = replace(
    lead(person=Person(email="p1@acme1.com", first_name="Ada"), company=Company(name="Acme 1")),
    crm=CrmLink(),
)


class _Clock:
    """Real time."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()


async def upsert(crm: Crm, basis: str, source: str) -> EffectResult:
    """Write a person with this basis, as an effect does."""
    handlers = EffectHandlers(
        EffectContext(crm, *cast("Any", [None] * 6)),
        IdleDetector(),
        Keys("k"),
        _Clock(),
        lambda: 1.0,
    )
    effect = UpsertContact(basis=basis, source=source)
    done = await handlers.make(effect, LEAD, EffectAttempt("e", False, 1e12, 0.0))
    assert isinstance(done, EffectResult)
    return done


def written(done: EffectResult) -> ContactWritten:
    """What the write answered."""
    assert isinstance(done.value, ContactWritten)
    return done.value


async def shown(crm: Crm, ident: str) -> tuple[Any, Any]:
    """What the contact shows of basis and source."""
    names = [crm.basis.basis.name, crm.basis.source.name]
    [held] = await crm.read([ident], names)
    assert held is not None
    return held[names[0]], held[names[1]]


def test_a_contact_shows_its_basis_and_source_and_undo_takes_both_back(
    on: Callable[[Test], None],
) -> None:
    async def test(crm: Crm) -> None:
        await crm.provision(WANTS)
        assert await crm.check(WANTS) == []
        assert await crm.provision(WANTS, dry_run=True) == []
        done = await upsert(crm, "consent", "our form")
        assert written(done).dropped == ()
        ident = written(done).contact_id
        assert await shown(crm, ident) == (crm.basis.words["consent"], "our form")
        before = done.changes[0].before
        names = {crm.basis.basis.name, crm.basis.source.name}
        await crm.restore(ident, {name: before[name] for name in names})
        assert await shown(crm, ident) == (None, None)

    on(test)


@pytest.mark.parametrize("basis", ["legitimate_interest", "existing_customer", "contract"])
def test_every_basis_is_an_option_of_the_crms(on: Callable[[Test], None], basis: str) -> None:
    async def test(crm: Crm) -> None:
        await crm.provision(WANTS)
        done = await upsert(crm, basis, "Apollo.io")
        assert written(done).dropped == ()
        assert (await shown(crm, written(done).contact_id))[0] == crm.basis.words[basis]

    on(test)


def test_a_later_basis_replaces_ours_and_not_what_hubspots_users_have_recorded(
    on: Callable[[Test], None],
) -> None:
    async def test(crm: Crm) -> None:
        await crm.provision(WANTS)
        ident = written(await upsert(crm, "consent", "our form")).contact_id
        await upsert(crm, "contract", "Apollo.io")
        kept = "consent" if crm.basis.basis.name == "hs_legal_basis" else "contract"
        assert await shown(crm, ident) == (crm.basis.words[kept], "Apollo.io")

    on(test)


def test_without_a_rule_nothing_is_made_and_nothing_written(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        await crm.provision(CrmRequirements(lists=[LIST]))
        known = await crm.fields()
        assert crm.basis.source.name not in known
        done = await upsert(crm, "", "")
        assert written(done).dropped == ()

    on(test)


def test_an_account_of_hubspots_without_the_option_says_so_and_the_lead_goes_on() -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        await crm.provision(WANTS)
        own = {"name": "hs_legal_basis", "label": "Legal basis", "type": "enumeration"}
        rest = {
            "fieldType": "checkbox",
            "options": [],
            "hidden": False,
            "calculated": False,
            "hasUniqueValue": False,
            "modificationMetadata": {"readOnlyValue": False},
        }
        await control.post(
            "/objects/hubspot.properties/contacts:hs_legal_basis", json={**own, **rest}
        )
        [fault] = await crm.check(WANTS)
        assert "has no option" in fault
        done = await upsert(crm, "consent", "our form")
        assert "hs_legal_basis" in written(done).dropped[0]
        assert (await shown(crm, written(done).contact_id))[1] == "our form"

    on_sandbox("hubspot", test)
