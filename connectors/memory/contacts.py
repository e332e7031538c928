"""The contacts and companies of the CRM in memory: written, read, and changed by hand."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from connectors.core.account_lookup import answer
from connectors.core.contact_writes import kept, of_contact, replaceable
from connectors.core.crm import (
    Account,
    CompanyAsked,
    Contact,
    ContactWrite,
    Page,
    Row,
    T,
    UpsertResult,
)
from connectors.core.errors import RecordRejected
from connectors.core.pagination import keys_of
from leads.records import Change

_CHANGED = ("owner", "score", "status")


class MemoryContacts:
    """See crm.ContactStore and crm.ChangeFeed."""

    batch = 100

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.people: dict[str, Contact] = {}
        self.values: dict[str, dict[str, Any]] = {}
        self._made = 0
        self._by_email: dict[str, str] = {}
        self._by_key: dict[str, str] = {}
        self._companies: dict[str, Account] = {}

    async def upsert(self, writes: Sequence[ContactWrite]) -> list[Row[UpsertResult]]:
        return list(map(self._upsert, writes))

    def _upsert(self, write: ContactWrite) -> Row[UpsertResult]:
        if write.known_id and write.known_id not in self.people:
            return deleted(write.known_id)
        before = self.people.get(self._find(write))
        if before is not None and _is_other(before, write):
            return UpsertResult(contact=before, existed=True)
        company_id = self._company(write)
        if before is None:
            contact = Contact(
                id=self._next_id(),
                email=write.emails[0],
                emails=write.emails[1:],
                key=write.key,
                company_id=company_id,
            )
        else:
            contact = replace(
                before,
                key=before.key or write.key,
                email=_moves(write) or before.email,
                company_id=before.company_id or company_id,
            )
        self._store(contact)
        write = of_contact(write, contact.id)
        held = dict(self.values.get(contact.id, {}))
        change = self._write(contact.id, write)
        left = kept(write, _described(write), held)
        return UpsertResult(
            contact=contact, existed=before is not None, change=change, dropped=left
        )

    def _find(self, write: ContactWrite) -> str:
        """The id of a write's contact, '' for none."""
        if known := write.known_id or self._by_key.get(write.key):
            return known
        for email in write.emails:
            if ident := self._by_email.get(email):
                return ident
        return ""

    def _write(self, contact_id: str, write: ContactWrite) -> Change:
        """Write who the person is and the mapped properties: blanks, what is as we wrote it, and
        what the rules overwrite."""
        values, own = self.values.setdefault(contact_id, {}), _described(write)
        replaced = replaceable(write, own, values)
        wrote: dict[str, Any] = {}
        for name, text in (own | _filled(write)).items():
            if text and (name in replaced or not values.get(name)):
                wrote[name] = text
        for name, value in write.more.items():
            if name in write.overwrite or values.get(name) is None:
                wrote[name] = value
        before: dict[str, Any] = dict.fromkeys((*wrote, *_CHANGED))
        for name in before:
            before[name] = values.get(name)
        values.update(wrote)
        return Change(contact_id=contact_id, wrote=wrote, before=before)

    def _company(self, write: ContactWrite) -> str:
        if not write.domain:
            return ""
        known = self._companies.setdefault(
            write.domain,
            Account(id=f"c{len(self._companies) + 1}", name=write.company, domain=write.domain),
        )
        return known.id

    def _store(self, contact: Contact) -> None:
        contact = replace(contact, changed_at=self._clock())
        self.people[contact.id] = contact
        if contact.key:
            self._by_key[contact.key] = contact.id
        self._by_email.update(dict.fromkeys((contact.email, *contact.emails), contact.id))

    async def read(
        self, contact_ids: Sequence[str], names: Sequence[str]
    ) -> list[dict[str, Any] | None]:
        rows: list[dict[str, Any] | None] = []
        for ident in contact_ids:
            if ident in self.people:
                values = self.values.get(ident, {})
                rows.append({name: values.get(name) for name in names})
            else:
                rows.append(None)
        return rows

    async def restore(self, contact_id: str, values: Mapping[str, Any]) -> None:
        self.values[contact_id].update(values)
        if "owner" in values:
            self._store(replace(self.people[contact_id], owner_id=values["owner"] or ""))

    async def accounts(self, asked: Sequence[CompanyAsked]) -> list[Row[Account | None]]:
        return [*answer(asked, self._companies.values())]

    async def changed_since(self, since: float) -> list[Contact]:
        ours = filter(lambda contact: contact.key, self._changed_after(since))
        return sorted(ours, key=lambda contact: contact.changed_at)

    async def contacts_since(self, since: float) -> AsyncIterator[list[Contact]]:
        yield self._changed_after(since)

    def _changed_after(self, since: float) -> list[Contact]:
        return [contact for contact in self.people.values() if contact.changed_at > since]

    async def companies_since(self, since: float) -> AsyncIterator[list[Account]]:
        """All of them: no time of a change is stored."""
        del since
        yield list(self._companies.values())

    async def deleted(self, since: float, keys: Mapping[str, str]) -> AsyncIterator[list[Contact]]:
        del since, keys
        yield []

    async def contacts(self, after: str = "") -> AsyncIterator[Page[Contact]]:
        for page in self._pages(list(self.people.values()), after):
            yield page

    async def companies(self, after: str = "") -> AsyncIterator[Page[Account]]:
        for page in self._pages(list(self._companies.values()), after):
            yield page

    def _pages(self, rows: list[T], after: str) -> Iterator[Page[T]]:
        for start in range(int(after or 0), max(1, len(rows)), self.batch):
            end = start + self.batch
            yield Page(rows=rows[start:end], after=str(end) if end < len(rows) else "")

    def known_keys(self) -> AsyncIterator[dict[str, str]]:
        return keys_of(self.contacts())

    # Changes by hand

    def edit(self, contact_id: str, name: str, value: str) -> None:
        """A user of the CRM changes a property."""
        self.values.setdefault(contact_id, {})[name] = value
        self._store(self.people[contact_id])

    def own(self, contact_id: str, owner: str) -> None:
        """A user of the CRM sets the owner; '' removes it."""
        self._store(replace(self.people[contact_id], owner_id=owner))

    def delete(self, contact_id: str) -> None:
        """A user of the CRM deletes the contact."""
        gone = self.people.pop(contact_id)
        self._by_key.pop(gone.key, None)
        for email in (gone.email, *gone.emails):
            self._by_email.pop(email, None)

    def add_contact(self, email: str, owner: str = "", others: tuple[str, ...] = ()) -> str:
        """A contact that is there already, with its secondary addresses; its id."""
        ident = self._next_id()
        self._store(Contact(id=ident, email=email, emails=others, owner_id=owner))
        return ident

    def _next_id(self) -> str:
        self._made += 1
        return str(self._made)

    def add_company(self, name: str, domain: str, owner: str = "", parent: str = "") -> None:
        """A company that is there already; `owner` is an address, `parent` a domain."""
        above = self._companies[parent].id if parent else ""
        ident = f"c{len(self._companies) + 1}"
        self._companies[domain] = Account(
            id=ident, name=name, domain=domain, owner_id=owner, parent_id=above
        )


def _moves(write: ContactWrite) -> str:
    """The new main address of a known contact, '' where it stays."""
    return write.emails[0] if write.known_id and not write.keeps_emails else ""


def _described(write: ContactWrite) -> dict[str, str]:
    return {
        "first_name": write.first_name,
        "last_name": write.last_name,
        "title": write.title,
        "phone": write.phone,
    }


def _filled(write: ContactWrite) -> dict[str, str]:
    return {"city": write.city, "state": write.state, "country": write.country}


def _is_other(held: Contact, write: ContactWrite) -> bool:
    """Whether a contact that was found by an address isn't the write's person."""
    return not write.known_id and held.email not in write.emails and held.key != write.key


def deleted(contact_id: str) -> RecordRejected:
    return RecordRejected(f"contact {contact_id} is deleted", "deleted")
