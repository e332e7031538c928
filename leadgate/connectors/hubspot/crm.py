"""HubSpot behind the CRM contract. Look-ups are key reads; nothing is decided on its search, but for companies' domains."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from leadgate.connectors.contract import (
    ActivityAsked,
    CompanyKnown,
    Contact,
    ContactWrite,
    Owner,
    OwnerShown,
    OwnerWrite,
    Row,
    TaskWrite,
    Written,
)
from leadgate.connectors.errors import RowRejected, RowRetryable, Unauthorised, VendorError
from leadgate.connectors.hubspot import records
from leadgate.connectors.hubspot.client import HubSpotHttp, row_error

_PRIMARY_COMPANY = [
    {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1},
    {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279},
]
_TASK_TO_CONTACT = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 204}]
_OWNERS_KEPT = 10.0
_COMPANIES_KEPT = 60.0
_COMPANIES_MOST = 10_000
_SEARCH_CHARACTERS = 2600  # a search body may have 3,000


class HubSpotCrm:
    """See contract.Crm. `clock` tells the time of read-backs; `lists` maps the rules' list names to list ids, learnt on use."""

    batch = 100

    def __init__(self, http: HubSpotHttp, clock: Callable[[], float]) -> None:
        self._http, self._clock = http, clock
        self._owners: dict[str, Owner] = {}
        self._owners_at = -_OWNERS_KEPT
        self._owners_lock = asyncio.Lock()
        self._lists: dict[str, str] = {}
        self._company_ids: dict[str, tuple[str, float]] = {}

    # People and companies

    async def upsert(self, writes: Sequence[ContactWrite]) -> list[Row[Written]]:
        held = await self._read_by_email([email for w in writes for email in w.emails])
        known = await self._read_by_id([w.known_id for w in writes if w.known_id])
        found = [self._find(w, held, known) for w in writes]
        gone = {i for i, w in enumerate(writes) if w.known_id and found[i] is None}
        foreign = {i for i, (w, f) in enumerate(zip(writes, found, strict=True)) if f is not None and _other_person(w, f)}
        rows: list[Row[Written] | None] = [None] * len(writes)
        for i in gone:
            rows[i] = RowRejected(f"contact {writes[i].known_id} is deleted", "deleted")
        for i in _repeats(found):
            rows[i] = RowRetryable("another row of the batch writes the same contact")
        for i in foreign:
            rows[i] = Written(contact=records.contact_of(found[i] or {}), existed=True)
        live = [i for i in range(len(writes)) if rows[i] is None]
        companies = await self._companies([writes[i] for i in live])
        await self._update([(i, writes[i], found[i]) for i in live if found[i]], rows)
        await self._create([(i, writes[i]) for i in live if not found[i]], rows)
        await self._link(writes, rows, companies, foreign)
        await self._mark_deals(rows)
        return [row if row is not None else RowRetryable("HubSpot answered nothing about this row") for row in rows]

    def _find(
        self, write: ContactWrite, held: dict[str, dict[str, Any]], known: dict[str, dict[str, Any]]
    ) -> dict[str, Any] | None:
        if write.known_id:
            return known.get(write.known_id)
        return next((held[email] for email in write.emails if email in held), None)

    async def _read_by_email(self, emails: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Indexed by main and secondary addresses: the answer doesn't say which input matched (facts 1.1)."""
        found: dict[str, dict[str, Any]] = {}
        for some in _chunks(list(dict.fromkeys(e for e in emails if e)), self.batch):
            body = await self._http.batch(
                "contacts", "read", [{"id": e} for e in some], idProperty="email", properties=records.READ
            )
            for item in body.get("results", []):
                contact = records.contact_of(item)
                found.update(dict.fromkeys((contact.email, *contact.emails), item))
        return found

    async def _read_by_id(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for some in _chunks(list(dict.fromkeys(ids)), self.batch):
            body = await self._http.batch(
                "contacts", "read", [{"id": i} for i in some], properties=[*records.READ, "hs_merged_object_ids"]
            )
            for item in body.get("results", []):
                merged = ((item.get("properties") or {}).get("hs_merged_object_ids") or "").split(";")
                found.update(dict.fromkeys((str(item["id"]), *merged), item))
        return found

    async def _update(self, work: list[tuple[int, ContactWrite, dict[str, Any] | None]], rows: list[Row[Written] | None]) -> None:
        if not work:
            return
        inputs = []
        for i, write, held in work:
            assert held is not None
            properties = records.properties_of(write, held.get("properties"))
            inputs.append({"id": str(held["id"]), "properties": properties, "objectWriteTraceId": str(i)})
        body = await self._http.batch("contacts", "update", inputs)
        failed = _failures(body)
        for i, _, held in work:
            assert held is not None
            rows[i] = failed.get(str(i)) or Written(contact=records.contact_of(held), existed=True)

    async def _create(self, work: list[tuple[int, ContactWrite]], rows: list[Row[Written] | None]) -> None:
        """By our own unique key, so that a repeat after a lost answer meets its own contact."""
        if not work:
            return
        inputs = [
            {"idProperty": records.KEY, "id": w.key, "properties": records.properties_of(w, None), "objectWriteTraceId": str(i)}
            for i, w in work
        ]
        body = await self._http.batch("contacts", "upsert", inputs)
        failed = _failures(body)
        made = {(item.get("properties") or {}).get(records.KEY): item for item in body.get("results", [])}
        for i, write in work:
            error = failed.get(str(i))
            if error is not None and "already exists" in str(error):
                error = RowRetryable(str(error))  # somebody made it between our read and our write: read again
            item = made.get(write.key)
            rows[i] = error or (Written(contact=records.contact_of(item), existed=False) if item else None)

    async def _companies(self, writes: Sequence[ContactWrite]) -> dict[str, str]:
        """Company ids by domain. A company with the domain is taken and stamped; otherwise one is made under our key."""
        wanted = {w.domain: w for w in writes if w.domain}
        ids = {domain: known for domain in wanted if (known := self._known_company(domain))}
        unstamped: dict[str, str] = {}
        for some in _chunks_of_text([d for d in wanted if d not in ids], _SEARCH_CHARACTERS):
            found, fresh = await self._companies_by_domain(some)
            ids.update(found)
            unstamped.update(fresh)
        if unstamped:
            await self._http.batch(
                "companies", "update", [{"id": i, "properties": {records.COMPANY_KEY: d}} for d, i in unstamped.items()]
            )
        make = [d for d in wanted if d not in ids]
        if make:
            # Search lags: one that we made a moment ago is found by the upsert's own key.
            inputs = [{"idProperty": records.COMPANY_KEY, "id": d, "properties": _company_properties(wanted[d])} for d in make]
            body = await self._http.batch("companies", "upsert", inputs)
            ids.update(
                {(i.get("properties") or {}).get(records.COMPANY_KEY) or "": str(i["id"]) for i in body.get("results", [])}
            )
        if len(self._company_ids) > _COMPANIES_MOST:
            self._company_ids.clear()
        now = self._clock()
        self._company_ids.update({d: (i, now) for d, i in ids.items() if d not in self._company_ids})
        return ids

    def _known_company(self, domain: str) -> str:
        """What HubSpot said of a domain less than a minute ago: colleagues and second tries come close together."""
        known, at = self._company_ids.get(domain, ("", 0.0))
        if known and self._clock() - at > _COMPANIES_KEPT:
            del self._company_ids[domain]
            return ""
        return known

    async def _companies_by_domain(self, domains: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
        """Ids by domain, the oldest where several share one; and those of them that don't bear our key yet."""
        filters = [{"propertyName": "domain", "operator": "IN", "values": list(domains)}]
        wanted = ["domain", records.COMPANY_KEY]
        body = await self._http.search("companies", {"filterGroups": [{"filters": filters}], "properties": wanted, "limit": 200})
        found: dict[str, str] = {}
        fresh: dict[str, str] = {}
        for item in sorted(body.get("results", []), key=lambda i: int(i["id"])):
            domain = item["properties"].get("domain") or ""
            if domain in domains and domain not in found:
                found[domain] = str(item["id"])
                if not item["properties"].get(records.COMPANY_KEY):
                    fresh[domain] = str(item["id"])
        return found, fresh

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
        """Whether contacts that were there before have an open deal: no sequence for them."""
        ids = [row.contact.id for row in rows if isinstance(row, Written) and row.existed]
        if not ids:
            return
        body = await self._http.associate("contacts", "deals", "read", [{"id": i} for i in ids])
        deals = {str(r["from"]["id"]): [str(t["toObjectId"]) for t in r.get("to", [])] for r in body.get("results", [])}
        wanted = [d for some in deals.values() for d in some]
        if not wanted:
            return
        read = await self._http.batch("deals", "read", [{"id": d} for d in wanted], properties=["hs_is_closed"])
        opened = {str(r["id"]) for r in read.get("results", []) if (r.get("properties") or {}).get("hs_is_closed") != "true"}
        for i, row in enumerate(rows):
            if isinstance(row, Written) and opened & set(deals.get(row.contact.id, ())):
                rows[i] = Written(contact=replace(row.contact, open_deal=True), existed=row.existed)

    # Owners

    async def assign(self, writes: Sequence[OwnerWrite]) -> list[Row[str]]:
        rows: list[Row[str]] = []
        inputs = []
        for write in writes:
            owner = await self.owner_by_email(write.owner_email) if write.owner_email else None
            if write.owner_email and (owner is None or not owner.active):
                rows.append(RowRejected(f"HubSpot has no active owner {write.owner_email}", "no_owner"))
                continue
            properties = {"leadgate_score": str(write.score), "leadgate_status": write.status}
            if owner is not None:
                properties["hubspot_owner_id"] = owner.id
            inputs.append({"id": write.contact_id, "properties": properties, "objectWriteTraceId": write.contact_id})
            rows.append(write.contact_id)
        failed = _failures(await self._http.batch("contacts", "update", inputs)) if inputs else {}
        return [failed.get(row, row) if isinstance(row, str) else row for row in rows]

    async def read_owners(self, contact_ids: Sequence[str]) -> list[Row[OwnerShown]]:
        body = await self._http.batch(
            "contacts", "read", [{"id": i} for i in dict.fromkeys(contact_ids)], properties=["hubspot_owner_id"]
        )
        at = self._clock()
        shown = {str(i["id"]): (i.get("properties") or {}).get("hubspot_owner_id") or "" for i in body.get("results", [])}
        rows: list[Row[OwnerShown]] = []
        for contact in contact_ids:
            if contact not in shown:
                rows.append(RowRejected(f"contact {contact} is deleted", "deleted"))
                continue
            owner = await self.owner(shown[contact]) if shown[contact] else None
            rows.append(
                OwnerShown(
                    owner_id=shown[contact], email=owner.email if owner else "", active=bool(owner and owner.active), at=at
                )
            )
        return rows

    async def owner(self, owner_id: str) -> Owner | None:
        await self._fresh_owners()
        return self._owners.get(owner_id)

    async def owner_by_email(self, email: str) -> Owner | None:
        await self._fresh_owners()
        fits = [o for o in self._owners.values() if o.email == email.casefold()]
        return next((o for o in fits if o.active), fits[0] if fits else None)

    async def _fresh_owners(self) -> None:
        async with self._owners_lock:
            if self._clock() - self._owners_at > _OWNERS_KEPT:
                self._owners = {o.id: o for o in await self.owners()}
                self._owners_at = self._clock()

    async def owners(self) -> list[Owner]:
        found: list[Owner] = []
        for archived in ("false", "true"):
            params = {"limit": "100", "archived": archived}
            while params:
                body = await self._http.get("/crm/owners/{v}", **params)
                found += [
                    records.owner_of({**o, "archived": archived == "true" or o.get("archived")}) for o in body.get("results", [])
                ]
                after = ((body.get("paging") or {}).get("next") or {}).get("after")
                params = {**params, "after": after} if after else {}
        return found

    # Tasks and activity

    async def add_tasks(self, writes: Sequence[TaskWrite]) -> list[Row[str]]:
        made = await self._find_tasks([w for w in writes if w.look_first])
        rest = [w for w in writes if w.effect_id not in made]
        if rest:
            inputs = [
                {
                    "objectWriteTraceId": w.effect_id,
                    "properties": {
                        "hs_timestamp": records.iso(w.due),
                        "hs_task_subject": w.subject,
                        "hs_task_body": f"leadgate:{w.effect_id}",
                        "hubspot_owner_id": w.owner_id,
                        "hs_task_status": "NOT_STARTED",
                        "hs_task_priority": "HIGH",
                        "hs_task_type": "CALL",
                    },
                    "associations": [{"to": {"id": w.contact_id}, "types": _TASK_TO_CONTACT}],
                }
                for w in rest
            ]
            body = await self._http.batch("tasks", "create", inputs, until=min(w.until for w in rest))
            failed = _failures(body)
            made.update({_effect_of(item): str(item["id"]) for item in body.get("results", [])})
            made_or_failed: dict[str, Row[str]] = {**made, **failed}
        else:
            made_or_failed = dict(made)
        return [made_or_failed.get(w.effect_id, RowRetryable("HubSpot answered nothing about this task")) for w in writes]

    async def _find_tasks(self, writes: Sequence[TaskWrite]) -> dict[str, str]:
        """Tasks that earlier attempts made, through the contact's associations: search lags (INTERLEAVINGS 5)."""
        if not writes:
            return {}
        wanted = {w.effect_id for w in writes}
        tasks = await self._associated("contacts", "tasks", [w.contact_id for w in writes], ["hs_task_body"])
        return {effect: str(t["id"]) for _, t in tasks if (effect := _effect_of(t)) in wanted}

    async def _associated(
        self, source: str, target: str, ids: Sequence[str], properties: list[str]
    ) -> list[tuple[str, dict[str, Any]]]:
        """Objects with the ids of what they are associated with, by key reads alone."""
        pairs: list[tuple[str, str]] = []
        for some in _chunks(list(dict.fromkeys(ids)), 1000):
            body = await self._http.associate(source, target, "read", [{"id": i} for i in some])
            pairs += [(str(r["from"]["id"]), str(t["toObjectId"])) for r in body.get("results", []) for t in r.get("to", [])]
        found: dict[str, dict[str, Any]] = {}
        for some in _chunks(list(dict.fromkeys(b for _, b in pairs)), self.batch):
            read = await self._http.batch(target, "read", [{"id": i} for i in some], properties=properties)
            found.update({str(item["id"]): item for item in read.get("results", [])})
        return [(a, found[b]) for a, b in pairs if b in found]

    async def activities(self, asked: Sequence[ActivityAsked]) -> list[float]:
        times: dict[str, list[tuple[str, float]]] = {}
        wanted = ["hs_timestamp", "hubspot_owner_id", "hs_email_direction", "hs_email_status", "hs_sequence_id"]
        for kind in ("calls", "emails", "meetings", "notes"):
            for contact, item in await self._associated("contacts", kind, [a.contact_id for a in asked], wanted):
                p = item.get("properties") or {}
                if _is_own(kind, p):
                    times.setdefault(contact, []).append(
                        (p.get("hubspot_owner_id") or "", records.seconds(p.get("hs_timestamp")))
                    )
        found = ([at for owner, at in times.get(a.contact_id, ()) if owner == a.owner_id and at >= a.since] for a in asked)
        return [min(own, default=0.0) for own in found]

    # Lists, opt-out, changes

    async def enter_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        return await self._membership(name, contact_ids, "add")

    async def leave_list(self, name: str, contact_ids: Sequence[str]) -> list[Row[str]]:
        return await self._membership(name, contact_ids, "remove")

    async def _membership(self, name: str, contact_ids: Sequence[str], verb: str) -> list[Row[str]]:
        list_id = await self._list_id(name)
        body = await self._http.send("PUT", f"/crm/lists/{{v}}/{list_id}/memberships/{verb}", list(dict.fromkeys(contact_ids)))
        missing = {str(i) for i in body.get("recordIdsMissing", [])}
        return [RowRejected(f"contact {i} is deleted", "deleted") if i in missing else i for i in contact_ids]

    async def _list_id(self, name: str) -> str:
        if name not in self._lists:
            body = await self._http.send(
                "POST", "/crm/lists/{v}/search", {"query": name, "processingTypes": ["MANUAL"], "count": 100}
            )
            self._lists.update({item["name"]: str(item["listId"]) for item in body.get("lists", [])})
        if name not in self._lists:
            raise RowRejected(f"HubSpot has no manual list {name!r}; run leadgate provision")
        return self._lists[name]

    async def stop(self, contact_id: str, kind: str, lists: Sequence[str]) -> None:
        for name in lists:
            await self._membership(name, [contact_id], "remove")
        body = await self._http.batch("contacts", "update", [{"id": contact_id, "properties": {"leadgate_status": kind}}])
        if kind in {"unsubscribe", "do_not_contact"} and (item := next(iter(body.get("results", [])), None)):
            read = await self._read_by_id([str(item["id"])])
            for contact in map(records.contact_of, read.values()):
                for email in (contact.email, *contact.emails):
                    await self._http.send(
                        "POST", f"/communication-preferences/v4/statuses/{email}/unsubscribe-all?channel=EMAIL", {}
                    )

    async def changed_since(self, since: float) -> list[Contact]:
        filters = [
            {"propertyName": "lastmodifieddate", "operator": "GT", "value": str(int(since * 1000))},
            {"propertyName": records.KEY, "operator": "HAS_PROPERTY"},
        ]
        found: list[Contact] = []
        after = None
        while True:
            body: dict[str, Any] = {
                "filterGroups": [{"filters": filters}],
                "sorts": [{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}],
                "properties": records.READ,
                "limit": 200,
                **({"after": after} if after else {}),
            }
            page = await self._http.search("contacts", body)
            found += [records.contact_of(item) for item in page.get("results", [])]
            after = ((page.get("paging") or {}).get("next") or {}).get("after")
            if not after or len(found) >= 9800:  # a query ends at 10,000; the next poll goes on from the last time
                return found

    async def deleted(self) -> AsyncIterator[list[Contact]]:
        async for page in self._pages("contacts", ",".join(records.READ), archived="true"):
            yield [c for item in page if (c := records.contact_of(item)).key]

    async def contacts(self) -> AsyncIterator[list[Contact]]:
        async for page in self._pages("contacts", ",".join(records.READ)):
            yield [records.contact_of(item) for item in page]

    async def companies(self) -> AsyncIterator[list[CompanyKnown]]:
        async for page in self._pages("companies", "name,domain"):
            yield [records.company_of(item) for item in page]

    async def _pages(self, kind: str, properties: str, **more: str) -> AsyncIterator[list[dict[str, Any]]]:
        params = {"limit": "100", "properties": properties, **more}
        while params:
            body = await self._http.get(f"/crm/objects/{{v}}/{kind}", **params)
            yield body.get("results", [])
            after = ((body.get("paging") or {}).get("next") or {}).get("after")
            params = {**params, "after": after} if after else {}

    # Set-up

    async def check(self) -> list[str]:
        faults = []
        for kind, wanted in records.PROPERTIES.items():
            try:
                body = await self._http.get(f"/crm/properties/{{v}}/{kind}")
            except Unauthorised as error:
                return [f"{error}; set LEADGATE_HUBSPOT_TOKEN to a token with the scopes in docs/connectors/hubspot.md"]
            there = {item["name"] for item in body.get("results", [])}
            faults += [
                f"HubSpot {kind} have no property {p['name']}; run leadgate provision" for p in wanted if p["name"] not in there
            ]
        return faults

    async def provision(self) -> list[str]:
        made = []
        for kind, wanted in records.PROPERTIES.items():
            group = {"contacts": "contactinformation", "companies": "companyinformation"}[kind]
            there = {item["name"] for item in (await self._http.get(f"/crm/properties/{{v}}/{kind}")).get("results", [])}
            for item in wanted:
                if item["name"] not in there:
                    await self._http.send("POST", f"/crm/properties/{{v}}/{kind}", {**item, "groupName": group})
                    made.append(f"property {kind}.{item['name']}")
        return made

    async def provision_list(self, name: str) -> list[str]:
        """Make the manual list behind the nurture sequence, if it is missing."""
        try:
            await self._list_id(name)
        except RowRejected:
            body = {"name": name, "objectTypeId": "0-1", "processingType": "MANUAL"}
            await self._http.send("POST", "/crm/lists/{v}", body)
            return [f"list {name}"]
        return []

    async def close(self) -> None:
        await self._http.close()


def _failures(body: dict[str, Any]) -> dict[str, VendorError]:
    """Errors of a 207 by the trace id they were sent with."""
    return {
        str(trace): row_error(e)
        for e in body.get("errors", [])
        for trace in (e.get("context") or {}).get("objectWriteTraceId", [])
    }


def _repeats(found: Sequence[dict[str, Any] | None]) -> set[int]:
    """Rows whose contact an earlier row has: HubSpot refuses a batch that names an object twice."""
    first = {str(item["id"]): i for i, item in reversed(list(enumerate(found))) if item}
    return {i for i, item in enumerate(found) if item and first[str(item["id"])] != i}


def _other_person(write: ContactWrite, held: dict[str, Any]) -> bool:
    """The contact goes by another main address that isn't among the person's own, so it is somebody we know as another key."""
    if write.known_id:
        return False
    main = (held.get("properties") or {}).get("email") or ""
    ours = (held.get("properties") or {}).get(records.KEY) or ""
    return bool(main) and main not in write.emails and ours != write.key


def _with_company(row: Written, company_id: str) -> Written:
    return Written(contact=replace(row.contact, company_id=company_id), existed=row.existed)


def _company_properties(write: ContactWrite) -> dict[str, str]:
    named = {"name": write.company or write.domain, "domain": write.domain, records.COMPANY_KEY: write.domain}
    return named | ({"numberofemployees": str(write.employees)} if write.employees else {})


def _effect_of(task: dict[str, Any]) -> str:
    return ((task.get("properties") or {}).get("hs_task_body") or "").removeprefix("leadgate:")


def _is_own(kind: str, p: dict[str, Any]) -> bool:
    """Not an incoming mail, not a sequence's mail: the owner's own doing (promise P5)."""
    if kind != "emails":
        return True
    return p.get("hs_email_direction") == "EMAIL" and p.get("hs_email_status") == "SENT" and not p.get("hs_sequence_id")


def _chunks(items: list[str], size: int) -> Iterable[list[str]]:
    return (items[i : i + size] for i in range(0, len(items), size))


def _chunks_of_text(items: list[str], size: int) -> Iterable[list[str]]:
    """Split so that the items of a part, quoted and separated, have at most `size` characters."""
    part: list[str] = []
    length = 0
    for item in items:
        if part and (length + len(item) + 4 > size or len(part) == 100):
            yield part
            part, length = [], 0
        part.append(item)
        length += len(item) + 4
    if part:
        yield part
