"""People of HubSpot: read by every address, written by our own unique key, linked to their company."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from connectors.contract import ContactWrite, Row, Written
from connectors.errors import RowRetryable, VendorError
from connectors.hubspot import records
from connectors.hubspot.batches import chunks, failures
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.companies import Filled, HubSpotCompanies
from connectors.rows import judge

_PRIMARY_COMPANY = [
    {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1},
    {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279},
]


class HubSpotPeople:
    """See contract.Crm."""

    def __init__(self, http: HubSpotHttp, companies: HubSpotCompanies) -> None:
        self._http, self._companies = http, companies

    async def upsert(self, writes: Sequence[ContactWrite]) -> list[Row[Written]]:
        more = sorted({name for w in writes for name in w.more})
        held = await self._read_by_email([email for w in writes for email in w.emails], more)
        known = await self.read_by_id([w.known_id for w in writes if w.known_id], more)
        found = [self._find(w, held, known) for w in writes]
        foreign = {i for i, (w, f) in enumerate(zip(writes, found, strict=True)) if f is not None and _other_person(w, f)}
        rows: list[Row[Written] | None] = [*judge(writes, [str(item["id"]) if item else "" for item in found])]
        for i in foreign:
            rows[i] = Written(contact=records.contact_of(found[i] or {}), existed=True)
        live = [i for i in range(len(writes)) if rows[i] is None]
        companies = await self._companies.ids([writes[i] for i in live])
        filled = await self._companies.fill([writes[i] for i in live], companies)  # what fails here finds no contact made
        await self._update([(i, writes[i], found[i]) for i in live if found[i]], rows)
        await self._create([(i, writes[i]) for i in live if not found[i]], companies, rows)
        await self._link(writes, rows, companies, foreign)
        await self._mark_deals(rows)
        _tell_filled([(i, writes[i]) for i in live], filled, rows)
        return [row if row is not None else RowRetryable("HubSpot answered nothing about this row") for row in rows]

    def _find(
        self, write: ContactWrite, held: dict[str, dict[str, Any]], known: dict[str, dict[str, Any]]
    ) -> dict[str, Any] | None:
        if write.known_id:
            return known.get(write.known_id)
        return next((held[email] for email in write.emails if email in held), None)

    async def _read_by_email(self, emails: Sequence[str], more: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Indexed by main and secondary addresses: the answer doesn't say which input matched (facts 1.1)."""
        found: dict[str, dict[str, Any]] = {}
        for some in chunks(list(dict.fromkeys(e for e in emails if e))):
            body = await self._http.batch(
                "contacts", "read", [{"id": e} for e in some], idProperty="email", properties=[*records.READ, *more]
            )
            for item in body.get("results", []):
                contact = records.contact_of(item)
                found.update(dict.fromkeys((contact.email, *contact.emails), item))
        return found

    async def read_by_id(self, ids: Sequence[str], more: Sequence[str] = ()) -> dict[str, dict[str, Any]]:
        """Contacts with `more` properties, by their ids, and by those that were merged into them."""
        found: dict[str, dict[str, Any]] = {}
        for some in chunks(list(dict.fromkeys(ids))):
            body = await self._http.batch(
                "contacts", "read", [{"id": i} for i in some], properties=[*records.READ, "hs_merged_object_ids", *more]
            )
            for item in body.get("results", []):
                merged = ((item.get("properties") or {}).get("hs_merged_object_ids") or "").split(";")
                found.update(dict.fromkeys((str(item["id"]), *merged), item))
        return found

    async def _update(self, work: list[tuple[int, ContactWrite, dict[str, Any] | None]], rows: list[Row[Written] | None]) -> None:
        if not work:
            return
        inputs: list[dict[str, Any]] = []
        for i, write, held in work:
            assert held is not None
            properties = records.properties_of(write, held.get("properties"))
            inputs.append({"id": str(held["id"]), "properties": properties, "objectWriteTraceId": str(i)})
        body = await self._http.batch("contacts", "update", inputs)
        failed = failures(body)
        for (i, _, held), sent in zip(work, inputs, strict=True):
            assert held is not None
            change = records.OWN.change(sent["id"], sent["properties"], held.get("properties"))
            rows[i] = failed.get(str(i)) or Written(contact=records.contact_of(held), existed=True, change=change)

    async def _create(
        self, work: list[tuple[int, ContactWrite]], companies: dict[str, str], rows: list[Row[Written] | None]
    ) -> None:
        """With the link to the company in the same call; our unique key keeps a repeat from making a twin.

        A create refuses what is there already. If it is our key (an attempt whose answer was lost, or somebody has changed
        the contact's address), the upsert by that key finds it; if it is the address, somebody made it since our read.
        """
        if not work:
            return
        inputs = [{**_new(write), **_linked(companies.get(write.domain, "")), "objectWriteTraceId": str(i)} for i, write in work]
        _note(await self._http.batch("contacts", "create", inputs), work, inputs, rows, existed=False)
        for i, write in work:
            if isinstance(row := rows[i], Written) and (company := companies.get(write.domain, "")):
                rows[i] = _with_company(row, company)
        if there := [(i, write) for i, write in work if _is_there(rows[i])]:
            inputs = [{**_new(w), "idProperty": records.KEY, "id": w.key, "objectWriteTraceId": str(i)} for i, w in there]
            _note(await self._http.batch("contacts", "upsert", inputs), there, inputs, rows, existed=True)
            for i, _ in there:
                if _is_there(rows[i]):
                    rows[i] = RowRetryable(str(rows[i]))

    async def _link(
        self, writes: Sequence[ContactWrite], rows: list[Row[Written] | None], companies: dict[str, str], skip: set[int]
    ) -> None:
        inputs = []
        for i, row in enumerate(rows):
            company = companies.get(writes[i].domain, "")
            if i in skip or not isinstance(row, Written) or not company:
                continue
            if not row.contact.company_id:
                inputs.append({"from": {"id": row.contact.id}, "to": {"id": company}, "types": _PRIMARY_COMPANY})
                rows[i] = _with_company(row, company)
        if inputs:
            await self._http.associate("contacts", "companies", "create", inputs)

    async def _mark_deals(self, rows: list[Row[Written] | None]) -> None:
        """Whether contacts that were there before, or their companies, have an open deal: no sequence for them."""
        there = [row.contact for row in rows if isinstance(row, Written) and row.existed]
        people = await self._deals_of("contacts", [c.id for c in there])
        firms = await self._deals_of("companies", [c.company_id for c in there if c.company_id])
        wanted = sorted({d for some in (*people.values(), *firms.values()) for d in some})
        opened: set[str] = set()
        for part in chunks(wanted):
            read = await self._http.batch("deals", "read", [{"id": d} for d in part], properties=["hs_is_closed"])
            opened |= {str(r["id"]) for r in read.get("results", []) if (r.get("properties") or {}).get("hs_is_closed") != "true"}
        for i, row in enumerate(rows):
            if isinstance(row, Written) and row.existed:
                deals = {*people.get(row.contact.id, ()), *firms.get(row.contact.company_id, ())}
                rows[i] = replace(row, contact=replace(row.contact, open_deal=bool(deals & opened)))

    async def _deals_of(self, kind: str, ids: Sequence[str]) -> dict[str, list[str]]:
        """Ids of deals by what they hang on."""
        if not ids:
            return {}
        body = await self._http.associate(kind, "deals", "read", [{"id": i} for i in dict.fromkeys(ids)])
        return {str(r["from"]["id"]): [str(t["toObjectId"]) for t in r.get("to", [])] for r in body.get("results", [])}


