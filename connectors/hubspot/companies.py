"""Companies of HubSpot: one a domain, found by search, made under our own key."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from connectors.core.account_lookup import answer
from connectors.core.crm import Account, CompanyAsked, ContactWrite, Row
from connectors.core.errors import RecordRejected, Unavailable, VendorError
from connectors.core.single_flight import SharedBatches
from connectors.hubspot import records
from connectors.hubspot.batches import BY_ID, by_property, read_all, things, write_all
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.forms import Thing
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
        self._asked = SharedBatches(self._ask)

    async def ids(self, writes: Sequence[ContactWrite]) -> dict[str, Row[str]]:
        """Company ids by domain, or why there is none.

        A company with the domain is taken and stamped; otherwise one is made under our key.

        Batches run side by side and share companies: a domain that one asks for is waited for by
        the others.
        """
        wanted = {w.domain: w for w in writes if w.domain}
        ids: dict[str, Row[str]] = {}
        for domain in wanted:
            if known := self._known_company(domain):
                ids[domain] = known
        ids |= await self._asked.get({d: w for d, w in wanted.items() if d not in ids})
        return {domain: ids[domain] for domain in wanted if domain in ids}

    async def _ask(self, wanted: Mapping[str, ContactWrite]) -> dict[str, Row[str]]:
        """Search for domains, stamp what is found, make the rest; remembered for a while."""
        ids: dict[str, Row[str]] = {}
        unstamped: dict[str, str] = {}
        for some in _chunks_of_text([*wanted], _SEARCH_CHARACTERS):
            found, fresh = await self._by_domain(some)
            ids.update(found)
            unstamped.update(fresh)
        stamps = [_input(i, {records.COMPANY_KEY: d}) for d, i in unstamped.items()]
        for row in (
            await write_all(self._http, "companies", "update", stamps, BY_ID) if stamps else []
        ):
            if isinstance(row, Unavailable):
                # one that can't be stamped for what it is, is found by its domain all the same
                raise row
        make = [d for d in wanted if d not in ids]
        if make:
            # Search lags: one that we made a moment ago is found by the upsert's own key.
            by = {"idProperty": records.COMPANY_KEY}
            inputs = [{**by, **_input(d, _company_properties(wanted[d]))} for d in make]
            made = await write_all(
                self._http, "companies", "upsert", inputs, by_property(records.COMPANY_KEY)
            )
            ids.update(
                {
                    d: row.id if isinstance(row, Thing) else row
                    for d, row in zip(make, made, strict=True)
                }
            )
        if len(self._company_ids) > _MOST_KEPT:
            self._company_ids.clear()
        now = self._clock()
        self._company_ids.update(
            {domain: (ident, now) for domain, ident in ids.items() if isinstance(ident, str)}
        )
        return ids

    async def accounts(self, asked: Sequence[CompanyAsked]) -> list[Row[Account | None]]:
        """See crm.Crm.

        Only what has no id is searched for, and then read by its key too: the search lags.
        """
        ids = {a.id for a in asked if a.id}
        domains = [*dict.fromkeys(a.domain for a in asked if a.domain and not a.id)]
        for some in _chunks_of_text(domains, _SEARCH_CHARACTERS):
            ids.update((await self._by_domain(some))[0].values())
        found, failed = await self._look_up(sorted(ids), records.COMPANY_READ)
        known = map(records.company_of, found.values())
        rows = answer(asked, sorted(known, key=lambda company: int(company.id)))
        return [failed.get(a.id, row) if a.id else row for a, row in zip(asked, rows, strict=True)]

    async def fill(
        self, writes: Sequence[ContactWrite], ids: Mapping[str, str]
    ) -> dict[str, Filled]:
        """Further properties of companies, by domain: their blanks, and what is to be overwritten.

        The first of several colleagues counts. What HubSpot refuses is told, and costs nobody
        the contact.
        """
        wanted = {ids[w.domain]: w for w in reversed(writes) if w.company_more and w.domain in ids}
        if not wanted:
            return {}
        held = await self._read(
            sorted(wanted), sorted({n for w in wanted.values() for n in w.company_more})
        )
        values = {
            ident: {
                n: text
                for n, v in w.company_more.items()
                if _is_due(n, text := records.text_of(v), w, held[ident])
            }
            for ident, w in wanted.items()
            if ident in held
        }
        inputs = [_input(i, p) for i, p in values.items() if p]
        rows = await write_all(self._http, "companies", "update", inputs, BY_ID) if inputs else []
        failed = {
            i["id"]: row
            for i, row in zip(inputs, rows, strict=True)
            if isinstance(row, VendorError)
        }
        return {
            wanted[i].domain: Filled(None, (f"company: {failed[i]}",))
            if i in failed
            else Filled(
                Change(
                    contact_id=f"{COMPANY}{i}",
                    wrote=p,
                    before={n: held[i].get(n) or None for n in p},
                )
            )
            for i, p in values.items()
            if p
        }

    async def _read(
        self, ids: Sequence[str], names: Sequence[str]
    ) -> dict[str, dict[str, str | None]]:
        """Properties by id; a company that is gone is left out.

        Raises the VendorError of one that can't be read.
        """
        found, failed = await self._look_up(ids, names)
        for error in failed.values():
            raise error
        return {ident: company.properties for ident, company in found.items()}

    async def _look_up(
        self, ids: Sequence[str], names: Sequence[str]
    ) -> tuple[dict[str, Thing], dict[str, VendorError]]:
        """Companies by id, and the errors of those that can't be looked up; one that is gone is in
        neither."""
        found: dict[str, Thing] = {}
        failed: dict[str, VendorError] = {}
        for ident, row in (await read_all(self._http, "companies", ids, names)).items():
            if isinstance(row, Thing):
                found[ident] = row
            elif not _is_gone(row):
                failed[ident] = row
        return found, failed

    async def read(self, ids: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """See crm.Crm.read, for those of the ids that are companies'."""
        numbers = {i: i.removeprefix(COMPANY) for i in ids if i.startswith(COMPANY)}
        found = await self._read([*numbers.values()], names) if numbers else {}
        return {i: found[number] for i, number in numbers.items() if number in found}

    def _known_company(self, domain: str) -> str:
        """What HubSpot said of a domain less than a minute ago: colleagues and second tries come
        close together."""
        known, at = self._company_ids.get(domain, ("", 0.0))
        if known and self._clock() - at > _KEPT:
            del self._company_ids[domain]
            return ""
        return known

    async def _by_domain(self, domains: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
        """Ids by domain, the oldest where several share one; and those of them that don't bear our
        key yet."""
        filters = [{"propertyName": "domain", "operator": "IN", "values": list(domains)}]
        wanted = ["domain", records.COMPANY_KEY]
        body = await self._http.search(
            "companies",
            {"filterGroups": [{"filters": filters}], "properties": wanted, "limit": 200},
        )
        found: dict[str, str] = {}
        fresh: dict[str, str] = {}
        for item in sorted(things(body.results, "companies"), key=lambda one: int(one.id)):
            domain = item.properties.get("domain") or ""
            if domain in domains and domain not in found:
                found[domain] = item.id
                if not item.properties.get(records.COMPANY_KEY):
                    fresh[domain] = item.id
        return found, fresh


def _input(ident: str, properties: Mapping[str, str]) -> dict[str, Any]:
    return {"id": ident, "properties": properties, "objectWriteTraceId": ident}


def _is_gone(row: VendorError) -> bool:
    return isinstance(row, RecordRejected) and row.kind == "deleted"


def _is_due(name: str, value: str, write: ContactWrite, held: Mapping[str, Any]) -> bool:
    """A blank, or another value that is to be overwritten."""
    return not held.get(name) or (name in write.company_overwrite and held[name] != value)


def _company_properties(write: ContactWrite) -> dict[str, str]:
    named = {
        "name": write.company or write.domain,
        "domain": write.domain,
        records.COMPANY_KEY: write.domain,
    }
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
