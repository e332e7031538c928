"""Writes of people to Salesforce: leads are made by our own external id, leads and contacts changed
by their ids."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from connectors.core.contact_writes import kept, of_contact
from connectors.core.crm import Contact, ContactWrite, Row, UpsertResult
from connectors.core.errors import RecordRejected, RecordRetryable, VendorError
from connectors.core.row_results import is_deleted
from connectors.core.splitting import one_by_one
from connectors.core.write_checks import judge
from connectors.salesforce import records
from connectors.salesforce.address_picklists import Picklists, Place, cached_picklists, place_of
from connectors.salesforce.client import SalesforceHttp
from connectors.salesforce.deals import mark_open_deals
from connectors.salesforce.forms import Record
from connectors.salesforce.people import SalesforcePeople
from connectors.salesforce.properties import KEY, OWN

# a text where codes are due, and codes where there are none
_MISPLACED = re.compile("FIELD_INTEGRITY_EXCEPTION|INVALID_FIELD")


_NO_ANSWER = "Salesforce answered nothing about this row"


class _Work(NamedTuple):
    """A write, the number of its row, and the person in Salesforce; None for a new lead."""

    row: int
    write: ContactWrite
    held: Record | None


class _Prepared(NamedTuple):
    """The fields that are set, the row that is sent, and the part of it that is an address."""

    fields: Record
    sent: Record
    place: Place


class SalesforceContacts:
    """See crm.Crm.

    A person who is a contact stays one; nobody who is one becomes a lead again.
    """

    def __init__(self, http: SalesforceHttp, people: SalesforcePeople) -> None:
        self._http, self._people, self._picklists = http, people, cached_picklists(http)

    async def upsert(self, writes: Sequence[ContactWrite]) -> list[Row[UpsertResult]]:
        found = await one_by_one(writes, self._people.find)
        rows: list[Row[UpsertResult] | None] = [*_obstacles(writes, found)]
        changes: list[_Work] = []
        additions: list[_Work] = []
        for i, (row, write, held) in enumerate(zip(rows, writes, found, strict=True)):
            if row is None and isinstance(held, dict):
                changes.append(_Work(i, of_contact(write, held["Id"]), held))
            elif row is None:
                additions.append(_Work(i, write, None))
        # a call takes ten changes of type
        changes.sort(key=lambda work: _kind(work.held))
        await self._save(changes, rows, "composite/sobjects")
        # by our own external id, so that a repeat after a lost answer finds the lead that it made
        await self._save(additions, rows, "composite/sobjects/{}/{}", "Lead", KEY)
        done = [row or RecordRetryable(_NO_ANSWER) for row in rows]
        await mark_open_deals(self._http, done)
        return done

    async def update(self, sent: Sequence[Record]) -> list[Row[str]]:
        """Change records by their ids, each with its own outcome.

        What is to be written on a record that was merged into another is written on that one.
        """
        rows = await self._http.collection("PATCH", "composite/sobjects", records=sent)
        gone = [one["id"] for one, row in zip(sent, rows, strict=True) if is_deleted(row)]
        masters = await self._people.masters(gone)
        places: list[int] = []
        again: list[Record] = []
        for i, one in enumerate(sent):
            if master := masters.get(one["id"]):
                places.append(i)
                again.append({**one, "id": master})
        done = await self._http.collection("PATCH", "composite/sobjects", records=again)
        for i, row in zip(places, done, strict=True):
            rows[i] = row
        return rows

    async def _save(
        self,
        work: Sequence[_Work],
        rows: list[Row[UpsertResult] | None],
        template: str,
        *parts: str,
    ) -> None:
        """Write people, and put the outcomes into `rows`."""
        if not work:
            return
        picklists = await self._picklists.get()
        prepared: list[_Prepared] = []
        sent: list[Record] = []
        for _, write, held in work:
            prepared.append(_prepare(write, held, picklists))
            sent.append(prepared[-1].sent)
        done = await self._write(sent, picklists, template, *parts)
        for (i, write, held), one, row in zip(work, prepared, done, strict=True):
            if isinstance(row, VendorError):
                rows[i] = row
            elif held is None:
                rows[i] = _result(records.contact_of({"Id": row, **one.fields}), one, None)
            else:
                left = kept(write, records.described(write), held)
                rows[i] = _result(records.contact_of(held, self._http.me), one, held, left)

    async def _write(
        self, sent: Sequence[Record], by: Picklists | None, template: str, *parts: str
    ) -> list[Row[str]]:
        """Each row's id or error.

        A row that was refused because the org's picklists are others than `by` can be tried again.
        """
        rows = await self._http.collection("PATCH", template, *parts, records=sent)
        if not any(map(_is_misplaced, rows)) or await self._picklists.again() == by:
            return rows
        return list(map(_retryable_if_misplaced, rows))


def _kind(held: Record | None) -> str:
    return records.object_of(held["Id"]) if held else "Lead"


def _prepare(write: ContactWrite, held: Record | None, picklists: Picklists | None) -> _Prepared:
    kind = _kind(held)
    place = place_of(write, kind, held or {}, picklists)
    fields = records.fields_of(write, kind, held, place.fields)
    if held is None:
        return _Prepared(fields, {"attributes": {"type": kind}, **fields}, place)
    return _Prepared(fields, records.update_of(held["Id"], fields), place)


def _result(
    contact: Contact, written: _Prepared, held: Record | None, left: tuple[str, ...] = ()
) -> UpsertResult:
    return UpsertResult(
        contact=contact,
        existed=held is not None,
        change=OWN.change(contact.id, written.fields, held),
        dropped=(*written.place.dropped, *left),
    )


def _obstacles(
    writes: Sequence[ContactWrite], found: Sequence[Row[Record | None]]
) -> list[VendorError | None]:
    """For each write why it can't be made: its person can't be looked up, or see
    write_checks.judge."""
    ids: list[str] = []
    for held in found:
        ids.append(held["Id"] if isinstance(held, dict) else "")
    obstacles = judge(writes, ids)
    for i, held in enumerate(found):
        if isinstance(held, VendorError):
            obstacles[i] = held
    return obstacles


def _is_misplaced(row: Row[str]) -> bool:
    return isinstance(row, RecordRejected) and _MISPLACED.search(str(row)) is not None


def _retryable_if_misplaced(row: Row[str]) -> Row[str]:
    if _is_misplaced(row):
        return RecordRetryable(f"{row}; the org's picklists were changed")
    return row
