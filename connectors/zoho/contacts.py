"""People of Zoho: read by key, id and address among contacts and leads, written by our own unique
field."""

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

from msgspec.structs import replace

from connectors.core.answers import all_of, read, sound
from connectors.core.crm import ContactWrite, Row, UpsertResult
from connectors.core.errors import RecordRetryable, VendorError
from connectors.core.literals import literal
from connectors.core.splitting import one_by_one
from connectors.core.write_checks import judge
from connectors.zoho import records
from connectors.zoho.client import Record, ZohoHttp
from connectors.zoho.forms import DealRow
from connectors.zoho.setup import ZohoAccount

_MODULES = ("Contacts", "Leads")
_CLOSED = frozenset({"Closed Won", "Closed Lost", "Closed-Lost to Competition"})


class Person(NamedTuple):
    """A record, and the module it lies in."""

    module: str
    record: Record

    @property
    def ident(self) -> str:
        """The id as Leadgate keeps it."""
        return records.ident_of(self.module, str(self.record["id"]))


class ZohoContacts:
    """See crm.Crm.

    A person who is a contact stays one; nobody who is one becomes a lead again.
    """

    def __init__(self, http: ZohoHttp, account: ZohoAccount) -> None:
        self._http, self._account = http, account

    async def upsert(self, writes: Sequence[ContactWrite]) -> list[Row[UpsertResult]]:
        found = await one_by_one(writes, self._find)
        rows: list[Row[UpsertResult] | None] = [
            *judge(writes, [held.ident if isinstance(held, Person) else "" for held in found])
        ]
        for i, (write, held) in enumerate(zip(writes, found, strict=True)):
            if isinstance(held, VendorError):
                rows[i] = held
            elif held is not None and _other_person(write, held):
                rows[i] = UpsertResult(
                    contact=records.contact_of(held.module, held.record, await self._account.me()),
                    existed=True,
                )
        live = [i for i, row in enumerate(rows) if row is None]
        await self._update(
            [(i, writes[i], held) for i in live if isinstance(held := found[i], Person)], rows
        )
        await self._create([(i, writes[i]) for i in live if found[i] is None], rows)
        await self._mark_deals(rows)
        return [
            row if row is not None else RecordRetryable("Zoho answered nothing about this row")
            for row in rows
        ]

    async def _find(self, writes: Sequence[ContactWrite]) -> list[Row[Person | None]]:
        """By the known id, else our key, else an address; a contact before a lead, the older before
        the younger."""
        parts = await asyncio.gather(*(self._read(module, writes) for module in _MODULES))
        held = [
            Person(module, r) for module, part in zip(_MODULES, parts, strict=True) for r in part
        ]
        by_id = {p.ident: p for p in held}
        by_key = {p.record[records.KEY]: p for p in reversed(held) if p.record.get(records.KEY)}
        by_email = {
            e.casefold(): p
            for name in ("Secondary_Email", "Email")
            for p in reversed(held)
            if (e := p.record.get(name))
        }

        def one(write: ContactWrite) -> Person | None:
            if write.known_id and (known := by_id.get(write.known_id)) is not None:
                return known
            named = by_key.get(write.key)  # a converted lead's key went with it to the contact
            if write.known_id or named is not None:
                return named
            return next((p for e in write.emails if (p := by_email.get(e.casefold()))), None)

        return [one(write) for write in writes]

    async def _read(self, module: str, writes: Sequence[ContactWrite]) -> list[Record]:
        emails = literal(dict.fromkeys(e for w in writes for e in w.emails if e))
        known = [
            records.number_of(w.known_id)
            for w in writes
            if w.known_id and records.module_of(w.known_id) == module
        ]
        ids = f" or id in {literal(known)}" if known else ""
        where = (
            f"Email in {emails} or Secondary_Email in {emails} or {records.KEY} in"
            f" {literal(w.key for w in writes)}{ids}"
        )
        return await self.select(
            module,
            where,
            more=sorted({n for w in writes for n in w.more} - set(records.READ[module])),
        )

    async def select(
        self,
        module: str,
        where: str,
        order: str = "Created_Time",
        more: Sequence[str] = (),
        *,
        feed: bool = False,
    ) -> list[Record]:
        """Records with the fields that a Contact is made of, and `more`.

        A feed's odd rows are read in part, or set aside.
        """
        fields = [
            *records.READ[module],
            *more,
            *(["Account_Name.Account_Type"] if module == "Contacts" else []),
        ]
        found = await self._http.coql(
            f"select {','.join(fields)} from {module} where {where} order by {order}"
        )
        return (
            sound("Zoho", found, partial(records.heard, module))
            if feed
            else all_of("Zoho", found, partial(records.person, module))
        )

    async def by_id(self, idents: Iterable[str], more: Sequence[str] = ()) -> list[Person]:
        """People by their ids, with `more` fields; who isn't there is left out."""
        parts: dict[str, list[str]] = {}
        for ident in idents:
            parts.setdefault(records.module_of(ident), []).append(records.number_of(ident))
        return [
            Person(module, r)
            for module, some in parts.items()
            for r in await self.select(
                module,
                f"id in {literal(some)}",
                more=[n for n in more if n not in records.READ[module]],
            )
        ]

    async def _update(
        self, work: list[tuple[int, ContactWrite, Person]], rows: list[Row[UpsertResult] | None]
    ) -> None:
        me = await self._account.me() if work else ""
        for module in _MODULES:
            part = [item for item in work if item[2].module == module]
            sent = [
                {"id": str(p.record["id"]), **records.fields_of(w, module, p.record)}
                for _, w, p in part
            ]
            done = await self._http.rows("PUT", "{}", module, records=sent)
            for (i, _, person), fields, row in zip(part, sent, done, strict=True):
                contact = records.contact_of(module, person.record, me)
                change = records.change_of(
                    person.ident, {n: v for n, v in fields.items() if n != "id"}, person.record
                )
                rows[i] = (
                    row
                    if isinstance(row, VendorError)
                    else UpsertResult(contact=contact, existed=True, change=change)
                )

    async def _create(
        self, work: list[tuple[int, ContactWrite]], rows: list[Row[UpsertResult] | None]
    ) -> None:
        """By our own unique field, so that a repeat after a lost answer meets its own lead."""
        sent = [records.fields_of(w, "Leads", None) for _, w in work]
        done = await self._http.rows(
            "POST", "Leads/upsert", records=sent, duplicate_check_fields=[records.KEY]
        )
        for (i, _), fields, row in zip(work, sent, done, strict=True):
            if isinstance(row, VendorError):
                rows[i] = row
                continue
            made: dict[str, Any] = {"id": row, **fields}
            change = records.change_of(records.ident_of("Leads", row), fields, None)
            rows[i] = UpsertResult(
                contact=records.contact_of("Leads", made), existed=False, change=change
            )

    async def _mark_deals(self, rows: list[Row[UpsertResult] | None]) -> None:
        """Whether contacts that were there before, or their accounts, have an open deal: no
        sequence for them."""
        there = [
            r.contact
            for r in rows
            if isinstance(r, UpsertResult) and records.module_of(r.contact.id) == "Contacts"
        ]
        if not there:
            return
        people = literal(records.number_of(c.id) for c in there)
        firms = literal(dict.fromkeys(c.company_id for c in there if c.company_id))
        asked = (
            f"select Stage, Contact_Name, Account_Name from Deals where Contact_Name in {people} or"
            f" Account_Name in {firms}"
        )
        deals = all_of("Zoho", await self._http.coql(asked), lambda item: read(item, DealRow))
        opened = {
            ref.id
            for d in deals
            if d.Stage not in _CLOSED
            for ref in (d.Contact_Name, d.Account_Name)
            if ref
        }
        for i, row in enumerate(rows):
            if (
                isinstance(row, UpsertResult)
                and {records.number_of(row.contact.id), row.contact.company_id} & opened
            ):
                rows[i] = replace(row, contact=replace(row.contact, open_deal=True))


def _other_person(write: ContactWrite, held: Person) -> bool:
    """The record goes by another main address that isn't among the person's own: somebody we know
    under another key."""
    main, ours = held.record.get("Email") or "", held.record.get(records.KEY) or ""
    return not write.known_id and bool(main) and main not in write.emails and ours != write.key
