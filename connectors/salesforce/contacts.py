"""People of Salesforce: read by key, id and address among leads and contacts, written by our own
external id."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from connectors.core.answers import all_of, read
from connectors.core.crm import ContactWrite, Row, UpsertResult
from connectors.core.errors import RecordRejected, RecordRetryable, VendorError
from connectors.core.literals import literal
from connectors.core.splitting import one_by_one
from connectors.core.write_checks import judge
from connectors.salesforce import records
from connectors.salesforce.address_picklists import Picklists, Place, kept_picklists, place_of
from connectors.salesforce.client import Record, SalesforceHttp
from connectors.salesforce.forms import DealRow, MergedRow, RoleRow

_CHUNK = 100
_KINDS = ("Contact", "Lead")
# a text where codes are due, and codes where there are none
_MISPLACED = ("FIELD_INTEGRITY_EXCEPTION", "INVALID_FIELD")


class SalesforceContacts:
    """See crm.Crm.

    A person who is a contact stays one; nobody who is one becomes a lead again.
    """

    def __init__(self, http: SalesforceHttp) -> None:
        self._http, self._picklists = http, kept_picklists(http)

    async def upsert(self, writes: Sequence[ContactWrite]) -> list[Row[UpsertResult]]:
        found = await one_by_one(writes, self._find)
        rows: list[Row[UpsertResult] | None] = [
            *judge(writes, [held["Id"] if isinstance(held, dict) else "" for held in found])
        ]
        for i, held in enumerate(found):
            rows[i] = held if isinstance(held, VendorError) else rows[i]
        live = [i for i, row in enumerate(rows) if row is None]
        await self._update(
            [(i, writes[i], held) for i in live if isinstance(held := found[i], dict)], rows
        )
        await self._create([(i, writes[i]) for i in live if found[i] is None], rows)
        await self._mark_deals(rows)
        return [
            (
                row
                if row is not None
                else RecordRetryable("Salesforce answered nothing about this row")
            )
            for row in rows
        ]

    async def _find(self, writes: Sequence[ContactWrite]) -> list[Row[Record | None]]:
        """By the known id, else our key, else an address; a contact before a lead, the older before
        the younger."""
        held = await self._read(writes)
        by_id = {r["Id"]: r for r in held}
        by_id.update(
            await self._heirs(
                [w.known_id for w in writes if w.known_id and w.known_id not in by_id]
            )
        )
        live = [r for r in held if not r.get("IsConverted")]
        by_key = {r[records.KEY]: r for r in reversed(live) if r.get(records.KEY)}
        by_email = {r["Email"].casefold(): r for r in reversed(live) if r.get("Email")}
        heirs = {
            r["Id"]: by_id.get(r.get("ConvertedContactId") or "")
            for r in held
            if r.get("IsConverted")
        }
        key_heirs = {
            r[records.KEY]: heirs[r["Id"]] for r in held if r["Id"] in heirs and r.get(records.KEY)
        }

        def one(write: ContactWrite) -> Record | None:
            if write.known_id:
                return heirs.get(write.known_id) or (
                    None if write.known_id in heirs else by_id.get(write.known_id)
                )
            named = by_key.get(write.key) or key_heirs.get(write.key)
            return named or next(
                (r for e in write.emails if (r := by_email.get(e.casefold()))), None
            )

        return [one(write) for write in writes]

    async def _read(self, writes: Sequence[ContactWrite]) -> list[Record]:
        """Everybody who may be meant; contacts first, each object's older records first; converted
        leads' heirs too."""
        asked = [
            self._select(kind, some)
            for some in (writes[i : i + _CHUNK] for i in range(0, len(writes), _CHUNK))
            for kind in _KINDS
        ]
        found = await self._http.queries(*asked)
        unique = {
            r["Id"]: r
            for part in (*found[::2], *found[1::2])
            for r in all_of("Salesforce", part, records.person)
        }
        heirs = {
            r["ConvertedContactId"]
            for r in unique.values()
            if r.get("IsConverted") and r.get("ConvertedContactId")
        }
        unique.update({r["Id"]: r for r in await self.read_by_id(heirs - set(unique))})
        return list(unique.values())

    @staticmethod
    def _select(kind: str, writes: Sequence[ContactWrite]) -> str:
        wanted = (
            *records.READ[kind],
            *sorted(
                {n for w in writes for n in records.more_of(w, kind)} - set(records.READ[kind])
            ),
        )
        emails = literal(dict.fromkeys(e for w in writes for e in w.emails if e))
        known = [w.known_id for w in writes if w.known_id and records.object_of(w.known_id) == kind]
        ids = f" OR Id IN {literal(known)}" if known else ""
        where = f"Email IN {emails} OR {records.KEY} IN {literal(w.key for w in writes)}{ids}"
        return f"SELECT {','.join(wanted)} FROM {kind} WHERE {where} ORDER BY CreatedDate, Id"

    async def read_by_id(self, ids: Iterable[str]) -> list[Record]:
        """People by their ids; who isn't there is left out."""
        parts: dict[str, list[str]] = {}
        for ident in ids:
            parts.setdefault(records.object_of(ident), []).append(ident)
        asked = [
            f"SELECT {','.join(records.READ[k])} FROM {k} WHERE Id IN {literal(some)}"
            for k, some in parts.items()
        ]
        return [
            r
            for part in await self._http.queries(*asked)
            for r in all_of("Salesforce", part, records.person)
        ]

    async def _heirs(self, gone: Sequence[str]) -> dict[str, Record]:
        """Whom records that are gone were merged into."""
        merged = await self.masters(gone)
        found = {r["Id"]: r for r in await self.read_by_id(set(merged.values()))}
        return {lost: found[master] for lost, master in merged.items() if master in found}

    async def masters(self, gone: Sequence[str]) -> dict[str, str]:
        """The ids of the records into which those that are gone were merged, by theirs."""
        asked = [
            f"SELECT Id, MasterRecordId FROM {kind} WHERE Id IN {literal(some)}"
            for kind in _KINDS
            if (some := [i for i in gone if records.object_of(i) == kind])
        ]
        parts = await self._http.queries(*asked, deleted=True)
        rows = [
            row
            for part in parts
            for row in all_of("Salesforce", part, lambda item: read(item, MergedRow))
        ]
        return {row.Id: row.MasterRecordId for row in rows if row.MasterRecordId}

    async def update(self, sent: Sequence[Record]) -> list[Row[str]]:
        """Change records by their ids, each with its own outcome.

        What is to be written on a record that was merged into another is written on that one.
        """
        rows = await self._http.collection("PATCH", "composite/sobjects", records=sent)
        gone = [
            one["id"]
            for one, row in zip(sent, rows, strict=True)
            if isinstance(row, RecordRejected) and row.kind == "deleted"
        ]
        masters = await self.masters(gone)
        heirs = [{**one, "id": masters[one["id"]]} for one in sent if one["id"] in masters]
        done = iter(await self._http.collection("PATCH", "composite/sobjects", records=heirs))
        return [
            next(done) if one["id"] in masters else row for one, row in zip(sent, rows, strict=True)
        ]

    async def _update(
        self, work: list[tuple[int, ContactWrite, Record]], rows: list[Row[UpsertResult] | None]
    ) -> None:
        if not work:
            return
        # a call takes ten changes of type
        work = sorted(work, key=lambda item: records.object_of(item[2]["Id"]))
        picklists, sent, places = await self._picklists.get(), list[Record](), list[Place]()
        for _, write, held in work:
            kind = records.object_of(held["Id"])
            places.append(place_of(write, kind, held, picklists))
            fields = records.fields_of(write, kind, held, places[-1].fields)
            sent.append({"attributes": {"type": kind}, "id": held["Id"], **fields})
        done = await self._write(sent, picklists, "composite/sobjects")
        for (i, _, held), fields, place, row in zip(work, sent, places, done, strict=True):
            contact = records.contact_of(held, self._http.me)
            wrote = {n: v for n, v in fields.items() if n not in {"attributes", "id"}}
            change = records.OWN.change(held["Id"], wrote, held)
            written = UpsertResult(
                contact=contact, existed=True, change=change, dropped=place.dropped
            )
            rows[i] = row if isinstance(row, VendorError) else written

    async def _create(
        self, work: list[tuple[int, ContactWrite]], rows: list[Row[UpsertResult] | None]
    ) -> None:
        """By our own external id, so that a repeat after a lost answer meets its own lead."""
        if not work:
            return
        picklists = await self._picklists.get()
        places = [place_of(w, "Lead", {}, picklists) for _, w in work]
        fresh = [
            records.fields_of(w, "Lead", None, p.fields)
            for (_, w), p in zip(work, places, strict=True)
        ]
        sent = [{"attributes": {"type": "Lead"}, **fields} for fields in fresh]
        done = await self._write(sent, picklists, "composite/sobjects/{}/{}", "Lead", records.KEY)
        for (i, _), fields, place, row in zip(work, fresh, places, done, strict=True):
            made: dict[str, Any] = {"Id": row, **fields}
            if isinstance(row, VendorError):
                rows[i] = row
                continue
            change = records.OWN.change(row, fields, None)
            rows[i] = UpsertResult(
                contact=records.contact_of(made),
                existed=False,
                change=change,
                dropped=place.dropped,
            )

    async def _write(
        self, sent: Sequence[Record], by: Picklists | None, template: str, *parts: str
    ) -> list[Row[str]]:
        """Each row's id or error.

        What was refused because the org's picklists are others than `by` is tried again.
        """
        rows = await self._http.collection("PATCH", template, *parts, records=sent)
        misplaced = {
            i
            for i, r in enumerate(rows)
            if isinstance(r, RecordRejected) and any(code in str(r) for code in _MISPLACED)
        }
        if not misplaced or await self._picklists.again() == by:
            return rows
        return [
            RecordRetryable(f"{r}; the org's picklists were changed") if i in misplaced else r
            for i, r in enumerate(rows)
        ]

    async def _mark_deals(self, rows: list[Row[UpsertResult] | None]) -> None:
        """Whether contacts that were there before, or their accounts, have an open opportunity: no
        sequence for them."""
        there = [
            r.contact
            for r in rows
            if isinstance(r, UpsertResult)
            and r.existed
            and records.object_of(r.contact.id) == "Contact"
        ]
        if not there:
            return
        accounts = literal(dict.fromkeys(c.company_id for c in there if c.company_id))
        roles, deals = await self._http.queries(
            "SELECT ContactId FROM OpportunityContactRole WHERE ContactId IN"
            f" {literal(c.id for c in there)} AND Opportunity.IsClosed = false",
            f"SELECT AccountId FROM Opportunity WHERE AccountId IN {accounts} AND IsClosed = false",
        )
        people = {
            r.ContactId for r in all_of("Salesforce", roles, lambda item: read(item, RoleRow))
        }
        firms = {d.AccountId for d in all_of("Salesforce", deals, lambda item: read(item, DealRow))}
        for i, row in enumerate(rows):
            if isinstance(row, UpsertResult) and (
                row.contact.id in people or row.contact.company_id in firms
            ):
                rows[i] = replace(row, contact=replace(row.contact, open_deal=True))
