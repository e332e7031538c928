"""Properties of HubSpot's contacts and companies read and set back, for `leadgate undo`."""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.core.row_results import is_deleted, raise_first
from connectors.hubspot import records
from connectors.hubspot.batches import BY_ID, change_input, write_all
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.companies import COMPANY, read_companies
from connectors.hubspot.contacts import HubSpotContacts
from connectors.hubspot.forms import HubSpotObject


async def read_properties(
    http: HubSpotHttp, people: HubSpotContacts, idents: Sequence[str], names: Sequence[str]
) -> list[dict[str, Any] | None]:
    """See crm.Crm.read; an id with the prefix COMPANY is a company's."""
    held: dict[str, Mapping[str, Any]] = {}
    contacts: list[str] = []
    companies: list[str] = []
    for ident in idents:
        if ident.startswith(COMPANY):
            companies.append(ident.removeprefix(COMPANY))
        else:
            contacts.append(ident)
    for ident, row in (await people.held(contacts, names)).items():
        if isinstance(row, HubSpotObject):
            held[ident] = row.properties
        elif not is_deleted(row):
            raise row
    if companies:
        for number, properties in (await read_companies(http, companies, names)).items():
            held[f"{COMPANY}{number}"] = properties
    values: list[dict[str, Any] | None] = []
    for ident in idents:
        values.append(records.values(held[ident], names) if ident in held else None)
    return values


async def restore_properties(
    http: HubSpotHttp, people: HubSpotContacts, ident: str, values: Mapping[str, Any]
) -> None:
    """See crm.Crm.restore; an empty text clears a property of HubSpot's."""
    properties: dict[str, str] = {}
    for name, value in values.items():
        properties[name] = "" if value is None else records.text_of(value)
    inputs = [change_input(ident.removeprefix(COMPANY), properties)]
    if ident.startswith(COMPANY):
        raise_first(await write_all(http, "companies", "update", inputs, BY_ID))
    else:
        raise_first(await people.update(inputs))
