"""Fields written to people of Zoho by their ids."""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.core.crm import Row
from connectors.zoho import records
from connectors.zoho.client import Record, ZohoHttp


async def update_people(
    http: ZohoHttp, changes: Sequence[tuple[str, Mapping[str, Any]]]
) -> list[Row[str]]:
    """Write fields to people, contacts before leads; answers in the order of `changes`."""
    rows: list[Row[str]] = [""] * len(changes)  # each is replaced below
    for module in ("Contacts", "Leads"):
        places: list[int] = []
        sent: list[Record] = []
        for place, (ident, fields) in enumerate(changes):
            if records.module_of(ident) == module:
                places.append(place)
                sent.append({"id": records.number_of(ident), **fields})
        done = await http.rows("PUT", "{}", module, records=sent)
        for place, row in zip(places, done, strict=True):
            rows[place] = row
    return rows
