"""What only HubSpot does: what hangs on what by associations, sequences that nobody can be taken out of."""

import httpx

from leadgate.connectors.contract import Crm, Written
from tests.contract.test_crm import contact_id, on_sandbox, write


def test_an_open_deal_is_seen_by_contact_and_by_company() -> None:
    """A closed one counts for nobody, and a colleague's company's counts for the colleague too."""

    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        made = await crm.upsert([write(1), write(2), write(3), write(4, domain="acme2.com")])
        ids = [contact_id(row) for row in made]
        company = made[1].contact.company_id if isinstance(made[1], Written) else ""
        deals = {
            "501": ("contacts", ids[0], "false"),
            "502": ("companies", company, "false"),
            "503": ("contacts", ids[2], "true"),
        }
        for deal, (kind, ident, closed) in deals.items():
            at = {"createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z", "archived": False}
            await control.post(f"/objects/hubspot.deals/{deal}", json={"id": deal, "properties": {"hs_is_closed": closed}, **at})
            await control.post(f"/objects/hubspot.links/{kind}:{ident}:deals", json={"to": [deal]})
        again = await crm.upsert([write(1), write(2), write(3), write(4, domain="acme2.com")])
        assert [isinstance(r, Written) and r.contact.open_deal for r in again] == [True, True, False, True]

    on_sandbox("hubspot", test)
