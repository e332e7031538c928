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
