"""Open deals of HubSpot's contacts and of their companies."""

from collections.abc import Sequence
from itertools import chain

from msgspec.structs import replace

from connectors.core.crm import Contact, Row
from connectors.core.errors import VendorError
from connectors.core.row_results import is_deleted
from connectors.hubspot.batches import linked, read_all
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.forms import HubSpotObject


async def with_open_deals(http: HubSpotHttp, contacts: Sequence[Contact]) -> list[Contact]:
    """The contacts, each with whether it or its company has an open deal.

    Raises the VendorError of an association that can't be read.
    """
    companies = {contact.id: contact.company_id for contact in contacts}
    by_contact = await linked(http, "contacts", "deals", companies)
    by_company = await linked(http, "companies", "deals", [*filter(None, companies.values())])
    wanted = {*chain.from_iterable(by_contact.values()), *chain.from_iterable(by_company.values())}
    deals = await read_all(http, "deals", sorted(wanted), ["hs_is_closed"])
    marked: list[Contact] = []
    for contact in contacts:
        own = chain(by_contact.get(contact.id, ()), by_company.get(contact.company_id, ()))
        is_open = any(map(_may_be_open, map(deals.__getitem__, own)))
        marked.append(replace(contact, open_deal=is_open))
    return marked


def _may_be_open(deal: Row[HubSpotObject]) -> bool:
    """Whether a deal may be open: one that can't be read may be."""
    if isinstance(deal, VendorError):
        return not is_deleted(deal)
    return deal.properties.get("hs_is_closed") != "true"
