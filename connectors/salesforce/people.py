"""People of Salesforce, read by id, key and address among leads and contacts."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from connectors.core.answers import all_of, read
from connectors.core.contact_writes import addresses, known_ids
from connectors.core.crm import ContactWrite
from connectors.core.literals import literal, quoted
from connectors.salesforce import records
from connectors.salesforce.client import SalesforceHttp
from connectors.salesforce.forms import Record
from connectors.salesforce.properties import KEY, READ
from connectors.salesforce.rows import MergedRow

_CHUNK = 100

T = TypeVar("T")


class SalesforcePeople:
    """Finds people; for a record that was merged or converted, the one that it became."""

    def __init__(self, http: SalesforceHttp) -> None:
        self._http = http

    async def find(self, writes: Sequence[ContactWrite]) -> list[Record | None]:
        """The person of each write, None where there is none.

        By the known id, else our key, else an address; a contact before a lead, the older record
        before the younger.
        """
        held = await self._candidates(writes)
        by_id = records.by_id(held)
        gone = [ident for ident in known_ids(writes) if ident not in by_id]
        candidates = _Candidates(held, by_id | await self._by_lost_id(gone))
        return list(map(candidates.match, writes))

    async def _candidates(self, writes: Sequence[ContactWrite]) -> list[Record]:
        """All people that the writes may mean, and the contacts that leads were converted into;
        contacts first, each object's older records first."""
        asked: list[str] = []
        for start in range(0, len(writes), _CHUNK):
            some = writes[start : start + _CHUNK]
            asked += (_select("Contact", some), _select("Lead", some))
        parts = await self._http.queries(*asked)
        unique: dict[str, Record] = {}
        converted: set[str] = set()
        for part in (*parts[::2], *parts[1::2]):
            for person in all_of("Salesforce", part, records.person):
                unique[person["Id"]] = person
                if person.get("IsConverted") and person.get("ConvertedContactId"):
                    converted.add(person["ConvertedContactId"])
        unique |= records.by_id(await self.read_by_id(converted - unique.keys()))
        return list(unique.values())

    async def read_by_id(self, ids: Iterable[str]) -> list[Record]:
        """People by their ids; those that aren't there are left out."""
        asked: list[str] = []
        for kind, some in records.by_object(ids):
            fields = ",".join(READ[kind])
            asked.append(f"SELECT {fields} FROM {kind} WHERE Id IN {literal(some)}")
        return await self._http.rows(records.person, *asked)

    async def _by_lost_id(self, gone: Sequence[str]) -> dict[str, Record]:
        """The masters of records that are gone, by the lost ids."""
        masters = await self.masters(gone)
        found = records.by_id(await self.read_by_id(set(masters.values())))
        by_lost_id: dict[str, Record] = {}
        for lost, master in masters.items():
            if master in found:
                by_lost_id[lost] = found[master]
        return by_lost_id

    async def records_of(self, contact_id: str, key: str) -> list[str]:
        """The ids of all records of one person: by id and by our key, what they were merged into,
        and the contacts into which leads were converted."""
        masters = await self.masters([contact_id])
        people = await self.read_by_id([contact_id, *masters.values()])
        if key:
            asked: list[str] = []
            for kind in ("Contact", "Lead"):
                fields = ",".join(READ[kind])
                asked.append(f"SELECT {fields} FROM {kind} WHERE {KEY} = {quoted(key)}")
            people += await self._http.rows(records.person, *asked)
        contacts: list[str] = []
        for person in people:
            if contact := person.get("ConvertedContactId"):
                contacts.append(contact)
        people += await self.read_by_id(contacts)
        return [*records.by_id(people)]

    async def masters(self, gone: Iterable[str]) -> dict[str, str]:
        """The ids of the records into which those that are gone were merged, by the lost ids."""
        asked: list[str] = []
        for kind, some in records.by_object(gone):
            asked.append(f"SELECT Id, MasterRecordId FROM {kind} WHERE Id IN {literal(some)}")
        rows = await self._http.rows(partial(read, form=MergedRow), *asked, deleted=True)
        masters: dict[str, str] = {}
        for row in rows:
            if row.MasterRecordId:
                masters[row.Id] = row.MasterRecordId
        return masters

    async def read_merged(
        self, ids: Sequence[str], read_by_id: Callable[[Sequence[str]], Awaitable[dict[str, T]]]
    ) -> list[T | None]:
        """What `read_by_id` finds, in the order of the ids.

        For a record that was merged it is what is found of the master, for a deleted one None.
        """
        found = await read_by_id(ids)
        masters = await self.masters(ident for ident in ids if ident not in found)
        of_masters = await read_by_id([*masters.values()])
        rows: list[T | None] = []
        for ident in ids:
            rows.append(found.get(ident) or of_masters.get(masters.get(ident, "")))
        return rows


class _Candidates:
    """The people that a batch may mean, by id, key and address; the first of several counts."""

    def __init__(self, held: Sequence[Record], by_id: Mapping[str, Record]) -> None:
        self._by_id = by_id
        self._by_key: dict[str, Record] = {}
        self._by_email: dict[str, Record] = {}
        self._converted: dict[str, Record | None] = {}
        self._converted_by_key: dict[str, Record | None] = {}
        for person in held:
            if person.get("IsConverted"):
                self._add_converted(person)
            else:
                self._add(person)

    def _add(self, person: Record) -> None:
        if key := person.get(KEY):
            self._by_key.setdefault(key, person)
        if email := person.get("Email"):
            self._by_email.setdefault(email.casefold(), person)

    def _add_converted(self, lead: Record) -> None:
        contact = self._by_id.get(lead.get("ConvertedContactId") or "")
        self._converted[lead["Id"]] = contact
        if key := lead.get(KEY):
            self._converted_by_key[key] = contact

    def match(self, write: ContactWrite) -> Record | None:
        """The person of a write, None for nobody."""
        if write.known_id in self._converted:
            return self._converted[write.known_id]
        if write.known_id:
            return self._by_id.get(write.known_id)
        by_key = self._by_key.get(write.key) or self._converted_by_key.get(write.key)
        return by_key or self._by_address(write.emails)

    def _by_address(self, emails: Sequence[str]) -> Record | None:
        for email in emails:
            if found := self._by_email.get(email.casefold()):
                return found
        return None


def _select(kind: str, writes: Sequence[ContactWrite]) -> str:
    """The query for all people of one object that the writes may mean."""
    mapped: set[str] = set()
    keys: list[str] = []
    known: list[str] = []
    for write in writes:
        mapped.update(records.more_of(write, kind))
        keys.append(write.key)
        if records.is_person(write.known_id) and records.object_of(write.known_id) == kind:
            known.append(write.known_id)
    fields = ",".join((*READ[kind], *sorted(mapped.difference(READ[kind]))))
    where = f"Email IN {literal(addresses(writes))} OR {KEY} IN {literal(keys)}"
    if known:
        where += f" OR Id IN {literal(known)}"
    return f"SELECT {fields} FROM {kind} WHERE {where} ORDER BY CreatedDate, Id"
