"""What changed in Salesforce, and what it holds: read by SystemModstamp, activities, incoming mail
and the recycle bin."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from msgspec.structs import replace

from connectors.core.account_lookup import answer, conditions
from connectors.core.answers import read, sound
from connectors.core.crm import Account, CompanyAsked, Contact, Page, Row
from connectors.core.literals import quoted
from connectors.core.pagination import in_turn, keys_of
from connectors.core.splitting import one_by_one
from connectors.salesforce import records
from connectors.salesforce.client import SalesforceHttp
from connectors.salesforce.forms import Record
from connectors.salesforce.people import SalesforcePeople
from connectors.salesforce.properties import EMAILS, KEY, READ
from connectors.salesforce.rows import ReplyRow
from connectors.salesforce.tasks import SalesforceTasks

_KINDS = ("Lead", "Contact")
_ACCOUNTS = "SELECT Id, Name, Website, OwnerId, ParentId FROM Account"


class SalesforceChanges:
    """See crm.Crm.

    A call or a mail doesn't change the person's record, so they are asked for beside it.
    """

    def __init__(
        self, http: SalesforceHttp, people: SalesforcePeople, tasks: SalesforceTasks
    ) -> None:
        self._http, self._people, self._tasks = http, people, tasks

    async def changed_since(self, since: float) -> list[Contact]:
        after = records.moment(since)
        *changed, replies = await self._http.queries(
            *_ours(f"SystemModstamp >= {after}"),
            "SELECT RelationId, EmailMessage.MessageDate FROM EmailMessageRelation WHERE"
            " RelationType = 'FromAddress' AND EmailMessage.Incoming = true AND"
            f" EmailMessage.MessageDate >= {after}",
        )
        contacted = _latest((who, at) for who, _, at in await self._tasks.done(since))
        replied = _latest(sound("Salesforce", replies, _reply))
        found: dict[str, Record] = {}
        for part in changed:
            found |= records.by_id(sound("Salesforce", part, records.person_in_part))
        others = (contacted.keys() | replied.keys()) - found.keys()
        for person in await self._people.read_by_id(filter(records.is_person, others)):
            if person.get(KEY):
                found[person["Id"]] = person
        people = [self._contact(person, contacted, replied) for person in found.values()]
        return sorted(people, key=lambda contact: contact.changed_at)

    def _contact(
        self, person: Record, contacted: Mapping[str, float], replied: Mapping[str, float]
    ) -> Contact:
        contact = records.contact_of(person, self._http.me)
        contacted_at = contacted.get(contact.id, 0.0)
        replied_at = replied.get(contact.id, 0.0)
        newest = max(contact.changed_at, contacted_at, replied_at)
        return replace(contact, contacted_at=contacted_at, replied_at=replied_at, changed_at=newest)

    async def deleted(self, since: float, keys: Mapping[str, str]) -> AsyncIterator[list[Contact]]:
        """The people in the recycle bin, which holds two weeks; a merged record is not deleted."""
        del since, keys
        asked = _ours("IsDeleted = true AND MasterRecordId = null")
        for part in await self._http.queries(*asked, deleted=True):
            yield list(map(records.contact_of, sound("Salesforce", part, records.person)))

    async def contacts(self, after: str = "") -> AsyncIterator[Page[Contact]]:
        """A place is an object and the id that was read last; a locator would expire with its
        session."""
        for kind, last, following in in_turn(("Contact", "Lead"), after):
            async for page in self._http.pages(_all_people(kind, last)):
                people = self._contacts_of(page)
                yield Page(rows=people, after=f"{kind} {people[-1].id}" if people else following)

    def known_keys(self) -> AsyncIterator[dict[str, str]]:
        return keys_of(self.contacts())

    async def companies(self, after: str = "") -> AsyncIterator[Page[Account]]:
        where = f" WHERE Id > {quoted(after)}" if after else ""
        async for page in self._http.pages(f"{_ACCOUNTS}{where} ORDER BY Id"):
            companies = self._companies_of(page)
            yield Page(rows=companies, after=companies[-1].id if companies else "")

    async def contacts_since(self, since: float) -> AsyncIterator[list[Contact]]:
        for kind in _KINDS:
            where = f"SystemModstamp >= {records.moment(since)}"
            if kind == "Lead":
                where += " AND IsConverted = false"
            async for page in self._http.pages(
                f"SELECT Id,Email,{EMAILS},{KEY} FROM {kind} WHERE {where} ORDER BY Id"
            ):
                yield self._contacts_of(page)

    async def companies_since(self, since: float) -> AsyncIterator[list[Account]]:
        async for page in self._http.pages(
            f"{_ACCOUNTS} WHERE SystemModstamp >= {records.moment(since)} ORDER BY Id"
        ):
            yield self._companies_of(page)

    async def accounts(self, asked: Sequence[CompanyAsked]) -> list[Row[Account | None]]:
        return await one_by_one(asked, self._accounts)

    async def _accounts(self, asked: Sequence[CompanyAsked]) -> list[Row[Account | None]]:
        queries = map(_oldest_accounts, conditions(asked, "Id"))
        found = await self._http.rows(partial(records.company_of, me=self._http.me), *queries)
        return [*answer(asked, found)]

    def _contacts_of(self, rows: Sequence[Any]) -> list[Contact]:
        people = sound("Salesforce", rows, records.person_in_part)
        return list(map(partial(records.contact_of, me=self._http.me), people))

    def _companies_of(self, rows: Sequence[Any]) -> list[Account]:
        return sound("Salesforce", rows, partial(records.company_of, me=self._http.me))


def _all_people(kind: str, last: str) -> str:
    """The query for all people of one object whose ids follow `last`."""
    conditions: list[str] = []
    if last:
        # Salesforce compares an id with nothing but an id
        conditions.append(f"Id > {quoted(last)}")
    if kind == "Lead":
        conditions.append("IsConverted = false")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {','.join(READ[kind])} FROM {kind}{where} ORDER BY Id"


def _ours(where: str) -> tuple[str, str]:
    """The queries for our leads and for our contacts."""
    return _ours_of("Lead", where), _ours_of("Contact", where)


def _ours_of(kind: str, where: str) -> str:
    return (
        f"SELECT {','.join(READ[kind])} FROM {kind} WHERE {KEY} != null AND {where} ORDER BY"
        " SystemModstamp, Id"
    )


def _oldest_accounts(where: str) -> str:
    return f"{_ACCOUNTS} WHERE {where} ORDER BY CreatedDate, Id"


def _reply(item: Any) -> tuple[str, float]:
    row = read(item, ReplyRow)
    return row.RelationId, records.seconds(row.EmailMessage.MessageDate)


def _latest(times: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The latest time of each person."""
    found: dict[str, float] = {}
    for contact_id, at in times:
        found[contact_id] = max(at, found.get(contact_id, 0.0))
    return found
