"""People of Zoho as they are now: found by key, id and address among contacts and leads."""

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple

from connectors.core.answers import all_of, sound
from connectors.core.contact_writes import addresses, known_ids, mapped_names
from connectors.core.crm import ContactWrite
from connectors.core.literals import literal
from connectors.zoho import records
from connectors.zoho.client import Record, ZohoHttp

MODULES = ("Contacts", "Leads")


class Person(NamedTuple):
    """A record, and the module in which it is."""

    module: str
    record: Record

    @property
    def ident(self) -> str:
        """The id as Leadgate stores it."""
        return records.ident_of(self.module, str(self.record["id"]))


class People:
    """Of several people with one key or address a contact counts before a lead, then the older."""

    def __init__(self, people: Iterable[Person]) -> None:
        """`people` are contacts before leads, and the older before the younger."""
        self._by_id: dict[str, Person] = {}
        self._by_key: dict[str, Person] = {}
        self._by_main: dict[str, Person] = {}
        self._by_other: dict[str, Person] = {}
        for person in people:
            self._by_id[person.ident] = person
            if key := person.record.get(records.KEY):
                self._by_key.setdefault(key, person)
            if main := person.record.get("Email"):
                self._by_main.setdefault(main.casefold(), person)
            if other := person.record.get("Secondary_Email"):
                self._by_other.setdefault(other.casefold(), person)

    def of(self, write: ContactWrite) -> Person | None:
        """The person that a write means: by the known id, else our key, else an address."""
        if write.known_id and (known := self._by_id.get(write.known_id)) is not None:
            return known
        named = self._by_key.get(write.key)  # a converted lead's key went with it to the contact
        if write.known_id or named is not None:
            return named
        for email in map(str.casefold, write.emails):
            found = self._by_main.get(email) or self._by_other.get(email)
            if found is not None:
                return found
        return None


class ZohoContacts:
    """Reads people by queries and ids, never by search, which lags."""

    def __init__(self, http: ZohoHttp) -> None:
        self._http = http

    async def find(self, writes: Sequence[ContactWrite]) -> list[Person | None]:
        """The person that each write means, None for nobody: see People.of."""
        parts = await asyncio.gather(*(self._of_module(module, writes) for module in MODULES))
        people = People(chain.from_iterable(parts))
        return [*map(people.of, writes)]

    async def _of_module(self, module: str, writes: Sequence[ContactWrite]) -> list[Person]:
        """Everybody in a module who may be meant, the older before the younger."""
        emails = literal(addresses(writes))
        keys = literal(write.key for write in writes)
        where = f"Email in {emails} or Secondary_Email in {emails} or {records.KEY} in {keys}"
        known = records.by_module(known_ids(writes))
        if module in known:
            where += f" or id in {literal(known[module])}"
        return await self.select(module, where, mapped_names(writes))

    async def select(self, module: str, where: str, more: Sequence[str] = ()) -> list[Person]:
        """People with the fields that a Contact is made of, and `more`; the oldest first."""
        found = await self._http.coql(_query(module, where, "Created_Time", more))
        rows = all_of("Zoho", found, partial(records.person, module))
        return [*map(partial(Person, module), rows)]

    async def select_feed(self, module: str, where: str) -> list[Person]:
        """People by the time of their change; odd rows are read in part, or set aside."""
        found = await self._http.coql(_query(module, where, "Modified_Time"))
        rows = sound("Zoho", found, partial(records.person_in_part, module))
        return [*map(partial(Person, module), rows)]

    async def by_id(self, idents: Iterable[str], more: Sequence[str] = ()) -> dict[str, Person]:
        """People by their ids, with `more` fields; who isn't there is left out."""
        found: dict[str, Person] = {}
        for module, numbers in records.by_module(idents).items():
            for person in await self.select(module, f"id in {literal(numbers)}", more):
                found[person.ident] = person
        return found


def _query(module: str, where: str, order: str, more: Sequence[str] = ()) -> str:
    fields = dict.fromkeys((*records.READ[module], *more))
    if module == "Contacts":
        fields["Account_Name.Account_Type"] = None
    return f"select {','.join(fields)} from {module} where {where} order by {order}"
