"""Companies of HubSpot: one a domain, found by search, made under our own key."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from connectors.accounts import answer
from connectors.contract import CompanyAsked, CompanyKnown, ContactWrite, Row
from connectors.hubspot import records
from connectors.hubspot.batches import chunks, failures
from connectors.hubspot.client import HubSpotHttp
from leads.records import Change

_KEPT = 60.0
_MOST_KEPT = 10_000
_SEARCH_CHARACTERS = 2600  # a search body may have 3,000


#: How a company's id is told from a contact's where both may stand.
COMPANY = "company:"


class Filled(NamedTuple):
    """What was changed on a company, or why not."""

    change: Change | None
    dropped: tuple[str, ...] = ()


class HubSpotCompanies:
    """Remembers for a minute what HubSpot said of a domain."""

    def __init__(self, http: HubSpotHttp, clock: Callable[[], float]) -> None:
        self._http, self._clock = http, clock
        self._company_ids: dict[str, tuple[str, float]] = {}
        self._asking: dict[str, asyncio.Future[dict[str, str]]] = {}

    async def ids(self, writes: Sequence[ContactWrite]) -> dict[str, str]:
        """Company ids by domain. A company with the domain is taken and stamped; otherwise one is made under our key.

        Batches run side by side and share companies: a domain that one asks for is waited for by the others.
        """
        wanted = {w.domain: w for w in writes if w.domain}
        ids = {domain: known for domain in wanted if (known := self._known_company(domain))}
        fresh = {d: w for d, w in wanted.items() if d not in ids and d not in self._asking}
        if fresh:
            asking: asyncio.Future[dict[str, str]] = asyncio.ensure_future(self._ask(fresh))
            self._asking.update(dict.fromkeys(fresh, asking))
            asking.add_done_callback(lambda _: self._forget(fresh))
        for asked in {self._asking[d] for d in wanted if d not in ids}:
            ids.update(await asyncio.shield(asked))
        return {domain: ids[domain] for domain in wanted if domain in ids}

    def _forget(self, asked: Iterable[str]) -> None:
        for domain in asked:
            del self._asking[domain]

    async def _ask(self, wanted: Mapping[str, ContactWrite]) -> dict[str, str]:
        """Search for domains, stamp what is found, make the rest; remembered for a while."""
        ids: dict[str, str] = {}
        unstamped: dict[str, str] = {}
        for some in _chunks_of_text([*wanted], _SEARCH_CHARACTERS):
            found, fresh = await self._by_domain(some)
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
        if len(self._company_ids) > _MOST_KEPT:
            self._company_ids.clear()
        now = self._clock()
        self._company_ids.update({domain: (ident, now) for domain, ident in ids.items()})
        return ids

    async def accounts(self, asked: Sequence[CompanyAsked]) -> list[Row[CompanyKnown | None]]:
        """See contract.Crm. Only what has no id is searched for, and then read by its key too: the search lags."""
        ids = {a.id for a in asked if a.id}
        domains = [*dict.fromkeys(a.domain for a in asked if a.domain and not a.id)]
        for some in _chunks_of_text(domains, _SEARCH_CHARACTERS):
            ids.update((await self._by_domain(some))[0].values())
        found = await self._read(sorted(ids, key=int), records.COMPANY_READ)
        known = [records.company_of(ident, properties) for ident, properties in found.items()]
        return [*answer(asked, sorted(known, key=lambda company: int(company.id)))]

    async def fill(self, writes: Sequence[ContactWrite], ids: Mapping[str, str]) -> dict[str, Filled]:
        """Further properties of companies, by domain: their blanks, and what is to be overwritten.

        The first of several colleagues counts. What HubSpot refuses is told, and costs nobody the contact.
        """
        wanted = {ids[w.domain]: w for w in reversed(writes) if w.company_more and w.domain in ids}
        if not wanted:
            return {}
        held = await self._read(sorted(wanted, key=int), sorted({n for w in wanted.values() for n in w.company_more}))
        values = {
            ident: {n: text for n, v in w.company_more.items() if _is_due(n, text := records.text_of(v), w, held[ident])}
            for ident, w in wanted.items()
            if ident in held
        }
        inputs = [{"id": i, "properties": p, "objectWriteTraceId": i} for i, p in values.items() if p]
        failed = failures(await self._http.batch("companies", "update", inputs)) if inputs else {}
        return {
            wanted[i].domain: Filled(None, (f"company: {failed[i]}",))
            if i in failed
            else Filled(Change(contact_id=f"{COMPANY}{i}", wrote=p, before={n: held[i].get(n) or None for n in p}))
            for i, p in values.items()
            if p
        }

    async def _read(self, ids: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Properties by id; a company that is gone is left out."""
        found: dict[str, dict[str, Any]] = {}
        for part in chunks(list(ids)):
            body = await self._http.batch("companies", "read", [{"id": i} for i in part], properties=list(names))
            found.update({str(item["id"]): item.get("properties") or {} for item in body.get("results", [])})
        return found

    async def read(self, ids: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """See contract.Crm.read, for those of the ids that are companies'."""
        mine = [i for i in dict.fromkeys(ids) if i.startswith(COMPANY)]
        found = await self._read([i.removeprefix(COMPANY) for i in mine], names) if mine else {}
        return {i: held for i in mine if (held := found.get(i.removeprefix(COMPANY))) is not None}

    def _known_company(self, domain: str) -> str:
        """What HubSpot said of a domain less than a minute ago: colleagues and second tries come close together."""
        known, at = self._company_ids.get(domain, ("", 0.0))
        if known and self._clock() - at > _KEPT:
            del self._company_ids[domain]
            return ""
        return known

    async def _by_domain(self, domains: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
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


def _is_due(name: str, value: str, write: ContactWrite, held: Mapping[str, Any]) -> bool:
    """A blank, or another value that is to be overwritten."""
    return not held.get(name) or (name in write.company_overwrite and held[name] != value)


def _company_properties(write: ContactWrite) -> dict[str, str]:
    named = {"name": write.company or write.domain, "domain": write.domain, records.COMPANY_KEY: write.domain}
    return named | ({"numberofemployees": str(write.employees)} if write.employees else {})


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