def _new(write: ContactWrite) -> dict[str, Any]:
    return {"properties": records.properties_of(write, None)}


def _linked(company: str) -> dict[str, Any]:
    return {"associations": [{"to": {"id": company}, "types": _PRIMARY_COMPANY}]} if company else {}


def _note(
    body: dict[str, Any],
    work: list[tuple[int, ContactWrite]],
    sent: list[dict[str, Any]],
    rows: list[Row[Written] | None],
    *,
    existed: bool,
) -> None:
    """What a batch's answer says of each row. What a contact that was there held before, nobody has read."""
    failed = failures(body)
    made = {(item.get("properties") or {}).get(records.KEY): item for item in body.get("results", [])}
    for (i, write), one in zip(work, sent, strict=True):
        rows[i] = failed.get(str(i))
        if rows[i] is None and (item := made.get(write.key)) is not None:
            change = None if existed else records.OWN.change(str(item["id"]), one["properties"], None)
            rows[i] = Written(contact=records.contact_of(item), existed=existed, change=change)


def _tell_filled(work: list[tuple[int, ContactWrite]], filled: dict[str, Filled], rows: list[Row[Written] | None]) -> None:
    """The first of several colleagues tells what became of their company."""
    for i, write in work:
        if isinstance(row := rows[i], Written) and (told := filled.pop(write.domain, None)) is not None:
            rows[i] = replace(row, company_change=told.change, dropped=(*row.dropped, *told.dropped))


def _is_there(row: Row[Written] | None) -> bool:
    return isinstance(row, VendorError) and "already exists" in str(row)


def _other_person(write: ContactWrite, held: dict[str, Any]) -> bool:
    """The contact goes by another main address that isn't among the person's own, so it is somebody we know as another key."""
    if write.known_id:
        return False
    main = (held.get("properties") or {}).get("email") or ""
    ours = (held.get("properties") or {}).get(records.KEY) or ""
    return bool(main) and main not in write.emails and ours != write.key


def _with_company(row: Written, company_id: str) -> Written:
    return replace(row, contact=replace(row.contact, company_id=company_id))
