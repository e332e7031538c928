"""A CRM in memory: the contract's double for tests, and the instant CRM of the benchmark.

Nothing is kept.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from msgspec.structs import replace

from connectors.core.account_lookup import answer
from connectors.core.crm import (
    Account,
    ActivityAsked,
    CompanyAsked,
    Contact,
    ContactWrite,
    CrmRequirements,
    NoteWrite,
    Owner,
    OwnerReadback,
    OwnerWrite,
    Page,
    Row,
    T,
    TaskWrite,
    UpsertResult,
)
from connectors.core.errors import RecordRejected
from connectors.core.fields import Field, faults_of, missing
from connectors.core.list_only import ListOnlySequences
from connectors.core.pagination import keys_of
from leads.records import Change

N = TypeVar("N", TaskWrite, NoteWrite)
_TEAMS = ("Sales",)
_CHANGED = ("owner", "score", "status")


class MemoryCrm:
    """See crm.Crm. Any address that asks to be an owner is one, unless `users` says who is.

    As a vendor's, its tasks and notes are made each time that they are asked for, unless the
    caller has it look first.
    """

    batch = 100
    tells_deleted = True
    identity = frozenset({"email"})

    def __init__(self, clock: Callable[[], float], users: dict[str, bool] | None = None) -> None:
        self._clock = clock
        self._sequences = ListOnlySequences("the CRM in memory")
        self.enrol, self.unenrol = self._sequences.enrol, self._sequences.unenrol
        self.company_fields = self._sequences.company_fields
        self._users = users
        self.people: dict[str, Contact] = {}
        self.values: dict[str, dict[str, Any]] = {}
        self.tasks: list[TaskWrite] = []
        self.notes: list[NoteWrite] = []
        self.lists: dict[str, set[str]] = {}
        self._fields: list[Field] = []
        self._made = 0
        self._by_email: dict[str, str] = {}
        self._by_key: dict[str, str] = {}
        self._companies: dict[str, Account] = {}

    async def upsert(self, writes: Sequence[ContactWrite]) -> list[Row[UpsertResult]]:
        return [self._upsert(write) for write in writes]

    def _upsert(self, write: ContactWrite) -> Row[UpsertResult]:
        if write.known_id and write.known_id not in self.people:
            return RecordRejected(f"contact {write.known_id} is deleted", "deleted")
        found = (
            write.known_id
            or self._by_key.get(write.key)
            or next((i for e in write.emails if (i := self._by_email.get(e))), "")
        )
        before = self.people.get(found)
        if (
            before is not None
            and not write.known_id
            and before.email not in write.emails
            and before.key != write.key
        ):
            return UpsertResult(contact=before, existed=True)
        company = self._company(write)
        if before is None:
            contact = Contact(
                id=self._next_id(),
                email=write.emails[0],
                emails=write.emails[1:],
                key=write.key,
                company_id=company,
            )
        else:
            contact = replace(
                before,
                key=before.key or write.key,
                email=write.emails[0] if write.known_id else before.email,
            )
            contact = replace(contact, company_id=before.company_id or company)
        self._keep(contact)
        values = self.values.setdefault(contact.id, {})
        more = {
            n: v for n, v in write.more.items() if n in write.overwrite or values.get(n) is None
        }
        change = Change(
            contact_id=contact.id, wrote=more, before={n: values.get(n) for n in (*more, *_CHANGED)}
        )
        values.update(more)
        return UpsertResult(contact=contact, existed=before is not None, change=change)

    def _company(self, write: ContactWrite) -> str:
        if not write.domain:
            return ""
        known = self._companies.setdefault(
            write.domain,
            Account(id=f"c{len(self._companies) + 1}", name=write.company, domain=write.domain),
        )
        return known.id

    def _keep(self, contact: Contact) -> None:
        contact = replace(contact, changed_at=self._clock())
        self.people[contact.id] = contact
        if contact.key:
            self._by_key[contact.key] = contact.id
        self._by_email.update(dict.fromkeys((contact.email, *contact.emails), contact.id))

    async def assign(self, writes: Sequence[OwnerWrite]) -> list[Row[Change]]:
        rows: list[Row[Change]] = []
        for write in writes:
            owner = await self.owner_by_email(write.owner_email) if write.owner_email else None
            if write.owner_email and (owner is None or not owner.active):
                rows.append(RecordRejected(f"no active owner {write.owner_email}", "no_owner"))
                continue
            if (contact := self.people.get(write.contact_id)) is None:
                rows.append(RecordRejected(f"contact {write.contact_id} is deleted", "deleted"))
                continue
            self._keep(
                replace(
                    contact, owner_id=owner.id if owner else contact.owner_id, status=write.status
                )
            )
            wrote = {
                "score": write.score,
                "status": write.status,
                **({"owner": owner.id} if owner else {}),
            }
            self.values.setdefault(contact.id, {}).update(wrote)
            rows.append(Change(contact_id=contact.id, wrote=wrote, before={}))
        return rows

    async def read_owners(self, contact_ids: Sequence[str]) -> list[Row[OwnerReadback]]:
        rows: list[Row[OwnerReadback]] = []
        for ident in contact_ids:
            contact = self.people.get(ident)
            if contact is None:
                rows.append(RecordRejected(f"contact {ident} is deleted", "deleted"))
                continue
            owner = await self.owner(contact.owner_id) if contact.owner_id else None
            shown = OwnerReadback(
                owner_id=contact.owner_id,
                email=owner.email if owner else "",
                active=bool(owner and owner.active),
                at=self._clock(),
            )
            rows.append(shown)
        return rows

    async def owner(self, owner_id: str) -> Owner | None:
        return await self.owner_by_email(owner_id)

    async def owner_by_email(self, email: str) -> Owner | None:
        folded = email.casefold()
        if self._users is None:
            return Owner(id=folded, email=folded, active=True, teams=_TEAMS)
        return (
            Owner(id=folded, email=folded, active=self._users[folded], teams=_TEAMS)
            if folded in self._users
            else None
        )

    async def add_tasks(self, writes: Sequence[TaskWrite]) -> list[Row[str]]:
        return [self._add(self.tasks, write) for write in writes]

    async def add_notes(self, writes: Sequence[NoteWrite]) -> list[Row[str]]:
        return [self._add(self.notes, write) for write in writes]

    def _add(self, there: list[N], write: N) -> Row[str]:
        if write.contact_id not in self.people:
            return RecordRejected(f"contact {write.contact_id} is deleted", "deleted")
        if not (write.look_first and any(one.effect_id == write.effect_id for one in there)):
            there.append(write)
        return write.effect_id

    async def activities(self, asked: Sequence[ActivityAsked]) -> list[float]:
        return [
            min(
                (
                    n.at
                    for n in self.notes
                    if (n.contact_id, n.owner_id) == (a.contact_id, a.owner_id) and n.at >= a.since
                ),
                default=0.0,
            )
            for a in asked
        ]

    async def enter_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        self.lists.setdefault(name, set()).update(contact_ids)
        return list(contact_ids)

    async def leave_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        self.lists.setdefault(name, set()).difference_update(contact_ids)
        return list(contact_ids)

    async def stop(self, contact_id: str, kind: str, lists: Sequence[str]) -> None:
        for name in lists:
            self.lists.setdefault(name, set()).discard(contact_id)
        if (contact := self.people.get(contact_id)) is None:
            return  # deleted: nothing is sent to it any more
        self._keep(
            replace(
                contact,
                status=kind,
                opted_out=contact.opted_out or kind in {"unsubscribe", "do_not_contact"},
            )
        )

    async def changed_since(self, since: float) -> list[Contact]:
        return sorted(
            (c for c in self.people.values() if c.changed_at > since and c.key),
            key=lambda c: c.changed_at,
        )

    async def deleted(self, since: float, keys: Mapping[str, str]) -> AsyncIterator[list[Contact]]:
        del since, keys
        yield []

    async def contacts(self, after: str = "") -> AsyncIterator[Page[Contact]]:
        for page in self._pages(list(self.people.values()), after):
            yield page

    def _pages(self, rows: list[T], after: str) -> Iterator[Page[T]]:
        for start in range(int(after or 0), max(1, len(rows)), self.batch):
            end = start + self.batch
            yield Page(rows=rows[start:end], after=str(end) if end < len(rows) else "")

    def known_keys(self) -> AsyncIterator[dict[str, str]]:
        return keys_of(self.contacts())

    async def companies(self, after: str = "") -> AsyncIterator[Page[Account]]:
        for page in self._pages(list(self._companies.values()), after):
            yield page

    async def contacts_since(self, since: float) -> AsyncIterator[list[Contact]]:
        yield [c for c in self.people.values() if c.changed_at > since]

    async def companies_since(self, since: float) -> AsyncIterator[list[Account]]:
        """All of them: nobody keeps when one was changed."""
        del since
        yield list(self._companies.values())

    def own(self, contact_id: str, owner: str) -> None:
        """Somebody sets the owner by hand; '' takes it away."""
        self._keep(replace(self.people[contact_id], owner_id=owner))

    def delete(self, contact_id: str) -> None:
        """Somebody deletes the contact."""
        gone = self.people.pop(contact_id)
        self._by_key.pop(gone.key, None)
        for email in (gone.email, *gone.emails):
            self._by_email.pop(email, None)

    def add_contact(self, email: str, owner: str = "", others: tuple[str, ...] = ()) -> str:
        """A contact that is there already, with its secondary addresses; its id."""
        ident = self._next_id()
        self._keep(Contact(id=ident, email=email, emails=others, owner_id=owner))
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

    async def accounts(self, asked: Sequence[CompanyAsked]) -> list[Row[Account | None]]:
        return [*answer(asked, self._companies.values())]

    async def owners(self) -> list[Owner]:
        return [
            Owner(id=e, email=e, active=active, teams=_TEAMS)
            for e, active in (self._users or {}).items()
        ]

    async def fields(self) -> dict[str, Field]:
        return {field.name: field for field in self._fields}

    async def read(
        self, contact_ids: Sequence[str], names: Sequence[str]
    ) -> list[dict[str, Any] | None]:
        return [
            {n: self.values.get(i, {}).get(n) for n in names} if i in self.people else None
            for i in contact_ids
        ]

    async def restore(self, contact_id: str, values: Mapping[str, Any]) -> None:
        self.values[contact_id].update(values)
        if "owner" in values:
            self._keep(replace(self.people[contact_id], owner_id=values["owner"] or ""))

    async def check(self, wants: CrmRequirements) -> list[str]:
        return faults_of(
            "memory", "people", wants.fields, await self.fields()
        ) + self._sequences.unmet(wants)

    async def limits(self, wants: CrmRequirements) -> list[str]:
        del wants
        return []

    async def provision(self, wants: CrmRequirements, *, dry_run: bool = False) -> list[str]:
        lacks = missing("memory", "people", wants.fields, await self.fields())
        self._fields += [] if dry_run else lacks
        return [field.name for field in lacks]

    async def close(self) -> None:
        """Nothing to let go."""
