"""What happened in Salesforce, and what it holds: by SystemModstamp, by activities, by incoming
mail, by the recycle bin."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from msgspec.structs import replace

from connectors.core.account_lookup import answer, conditions
from connectors.core.answers import all_of, read, sound
from connectors.core.crm import Account, CompanyAsked, Contact, Page, Row
from connectors.core.literals import quoted
from connectors.core.pagination import in_turn, keys_of
from connectors.core.splitting import one_by_one
from connectors.salesforce import records
from connectors.salesforce.client import Record, SalesforceHttp, moment
from connectors.salesforce.contacts import SalesforceContacts
from connectors.salesforce.forms import ReplyRow
from connectors.salesforce.tasks import SalesforceTasks

_KINDS = ("Lead", "Contact")
_ACCOUNTS = "SELECT Id, Name, Website, OwnerId, ParentId FROM Account"


class SalesforceChanges:
    """See crm.Crm.

    A call or a mail doesn't change the person's record, so they are asked for beside it.
    """

    def __init__(
        self, http: SalesforceHttp, people: SalesforceContacts, tasks: SalesforceTasks
    ) -> None:
        self._http, self._people, self._tasks = http, people, tasks

    async def changed_since(self, since: float) -> list[Contact]:
        after = moment(since)
        *changed, replies = await self._http.queries(
            *(self._ours(kind, f"SystemModstamp >= {after}") for kind in _KINDS),
            "SELECT RelationId, EmailMessage.MessageDate FROM EmailMessageRelation WHERE"
            " RelationType = 'FromAddress' AND EmailMessage.Incoming = true AND"
            f" EmailMessage.MessageDate >= {after}",
        )
        contacted = _latest((who, at) for who, _, at in await self._tasks.done(since))
        replied = _latest(sound("Salesforce", replies, _reply))
        found = {r["Id"]: r for part in changed for r in sound("Salesforce", part, records.heard)}
        others = {i for i in {*contacted, *replied} - set(found) if i.startswith(("00Q", "003"))}
        found.update(
            {r["Id"]: r for r in await self._people.read_by_id(others) if r.get(records.KEY)}
        )
        people = [
            self._heard(r, contacted.get(r["Id"], 0.0), replied.get(r["Id"], 0.0))
            for r in found.values()
        ]
        return sorted(people, key=lambda c: c.changed_at)

    def _heard(self, found: Record, contacted: float, replied: float) -> Contact:
        contact = records.contact_of(found, self._http.me)
        newest = max(contact.changed_at, contacted, replied)
        return replace(contact, contacted_at=contacted, replied_at=replied, changed_at=newest)

    @staticmethod
    def _ours(kind: str, where: str) -> str:
        fields = ",".join(records.READ[kind])
        return (
            f"SELECT {fields} FROM {kind} WHERE {records.KEY} != null AND {where} ORDER BY"
            " SystemModstamp, Id"
        )

    async def deleted(self, since: float, keys: Mapping[str, str]) -> AsyncIterator[list[Contact]]:
        """Who lies in the recycle bin, two weeks' worth; who was merged into another is not
        gone."""
        del since, keys
        asked = (self._ours(kind, "IsDeleted = true AND MasterRecordId = null") for kind in _KINDS)
        for part in await self._http.queries(*asked, deleted=True):
            yield [records.contact_of(r) for r in sound("Salesforce", part, records.person)]

    async def contacts(self, after: str = "") -> AsyncIterator[Page[Contact]]:
        """A place is an object and the last id that was read, not a locator, which ends with its
        session."""
        for kind, last, following in in_turn(("Contact", "Lead"), after):
            # Salesforce compares an id with nothing but an id
            wheres = [f"Id > {quoted(last)}"] if last else []
            wheres += ["IsConverted = false"] if kind == "Lead" else []
            where = f" WHERE {' AND '.join(wheres)}" if wheres else ""
            async for page in self._http.pages(
                f"SELECT {','.join(records.READ[kind])} FROM {kind}{where} ORDER BY Id"
            ):
                people = self._people_of(page)
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
            where = f"SystemModstamp >= {moment(since)}" + (
                " AND IsConverted = false" if kind == "Lead" else ""
            )
            fields = f"Id,Email,{records.EMAILS},{records.KEY}"
            async for page in self._http.pages(
                f"SELECT {fields} FROM {kind} WHERE {where} ORDER BY Id"
            ):
                yield self._people_of(page)

    async def companies_since(self, since: float) -> AsyncIterator[list[Account]]:
        async for page in self._http.pages(
            f"{_ACCOUNTS} WHERE SystemModstamp >= {moment(since)} ORDER BY Id"
        ):
            yield self._companies_of(page)

    async def accounts(self, asked: Sequence[CompanyAsked]) -> list[Row[Account | None]]:
        return await one_by_one(asked, self._accounts)

    async def _accounts(self, asked: Sequence[CompanyAsked]) -> list[Row[Account | None]]:
        queries = (
            f"{_ACCOUNTS} WHERE {where} ORDER BY CreatedDate, Id"
            for where in conditions(asked, "Id")
        )
        parts = await self._http.queries(*queries)
        found = [
            one
            for part in parts
            for one in all_of("Salesforce", part, partial(records.company_of, me=self._http.me))
        ]
        return [*answer(asked, found)]

    def _people_of(self, rows: Sequence[Any]) -> list[Contact]:
        return [
            records.contact_of(r, self._http.me) for r in sound("Salesforce", rows, records.heard)
        ]

    def _companies_of(self, rows: Sequence[Any]) -> list[Account]:
        return sound("Salesforce", rows, partial(records.company_of, me=self._http.me))


def _reply(item: Any) -> tuple[str, float]:
    row = read(item, ReplyRow)
    return row.RelationId, records.seconds(row.EmailMessage.MessageDate)


def _latest(pairs: Iterable[tuple[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for who, at in pairs:
        found[who] = max(at, found.get(who, 0.0))
    return found
