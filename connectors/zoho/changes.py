"""Readings of Zoho's people and accounts: all, changed or deleted."""

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Any

from msgspec.structs import replace

from connectors.core.answers import read, sound
from connectors.core.crm import Account, Contact, Page
from connectors.core.pagination import in_turn
from connectors.zoho import coql, records
from connectors.zoho.client import ZohoHttp, moment
from connectors.zoho.contacts import Person, ZohoContacts
from connectors.zoho.forms import GoneRow, KeyRow
from connectors.zoho.queries import ZohoQueries
from connectors.zoho.setup import ZohoAccount
from connectors.zoho.tasks import ZohoTasks

_MODULES = ("Leads", "Contacts")
_PEOPLE_READ = ("Email", "Secondary_Email", records.KEY)


class ZohoChanges:
    """See crm.Crm."""

    def __init__(
        self,
        http: ZohoHttp,
        queries: ZohoQueries,
        account: ZohoAccount,
        people: ZohoContacts,
        tasks: ZohoTasks,
    ) -> None:
        self._http, self._queries, self._account = http, queries, account
        self._people, self._tasks = people, tasks

    async def changed_since(self, since: float) -> list[Contact]:
        """By Modified_Time; a call doesn't change the person's record, so activities are read
        too."""
        me = await self._account.me()
        found: dict[str, Person] = {}
        for module in _MODULES:
            where = coql.both(f"{records.KEY} is not null", _changed(since))
            for person in await self._people.changed(module, where):
                found[person.ident] = person
        contacted: dict[str, float] = {}
        for ident, _, at in await self._tasks.done(since):
            contacted[ident] = max(at, contacted.get(ident, 0.0))
        others = await self._people.by_id(contacted.keys() - found.keys())
        for ident, person in others.items():
            if person.record.get(records.KEY):
                found[ident] = person
        contacts: list[Contact] = []
        for ident, person in found.items():
            contact = records.contact_of(person.module, person.record, me)
            at = contacted.get(ident, 0.0)
            changed_at = max(contact.changed_at, at)
            contacts.append(replace(contact, contacted_at=at, changed_at=changed_at))
        return sorted(contacts, key=lambda contact: contact.changed_at)

    async def deleted(self, since: float, keys: Mapping[str, str]) -> AsyncIterator[list[Contact]]:
        """Zoho shows ids alone, of everybody: those in `keys` are ours."""
        for module in _MODULES:
            async for page in self._http.deleted(module, since):
                gone: list[Contact] = []
                for row in sound("Zoho", page, lambda item: read(item, GoneRow)):
                    ident = records.ident_of(module, row.id)
                    if key := keys.get(ident):
                        gone.append(Contact(id=ident, key=key))
                yield gone

    async def contacts(self, after: str = "") -> AsyncIterator[Page[Contact]]:
        """A place is a module and Zoho's token of a page in it, which is valid for a day."""
        me = await self._account.me()
        for module, token, following in in_turn(("Contacts", "Leads"), after):
            async for page in self._http.listing(module, records.READ[module], token):
                place = f"{module} {page.after}" if page.after else following
                yield Page(rows=_contacts_of(module, page.rows, me), after=place)

    async def known_keys(self) -> AsyncIterator[dict[str, str]]:
        """By queries, since a listing has no filter."""
        for module in _MODULES:
            async for rows in self._queries.pages(
                module, (records.KEY,), f"{records.KEY} is not null"
            ):
                keys = sound("Zoho", rows, lambda item: read(item, KeyRow))
                yield {records.ident_of(module, row.id): row.Leadgate_key for row in keys}

    async def contacts_since(self, since: float) -> AsyncIterator[list[Contact]]:
        for module in _MODULES:
            async for rows in self._queries.pages(module, _PEOPLE_READ, _changed(since)):
                yield _contacts_of(module, rows)

    async def companies_since(self, since: float) -> AsyncIterator[list[Account]]:
        company_of = partial(records.company_of, me=await self._account.me())
        changed = _changed(since)
        async for rows in self._queries.pages("Accounts", records.ACCOUNT_READ, changed):
            yield sound("Zoho", rows, company_of)

    async def companies(self, after: str = "") -> AsyncIterator[Page[Account]]:
        company_of = partial(records.company_of, me=await self._account.me())
        async for page in self._http.listing("Accounts", records.ACCOUNT_READ, after):
            yield Page(rows=sound("Zoho", page.rows, company_of), after=page.after)


def _changed(since: float) -> str:
    return f"Modified_Time >= {coql.quoted(moment(since))}"


def _contacts_of(module: str, rows: Sequence[Any], me: str = "") -> list[Contact]:
    """People of a feed; odd rows are read in part, or set aside."""
    readable = sound("Zoho", rows, partial(records.person_in_part, module))
    return [records.contact_of(module, row, me) for row in readable]
