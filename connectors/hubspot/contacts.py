"""Contacts of HubSpot as they are now, found by id or by any address, and their updates."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from connectors.core.contact_writes import addresses, known_ids, mapped_names
from connectors.core.crm import ContactWrite, Row
from connectors.core.errors import VendorError
from connectors.core.fields import names_in
from connectors.hubspot import records
from connectors.hubspot.batches import BY_ID, Unanswered, read_all, read_by, write_all
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.forms import HubSpotObject

T = TypeVar("T")


class HubSpotContacts:
    """Reads contacts by key, never by search, which lags."""

    def __init__(self, http: HubSpotHttp) -> None:
        self._http = http

    async def find(
        self, writes: Sequence[ContactWrite]
    ) -> list[HubSpotObject | VendorError | None]:
        """The contact that each write means, by the known id, else by an address; None for none.

        An error stands in the place of a write whose contact can't be looked up.
        """
        wanted = [*records.READ, *mapped_names(writes)]
        by_email, unknown = await self._read_by_email(addresses(writes), wanted)
        known = await self.held(known_ids(writes), wanted)
        found: list[HubSpotObject | VendorError | None] = []
        for write in writes:
            if write.known_id:
                found.append(known[write.known_id])
            else:
                failed = _first(unknown, write.emails)
                found.append(failed or _first(by_email, write.emails))
        return found

    async def _read_by_email(
        self, emails: Sequence[str], wanted: Sequence[str]
    ) -> tuple[dict[str, HubSpotObject], dict[str, VendorError]]:
        """Contacts by their main and secondary addresses, and errors by address: the answer doesn't
        say which input matched (docs/design/vendors.md HubSpot 1.1)."""
        there, failed = await read_by(self._http, "contacts", "email", emails, wanted)
        found: dict[str, HubSpotObject] = {}
        for item in there:
            contact = records.contact_of(item)
            found.update(dict.fromkeys((contact.email, *contact.emails), item))
        return found, failed

    async def held(self, ids: Sequence[str], names: Sequence[str]) -> dict[str, Row[HubSpotObject]]:
        """Contacts as they are now: see batches.read_all."""
        return await read_all(self._http, "contacts", ids, names)

    async def update(self, inputs: Sequence[dict[str, Any]]) -> list[Row[HubSpotObject]]:
        """Update contacts by their ids.

        HubSpot answers about a merged contact by the id of the one into which it was merged, so
        that contacts of which the answer says nothing are read.
        """
        if not inputs:
            return []
        rows = await write_all(self._http, "contacts", "update", [*inputs], BY_ID)
        unsure: dict[int, dict[str, Any]] = {}
        for place, row in enumerate(rows):
            if isinstance(row, Unanswered):
                unsure[place] = inputs[place]
        if not unsure:
            return rows
        names = names_in(sent["properties"] for sent in unsure.values())
        now = await self.held([sent["id"] for sent in unsure.values()], names)
        for place, sent in unsure.items():
            held = now[sent["id"]]
            if isinstance(held, VendorError) or _shows(held, sent["properties"]):
                rows[place] = held
        return rows


def _first(answers: Mapping[str, T], keys: Iterable[str]) -> T | None:
    """The answer for the first key that has one."""
    for key in keys:
        if key in answers:
            return answers[key]
    return None


def _shows(held: HubSpotObject, wrote: Mapping[str, str]) -> bool:
    return all(held.text(name) == value for name, value in wrote.items())
