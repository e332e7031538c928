"""Upserts of HubSpot's contacts: a batch of writes from its look-up to its results."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from connectors.core.contact_writes import kept, of_contact
from connectors.core.crm import ContactWrite, Row, UpsertResult
from connectors.core.errors import RecordRetryable, Unavailable, VendorError
from connectors.core.row_results import split_errors
from connectors.core.splitting import one_by_one
from connectors.core.write_checks import judge
from connectors.hubspot import records
from connectors.hubspot.batches import by_property, change_input, write_all
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.companies import HubSpotCompanies
from connectors.hubspot.company_fields import CompanyUpdate, update_companies
from connectors.hubspot.contacts import HubSpotContacts
from connectors.hubspot.deals import with_open_deals
from connectors.hubspot.forms import HubSpotObject
from connectors.hubspot.refusals import is_taken, row_error

_PRIMARY_COMPANY = [
    {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1},
    {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279},
]
_BY_KEY = by_property(records.KEY)


@dataclass(slots=True)
class Upsert:
    """One write of a batch, and how far it has come."""

    trace: str  # names the write in HubSpot's answers
    write: ContactWrite
    existing: HubSpotObject | None = None  # the contact as it was before
    company: str = ""  # the id of the person's company
    properties: dict[str, str] = field(default_factory=dict)  # what is written
    result: UpsertResult | None = None
    error: VendorError | None = None  # wins over a result

    @property
    def is_open(self) -> bool:
        """Whether the write still has to be made."""
        return self.result is None and self.error is None

    @property
    def is_taken(self) -> bool:
        """Whether a create was refused because the key or the address is there already."""
        return self.error is not None and is_taken(self.error)

    @property
    def done(self) -> UpsertResult | None:
        """The result of a write that has not failed."""
        return self.result if self.error is None else None

    @property
    def contact_id(self) -> str:
        """The id of the contact, '' before it is known."""
        return self.result.contact.id if self.result is not None else ""

    def row(self) -> Row[UpsertResult]:
        """The write's row in the answer to the batch."""
        nothing = RecordRetryable("HubSpot answered nothing about this row")
        return self.error or self.result or nothing

    def take(self, row: Row[HubSpotObject], *, existed: bool) -> None:
        """Take HubSpot's answer to a create, or to an upsert that found what existed.

        Nobody has read what such a contact held before, so that its change is unknown.
        """
        if isinstance(row, VendorError):
            self.error = row
            return
        wrote, left = records.what_was_written(self.properties, None, row)
        change = None if existed else records.OWN.change(row.id, wrote, None)
        self.error = None
        self.result = UpsertResult(
            contact=records.contact_of(row), existed=existed, change=change, dropped=left
        )

    def show_company(self) -> None:
        """Show the person's company in the result."""
        if self.done is not None and self.company:
            contact = replace(self.done.contact, company_id=self.company)
            self.result = replace(self.done, contact=contact)


