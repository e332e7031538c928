"""Upserts of Zoho's people, by our own unique field."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from connectors.core.answers import all_of, read
from connectors.core.contact_writes import kept, of_contact
from connectors.core.crm import Contact, ContactWrite, Row, UpsertResult
from connectors.core.errors import RecordRetryable, VendorError
from connectors.core.splitting import one_by_one
from connectors.core.write_checks import judge
from connectors.zoho import coql, records
from connectors.zoho.client import ZohoHttp
from connectors.zoho.contacts import Person, ZohoContacts
from connectors.zoho.forms import DealRow
from connectors.zoho.queries import ZohoQueries
from connectors.zoho.setup import ZohoAccount
from connectors.zoho.updates import update_people
from connectors.zoho.written_fields import change_of, described, fields_of

_CLOSED = frozenset({"Closed Won", "Closed Lost", "Closed-Lost to Competition"})


class ZohoUpserts:
    """See crm.Crm.upsert.

    A person who is a contact stays one; no contact becomes a lead again.
    """

    def __init__(
        self, http: ZohoHttp, queries: ZohoQueries, account: ZohoAccount, people: ZohoContacts
    ) -> None:
        self._http, self._queries, self._account, self._people = http, queries, account, people

    async def upsert(self, writes: Sequence[ContactWrite]) -> list[Row[UpsertResult]]:
        found = await one_by_one(writes, self._people.find)
        rows: list[Row[UpsertResult] | None] = [*judge(writes, [*map(_id_or_blank, found)])]
        updates: dict[int, tuple[ContactWrite, Person]] = {}
        creates: dict[int, ContactWrite] = {}
        for place, (write, held) in enumerate(zip(writes, found, strict=True)):
            if isinstance(held, VendorError):
                rows[place] = held
            elif held is not None and _is_other_person(write, held):
                contact = records.contact_of(held.module, held.record, await self._account.me())
                rows[place] = UpsertResult(contact=contact, existed=True)
            elif rows[place] is None and held is not None:
                updates[place] = (of_contact(write, held.ident), held)
            elif rows[place] is None:
                creates[place] = write
        updated = await self._update([*updates.values()])
        created = await self._create([*creates.values()])
        for place, row in zip((*updates, *creates), (*updated, *created), strict=True):
            rows[place] = row
        nothing = RecordRetryable("Zoho answered nothing about this row")
        return await self._with_deals([row or nothing for row in rows])

    async def _update(self, work: Sequence[tuple[ContactWrite, Person]]) -> list[Row[UpsertResult]]:
        if not work:
            return []
        me = await self._account.me()
        changes: list[tuple[str, dict[str, Any]]] = []
        for write, held in work:
            changes.append((held.ident, fields_of(write, held.module, held.record)))
        rows: list[Row[UpsertResult]] = []
        done = await update_people(self._http, changes)
        for (write, held), (ident, fields), row in zip(work, changes, done, strict=True):
            if isinstance(row, VendorError):
                rows.append(row)
                continue
            contact = records.contact_of(held.module, held.record, me)
            change = change_of(ident, fields, held.record)
            left = kept(write, described(write, held.module), held.record)
            rows.append(UpsertResult(contact=contact, existed=True, change=change, dropped=left))
        return rows

    async def _create(self, writes: Sequence[ContactWrite]) -> list[Row[UpsertResult]]:
        """By our own unique field, so that a repeat after a lost answer finds its own lead."""
        sent = [fields_of(write, "Leads", None) for write in writes]
        done = await self._http.rows(
            "POST", "Leads/upsert", records=sent, duplicate_check_fields=[records.KEY]
        )
        rows: list[Row[UpsertResult]] = []
        for fields, row in zip(sent, done, strict=True):
            if isinstance(row, VendorError):
                rows.append(row)
                continue
            contact = records.contact_of("Leads", {"id": row, **fields})
            change = change_of(records.ident_of("Leads", row), fields, None)
            rows.append(UpsertResult(contact=contact, existed=False, change=change))
        return rows

    async def _with_deals(self, rows: Sequence[Row[UpsertResult]]) -> list[Row[UpsertResult]]:
        """The rows, with whether contacts or their accounts have an open deal: no sequence for
        them."""
        contacts: list[Contact] = []
        for row in rows:
            if isinstance(row, UpsertResult) and records.module_of(row.contact.id) == "Contacts":
                contacts.append(row.contact)
        if not contacts:
            return [*rows]
        opened = await self._open_deals(contacts)
        marked: list[Row[UpsertResult]] = []
        for row in rows:
            if isinstance(row, UpsertResult) and not opened.isdisjoint(_deal_ids(row.contact)):
                marked.append(replace(row, contact=replace(row.contact, open_deal=True)))
            else:
                marked.append(row)
        return marked

    async def _open_deals(self, contacts: Sequence[Contact]) -> set[str]:
        """The ids of the contacts and accounts that have an open deal."""
        people: list[str] = []
        accounts: dict[str, None] = {}
        for contact in contacts:
            people.append(records.number_of(contact.id))
            if contact.company_id:
                accounts[contact.company_id] = None
        clauses = coql.alternatives({"Contact_Name": people, "Account_Name": accounts})
        names = ("Stage", "Contact_Name", "Account_Name")
        found = await self._queries.rows("Deals", names, clauses)
        opened: set[str] = set()
        for deal in all_of("Zoho", found, lambda item: read(item, DealRow)):
            if deal.Stage not in _CLOSED:
                opened |= {records.id_of(deal.Contact_Name), records.id_of(deal.Account_Name)}
        opened.discard("")
        return opened


def _deal_ids(contact: Contact) -> tuple[str, str]:
    """The ids by which deals name a contact and its account."""
    return records.number_of(contact.id), contact.company_id


def _id_or_blank(found: Row[Person | None]) -> str:
    return found.ident if isinstance(found, Person) else ""


def _is_other_person(write: ContactWrite, held: Person) -> bool:
    """Whether the record is of a person that we know by another key: its main address isn't among
    this person's."""
    main, key = held.record.get("Email") or "", held.record.get(records.KEY) or ""
    return not write.known_id and bool(main) and main not in write.emails and key != write.key
