"""People of Zoho as they are now: found by key, id and address among contacts and leads."""

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple

from connectors.core.answers import all_of, sound
from connectors.core.contact_writes import addresses, known_ids, mapped_names
from connectors.core.crm import ContactWrite
from connectors.zoho import coql, records
from connectors.zoho.client import Record
from connectors.zoho.queries import ZohoQueries

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

    def __init__(self, queries: ZohoQueries) -> None:
        self._queries = queries

    async def find(self, writes: Sequence[ContactWrite]) -> list[Person | None]:
        """The person that each write means, None for nobody: see People.of."""
        parts = await asyncio.gather(*(self._of_module(module, writes) for module in MODULES))
        people = People(chain.from_iterable(parts))
        return [*map(people.of, writes)]

    async def _of_module(self, module: str, writes: Sequence[ContactWrite]) -> list[Person]:
        """Everybody in a module who may be meant, the older before the younger."""
        emails = addresses(writes)
        clauses = coql.alternatives(
            {
                "Email": emails,
                "Secondary_Email": emails,
                records.KEY: [write.key for write in writes],
                "id": records.by_module(known_ids(writes)).get(module, []),
            }
        )
        return await self._select(module, clauses, mapped_names(writes))

    async def _select(
        self, module: str, clauses: Sequence[str], more: Sequence[str] = ()
    ) -> list[Person]:
        """People with the fields that a Contact is made of, and `more`; the oldest first."""
        found = await self._queries.rows(module, [*_names(module), *more], clauses)
        rows = all_of("Zoho", found, partial(records.person, module))
        rows.sort(key=records.created_at)
        return [*map(partial(Person, module), rows)]

    async def changed(self, module: str, where: str) -> list[Person]:
        """People of a feed, however many; odd rows are read in part, or set aside."""
        people: list[Person] = []
        async for found in self._queries.pages(module, _names(module), where):
            rows = sound("Zoho", found, partial(records.person_in_part, module))
            people += map(partial(Person, module), rows)
        return people

    async def idents_of(self, ident: str, key: str) -> list[str]:
        """The ids of one person's records: by the id, and by our key, which goes with a lead that
        is converted to its contact; '' for an unknown one."""
        found: list[str] = []
        for module in MODULES:
            numbers = records.by_module([ident]).get(module, []) if ident else []
            clauses = coql.alternatives({"id": numbers, records.KEY: [key] if key else []})
            found += [person.ident for person in await self._select(module, clauses)]
        return found

    async def by_id(self, idents: Iterable[str], more: Sequence[str] = ()) -> dict[str, Person]:
        """People by their ids, with `more` fields; who isn't there is left out."""
        found: dict[str, Person] = {}
        for module, numbers in records.by_module(idents).items():
            clauses = coql.alternatives({"id": numbers})
            for person in await self._select(module, clauses, more):
                found[person.ident] = person
        return found


def _names(module: str) -> list[str]:
    """The fields that a Contact is made of; of a contact also whether its account is a
    customer."""
    more = ["Account_Name.Account_Type"] if module == "Contacts" else []
    return ["Created_Time", *records.READ[module], *more]
