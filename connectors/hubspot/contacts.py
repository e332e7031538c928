"""People of HubSpot: read by every address, written by our own unique key, linked to their
company."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from connectors.core.crm import ContactWrite, Row, UpsertResult
from connectors.core.errors import RecordRejected, RecordRetryable, Unavailable, VendorError
from connectors.core.splitting import one_by_one
from connectors.core.write_checks import judge
from connectors.hubspot import records
from connectors.hubspot.batches import (
    BY_ID,
    Unanswered,
    by_property,
    linked,
    read_all,
    read_by,
    write_all,
)
from connectors.hubspot.client import HubSpotHttp, row_error
from connectors.hubspot.companies import Filled, HubSpotCompanies
from connectors.hubspot.forms import Thing

_PRIMARY_COMPANY = [
    {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1},
    {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279},
]


class HubSpotContacts:
    """See crm.Crm."""

    def __init__(self, http: HubSpotHttp, companies: HubSpotCompanies) -> None:
        self._http, self._companies = http, companies

    async def upsert(self, writes: Sequence[ContactWrite]) -> list[Row[UpsertResult]]:
        found = await self._find(writes)
        rows: list[Row[UpsertResult] | None] = [*judge(writes, [_ident(one) for one in found])]
        foreign: set[int] = set()
        for i, (write, held) in enumerate(zip(writes, found, strict=True)):
            if isinstance(held, VendorError):
                rows[i] = held
            elif held is not None and _other_person(write, held):
                foreign.add(i)
                rows[i] = UpsertResult(contact=records.contact_of(held), existed=True)
        live = [i for i in range(len(writes)) if rows[i] is None]
        companies, refused = _companies(await self._companies.ids([writes[i] for i in live]))
        for i in live:
            rows[i] = (
                error
                if isinstance(error := refused.get(writes[i].domain), RecordRetryable | Unavailable)
                else None
            )
        live = [i for i in live if rows[i] is None]
        # what fails here finds no contact made
        filled = await self._companies.fill([writes[i] for i in live], companies)
        await self._update(
            [(i, writes[i], held) for i in live if isinstance(held := found[i], Thing)], rows
        )
        await self._create([(i, writes[i]) for i in live if not found[i]], companies, rows)
        await self._link(writes, rows, companies, foreign)
        await self._mark_deals(rows)
        filled |= {
            domain: Filled(None, (f"company: {error}",)) for domain, error in refused.items()
        }
        _tell_filled([(i, writes[i]) for i in live], filled, rows)
        return [
            row if row is not None else RecordRetryable("HubSpot answered nothing about this row")
            for row in rows
        ]

    async def _find(self, writes: Sequence[ContactWrite]) -> list[Thing | VendorError | None]:
        """Whom each write means: by the known id, else by an address.

        An error where that can't be told.
        """
        more = sorted({name for w in writes for name in w.more})
        held, unknown = await self._read_by_email(
            [email for w in writes for email in w.emails], more
        )
        known = await self.held([w.known_id for w in writes if w.known_id], [*records.READ, *more])

        def one(write: ContactWrite) -> Thing | VendorError | None:
            if write.known_id:
                return known[write.known_id]
            odd = next((unknown[email] for email in write.emails if email in unknown), None)
            return odd or next((held[email] for email in write.emails if email in held), None)

        return [one(write) for write in writes]

    async def _read_by_email(
        self, emails: Sequence[str], more: Sequence[str]
    ) -> tuple[dict[str, Thing], dict[str, VendorError]]:
        """Indexed by main and secondary addresses: the answer doesn't say which input matched
        (docs/design/vendors.md HubSpot 1.1)."""
        wanted = [email for email in emails if email]
        there, failed = await read_by(
            self._http, "contacts", "email", wanted, [*records.READ, *more]
        )
        found: dict[str, Thing] = {}
        for item in there:
            contact = records.contact_of(item)
            found.update(dict.fromkeys((contact.email, *contact.emails), item))
        return found, failed

    async def held(self, ids: Sequence[str], names: Sequence[str]) -> dict[str, Row[Thing]]:
        """Contacts as they are now: see batches.read_all."""
        return await read_all(self._http, "contacts", ids, names)

    async def update(self, inputs: Sequence[dict[str, Any]]) -> list[Row[Thing]]:
        """Update contacts by their ids.

        HubSpot answers about a merged one by the id of the one into which it was.
        """
        rows = await write_all(self._http, "contacts", "update", [*inputs], BY_ID) if inputs else []
        unsure = [i for i, row in enumerate(rows) if isinstance(row, Unanswered)]
        if not unsure:
            return rows
        now = await self.held(
            [inputs[i]["id"] for i in unsure],
            [*{name for i in unsure for name in inputs[i]["properties"]}],
        )
        for i, held in ((i, now[inputs[i]["id"]]) for i in unsure):
            if isinstance(held, VendorError) or _shows(held, inputs[i]["properties"]):
                rows[i] = held
        return rows

    async def _update(
        self, work: list[tuple[int, ContactWrite, Thing]], rows: list[Row[UpsertResult] | None]
    ) -> None:
        inputs: list[dict[str, Any]] = [
            {
                "id": held.id,
                "properties": records.properties_of(wanted, held.properties),
                "objectWriteTraceId": str(i),
            }
            for i, wanted, held in work
        ]
        done = await self.update(inputs)
        for (i, _, held), sent, row in zip(work, inputs, done, strict=True):
            change = records.OWN.change(held.id, sent["properties"], held.properties)
            written = UpsertResult(contact=records.contact_of(held), existed=True, change=change)
            rows[i] = row if isinstance(row, VendorError) else written

    async def _create(
        self,
        work: list[tuple[int, ContactWrite]],
        companies: dict[str, str],
        rows: list[Row[UpsertResult] | None],
    ) -> None:
        """With the link to the company in the same call; our unique key keeps a repeat from making
        a twin.

        A create refuses what is there already. If it is our key (an attempt whose answer was
        lost, or somebody has changed the contact's address), the upsert by that key finds it; if
        it is the address, somebody made it since our read.
        """
        if not work:
            return
        inputs = [
            {
                **_new(write),
                **_linked(companies.get(write.domain, "")),
                "objectWriteTraceId": str(i),
            }
            for i, write in work
        ]
        done = await write_all(self._http, "contacts", "create", inputs, by_property(records.KEY))
        _note(work, inputs, done, rows, existed=False)
        for i, write in work:
            if isinstance(row := rows[i], UpsertResult) and (
                company := companies.get(write.domain, "")
            ):
                rows[i] = _with_company(row, company)
        if there := [(i, write) for i, write in work if _is_there(rows[i])]:
            inputs = [
                {**_new(w), "idProperty": records.KEY, "id": w.key, "objectWriteTraceId": str(i)}
                for i, w in there
            ]
            done = await write_all(
                self._http, "contacts", "upsert", inputs, by_property(records.KEY)
            )
            _note(there, inputs, done, rows, existed=True)
            for i, _ in there:
                if _is_there(rows[i]):
                    rows[i] = RecordRetryable(str(rows[i]))

    async def _link(
        self,
        writes: Sequence[ContactWrite],
        rows: list[Row[UpsertResult] | None],
        companies: dict[str, str],
        skip: set[int],
    ) -> None:
        """A link that is refused is that row's error: the next try finds the contact and links
        it."""
        work: list[tuple[int, dict[str, Any]]] = []
        for i, row in enumerate(rows):
            company = companies.get(writes[i].domain, "")
            if (
                i not in skip
                and isinstance(row, UpsertResult)
                and company
                and not row.contact.company_id
            ):
                work.append(
                    (
                        i,
                        {
                            "from": {"id": row.contact.id},
                            "to": {"id": company},
                            "types": _PRIMARY_COMPANY,
                        },
                    )
                )
                rows[i] = _with_company(row, company)

        async def call(some: Sequence[tuple[int, dict[str, Any]]]) -> list[Row[int]]:
            body = await self._http.associate(
                "contacts", "companies", "create", [link for _, link in some]
            )
            if body.errors:
                raise row_error(body.errors[0])
            return [i for i, _ in some]

        for (i, _), done in zip(work, await one_by_one(work, call), strict=True):
            if isinstance(done, VendorError):
                rows[i] = done

    async def _mark_deals(self, rows: list[Row[UpsertResult] | None]) -> None:
        """Whether contacts that were there before, or their companies, have an open deal: no
        sequence for them."""
        there = [row.contact for row in rows if isinstance(row, UpsertResult) and row.existed]
        people = await self._deals_of("contacts", [c.id for c in there])
        firms = await self._deals_of("companies", [c.company_id for c in there if c.company_id])
        wanted = sorted({d for some in (*people.values(), *firms.values()) for d in some})
        deals = await read_all(self._http, "deals", wanted, ["hs_is_closed"])
        opened = {ident for ident, deal in deals.items() if _is_open(deal)}
        for i, row in enumerate(rows):
            if isinstance(row, UpsertResult) and row.existed:
                own = {*people.get(row.contact.id, ()), *firms.get(row.contact.company_id, ())}
                rows[i] = replace(row, contact=replace(row.contact, open_deal=bool(own & opened)))

    async def _deals_of(self, kind: str, ids: Sequence[str]) -> dict[str, list[str]]:
        """Ids of deals by what they hang on."""
        return await linked(self._http, kind, "deals", ids)


def _ident(found: Thing | VendorError | None) -> str:
    return found.id if isinstance(found, Thing) else ""


def _companies(ids: dict[str, Row[str]]) -> tuple[dict[str, str], dict[str, VendorError]]:
    """Companies' ids by domain, and why there is none."""
    refused = {domain: row for domain, row in ids.items() if isinstance(row, VendorError)}
    return {domain: row for domain, row in ids.items() if isinstance(row, str)}, refused


def _is_open(deal: Row[Thing]) -> bool:
    """Whether a deal may be open: one that can't be read may be."""
    if isinstance(deal, VendorError):
        return not (isinstance(deal, RecordRejected) and deal.kind == "deleted")
    return deal.properties.get("hs_is_closed") != "true"


def _shows(held: Thing, wrote: dict[str, str]) -> bool:
    return all((held.properties.get(name) or "") == value for name, value in wrote.items())


def _new(write: ContactWrite) -> dict[str, Any]:
    return {"properties": records.properties_of(write, None)}


def _linked(company: str) -> dict[str, Any]:
    return {"associations": [{"to": {"id": company}, "types": _PRIMARY_COMPANY}]} if company else {}


def _note(
    work: list[tuple[int, ContactWrite]],
    sent: list[dict[str, Any]],
    done: Sequence[Row[Thing]],
    rows: list[Row[UpsertResult] | None],
    *,
    existed: bool,
) -> None:
    """What a batch's answer says of each row.

    What a contact that was there held before, nobody has read.
    """
    for (i, _), one, row in zip(work, sent, done, strict=True):
        if isinstance(row, VendorError):
            rows[i] = row
            continue
        change = None if existed else records.OWN.change(row.id, one["properties"], None)
        rows[i] = UpsertResult(contact=records.contact_of(row), existed=existed, change=change)


def _tell_filled(
    work: list[tuple[int, ContactWrite]],
    filled: dict[str, Filled],
    rows: list[Row[UpsertResult] | None],
) -> None:
    """The first of several colleagues tells what became of their company."""
    for i, write in work:
        if (
            isinstance(row := rows[i], UpsertResult)
            and (told := filled.pop(write.domain, None)) is not None
        ):
            rows[i] = replace(
                row, company_change=told.change, dropped=(*row.dropped, *told.dropped)
            )


def _is_there(row: Row[UpsertResult] | None) -> bool:
    return isinstance(row, VendorError) and "already exists" in str(row)


def _other_person(write: ContactWrite, held: Thing) -> bool:
    """The contact goes by another main address that isn't among the person's own, so it is somebody
    we know as another key."""
    if write.known_id:
        return False
    main, ours = held.properties.get("email") or "", held.properties.get(records.KEY) or ""
    return bool(main) and main not in write.emails and ours != write.key


def _with_company(row: UpsertResult, company_id: str) -> UpsertResult:
    return replace(row, contact=replace(row.contact, company_id=company_id))