class HubSpotUpserts:
    """See crm.Crm.upsert."""

    def __init__(
        self, http: HubSpotHttp, people: HubSpotContacts, companies: HubSpotCompanies
    ) -> None:
        self._http, self._people, self._companies = http, people, companies

    async def upsert(self, writes: Sequence[ContactWrite]) -> list[Row[UpsertResult]]:
        batch = await self._look_up(writes)
        refused = await self._find_companies(_open(batch))
        writable = _open(batch)
        ids = {upsert.write.domain: upsert.company for upsert in writable if upsert.company}
        # before the contacts: if this fails, the next try finds no contact made
        updates = await update_companies(self._http, [upsert.write for upsert in writable], ids)
        await self._update(writable)
        await self._create([upsert for upsert in writable if upsert.existing is None])
        await self._link(writable)
        await self._mark_deals(batch)
        for domain, error in refused.items():
            updates[domain] = CompanyUpdate(None, (f"company: {error}",))
        _add_company_updates(writable, updates)
        return [upsert.row() for upsert in batch]

    async def _look_up(self, writes: Sequence[ContactWrite]) -> list[Upsert]:
        """The batch with the contacts that are there. Open are those that may be written."""
        found = await self._people.find(writes)
        verdicts = judge(writes, [*map(_id_or_blank, found)])
        batch: list[Upsert] = []
        for place, (write, existing) in enumerate(zip(writes, found, strict=True)):
            upsert = Upsert(trace=str(place), write=write)
            if isinstance(existing, VendorError):
                upsert.error = existing
            elif existing is not None and records.is_other_person(write, existing):
                contact = records.contact_of(existing)
                upsert.result = UpsertResult(contact=contact, existed=True)
            else:
                upsert.existing, upsert.error = existing, verdicts[place]
                if existing is not None:
                    upsert.write = of_contact(write, existing.id)
            batch.append(upsert)
        return batch

    async def _find_companies(self, batch: Sequence[Upsert]) -> dict[str, VendorError]:
        """Find or make the companies of a batch; answers refusals by domain.

        A company that may come later keeps its people waiting; a refused one doesn't.
        """
        ids, refused = split_errors(await self._companies.ids([one.write for one in batch]))
        for upsert in batch:
            upsert.company = ids.get(upsert.write.domain, "")
            error = refused.get(upsert.write.domain)
            if isinstance(error, RecordRetryable | Unavailable):
                upsert.error = error
        return refused

    async def _update(self, batch: Sequence[Upsert]) -> None:
        work: list[tuple[Upsert, HubSpotObject]] = []
        inputs: list[dict[str, Any]] = []
        for upsert in batch:
            if (existing := upsert.existing) is not None:
                upsert.properties = records.properties_of(upsert.write, existing.properties)
                inputs.append(change_input(existing.id, upsert.properties, upsert.trace))
                work.append((upsert, existing))
        done = await self._people.update(inputs)
        for (upsert, existing), row in zip(work, done, strict=True):
            if isinstance(row, VendorError):
                upsert.error = row
                continue
            wrote, left = records.what_was_written(upsert.properties, existing.properties, row)
            change = records.OWN.change(existing.id, wrote, existing.properties)
            own = records.described(upsert.write)
            left += kept(upsert.write, own, existing.properties)
            contact = records.contact_of(existing)
            upsert.result = UpsertResult(contact=contact, existed=True, change=change, dropped=left)

    async def _create(self, batch: Sequence[Upsert]) -> None:
        """Create contacts, each with the link to its company in the same call; our unique key
        keeps a repeat from making a twin.

        A create refuses what is there already. If it is our key (an attempt whose answer was
        lost, or somebody has changed the contact's address), the upsert by that key finds it; if
        it is the address, somebody made the contact since our read.
        """
        if not batch:
            return
        for upsert in batch:
            upsert.properties = records.properties_of(upsert.write, None)
        inputs = [*map(_create_input, batch)]
        done = await write_all(self._http, "contacts", "create", inputs, _BY_KEY)
        for upsert, row in zip(batch, done, strict=True):
            upsert.take(row, existed=False)
            upsert.show_company()
        await self._find_by_key([upsert for upsert in batch if upsert.is_taken])

    async def _find_by_key(self, batch: Sequence[Upsert]) -> None:
        if not batch:
            return
        inputs = [*map(_upsert_input, batch)]
        done = await write_all(self._http, "contacts", "upsert", inputs, _BY_KEY)
        for upsert, row in zip(batch, done, strict=True):
            upsert.take(row, existed=True)
            if upsert.is_taken:
                upsert.error = RecordRetryable(str(upsert.error))

    async def _link(self, batch: Sequence[Upsert]) -> None:
        """Link contacts with their companies. A refused link is an error of its row: the next try
        finds the contact and links it."""
        work: list[Upsert] = []
        for upsert in batch:
            if upsert.done is not None and upsert.company and not upsert.done.contact.company_id:
                upsert.show_company()
                work.append(upsert)
        for upsert, row in zip(work, await one_by_one(work, self._link_some), strict=True):
            if isinstance(row, VendorError):
                upsert.error = row

    async def _link_some(self, batch: Sequence[Upsert]) -> list[Row[Upsert]]:
        inputs = [*map(_link_input, batch)]
        body = await self._http.associate("contacts", "companies", "create", inputs)
        if body.errors:
            raise row_error(body.errors[0])
        return [*batch]

    async def _mark_deals(self, batch: Sequence[Upsert]) -> None:
        """Show whether contacts that were there before, or their companies, have an open deal: no
        sequence for them."""
        there: list[tuple[Upsert, UpsertResult]] = []
        for upsert in batch:
            if upsert.done is not None and upsert.done.existed:
                there.append((upsert, upsert.done))
        marked = await with_open_deals(self._http, [result.contact for _, result in there])
        for (upsert, result), contact in zip(there, marked, strict=True):
            upsert.result = replace(result, contact=contact)


def _open(batch: Iterable[Upsert]) -> list[Upsert]:
    return [upsert for upsert in batch if upsert.is_open]


def _id_or_blank(found: HubSpotObject | VendorError | None) -> str:
    return found.id if isinstance(found, HubSpotObject) else ""


def _create_input(upsert: Upsert) -> dict[str, Any]:
    sent: dict[str, Any] = {"properties": upsert.properties, "objectWriteTraceId": upsert.trace}
    if upsert.company:
        sent["associations"] = [{"to": {"id": upsert.company}, "types": _PRIMARY_COMPANY}]
    return sent


def _link_input(upsert: Upsert) -> dict[str, Any]:
    ends = {"from": {"id": upsert.contact_id}, "to": {"id": upsert.company}}
    return {**ends, "types": _PRIMARY_COMPANY}


def _upsert_input(upsert: Upsert) -> dict[str, Any]:
    sent = change_input(upsert.write.key, upsert.properties, upsert.trace)
    return {**sent, "idProperty": records.KEY}


def _add_company_updates(batch: Sequence[Upsert], updates: dict[str, CompanyUpdate]) -> None:
    """The first of several colleagues shows what became of their company."""
    for upsert in batch:
        result = upsert.done
        if result is None or upsert.write.domain not in updates:
            continue
        done = updates.pop(upsert.write.domain)
        upsert.result = replace(
            result, company_change=done.change, dropped=(*result.dropped, *done.dropped)
        )
