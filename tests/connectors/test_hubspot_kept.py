"""HubSpot's contacts and companies as HubSpot keeps them: further domains, and stages that don't go
back."""

import httpx

from connectors.core.crm import Account, CompanyAsked, Crm, UpsertResult
from tests.contract.vendors import contact_id, on_sandbox, write


def test_a_company_s_further_domain_is_that_company_and_no_twin() -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        held = {
            "id": "5",
            "properties": {"domain": "acme.com", "hs_additional_domains": "acme.de;acme1.com"},
            "createdAt": "2026-01-01T00:00:00Z",
            "updatedAt": "2026-01-01T00:00:00Z",
            "archived": False,
        }
        await control.post("/objects/hubspot.companies/5", json=held)
        [row, other] = await crm.upsert([write(1), write(2)])
        assert isinstance(row, UpsertResult)
        assert isinstance(other, UpsertResult)
        assert row.contact.company_id == "5"
        assert other.contact.company_id != "5"
        [account] = await crm.accounts([CompanyAsked(id="", domain="acme.de")])
        assert isinstance(account, Account)
        assert account.id == "5"
        companies = (await control.get("/objects/hubspot.companies")).json()
        assert len(companies) == 2

    on_sandbox("hubspot", test)


def test_a_lifecycle_stage_that_hubspot_keeps_is_no_change() -> None:
    """It answers 200 and doesn't write a stage that would go back."""

    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        del control
        stage, overwrite = {"lifecyclestage": "customer"}, frozenset({"lifecyclestage"})
        [made] = await crm.upsert([write(1, more=stage)])
        ident = contact_id(made)
        back = {"lifecyclestage": "lead"}
        [row] = await crm.upsert([write(1, known_id=ident, more=back, overwrite=overwrite)])
        assert isinstance(row, UpsertResult)
        assert row.change is not None
        assert "lifecyclestage" not in row.change.wrote
        assert row.dropped == ("lifecyclestage: HubSpot has kept what was there",)
        [held] = await crm.read([ident], ["lifecyclestage"])
        assert held == {"lifecyclestage": "customer"}

    on_sandbox("hubspot", test)


def test_a_company_s_lifecycle_stage_that_hubspot_keeps_is_no_change() -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        del control
        overwrite = frozenset({"lifecyclestage"})
        first = write(1, company_more={"lifecyclestage": "customer"})
        again = write(1, company_more={"lifecyclestage": "lead"}, company_overwrite=overwrite)
        [made], [row] = await crm.upsert([first]), await crm.upsert([again])
        assert isinstance(made, UpsertResult)
        assert made.company_change is not None
        assert isinstance(row, UpsertResult)
        assert row.company_change is None
        assert row.dropped == ("company: lifecyclestage: HubSpot has kept what was there",)

    on_sandbox("hubspot", test)
