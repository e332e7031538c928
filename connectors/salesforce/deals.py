"""Open opportunities in Salesforce."""

from msgspec.structs import replace

from connectors.core.answers import all_of
from connectors.core.crm import Row, UpsertResult
from connectors.core.literals import literal
from connectors.salesforce import records
from connectors.salesforce.client import SalesforceHttp
from connectors.salesforce.rows import account_of_deal, contact_of_role


async def mark_open_deals(http: SalesforceHttp, rows: list[Row[UpsertResult]]) -> None:
    """Mark in `rows` the contacts that have an open opportunity, or whose account has one: no
    sequence is for them.

    Only contacts that were there before are looked up. Raises VendorError.
    """
    ids: list[str] = []
    companies: dict[str, None] = {}
    for row in rows:
        if isinstance(row, UpsertResult) and _was_contact(row):
            ids.append(row.contact.id)
            if row.contact.company_id:
                companies[row.contact.company_id] = None
    if not ids:
        return
    roles, deals = await http.queries(
        "SELECT ContactId FROM OpportunityContactRole WHERE ContactId IN"
        f" {literal(ids)} AND Opportunity.IsClosed = false",
        f"SELECT AccountId FROM Opportunity WHERE AccountId IN {literal(companies)} AND IsClosed ="
        " false",
    )
    contacts = set(all_of("Salesforce", roles, contact_of_role))
    accounts = set(all_of("Salesforce", deals, account_of_deal))
    for i, row in enumerate(rows):
        if isinstance(row, UpsertResult) and (
            row.contact.id in contacts or row.contact.company_id in accounts
        ):
            rows[i] = replace(row, contact=replace(row.contact, open_deal=True))


def _was_contact(row: UpsertResult) -> bool:
    return row.existed and records.object_of(row.contact.id) == "Contact"
