"""Companies of HubSpot: one for each domain, found by search, or made under our own key."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from connectors.core.account_lookup import ids_and_domains
from connectors.core.crm import Account, CompanyAsked, ContactWrite, Row
from connectors.core.errors import Unavailable, VendorError
from connectors.core.row_results import is_deleted
from connectors.core.single_flight import SharedBatches
from connectors.hubspot import records
from connectors.hubspot.batches import (
    BY_ID,
    by_property,
    change_input,
    read_all,
    read_objects,
    write_all,
)
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.forms import HubSpotObject

_SECONDS = 60.0  # that a company's id is remembered
_MOST_REMEMBERED = 10_000
_MOST_CHARACTERS = 1300  # of domains, which stand twice in a search body of 3,000 at the most
_FURTHER = "hs_additional_domains"
_MOST_VALUES = 100


#: Stands before a company's id where contacts' ids may stand too.
COMPANY = "company:"


class HubSpotCompanies:
    """Remembers for a minute the company that HubSpot holds for a domain."""

    def __init__(self, http: HubSpotHttp, clock: Callable[[], float]) -> None:
        self._http, self._clock = http, clock
        self._remembered: dict[str, tuple[str, float]] = {}
        self._asked = SharedBatches(self._ask)

    async def ids(self, writes: Sequence[ContactWrite]) -> dict[str, Row[str]]:
        """Company ids by domain, or why there is none.

        A company with the domain is taken and stamped; otherwise one is made under our key.
        Batches run side by side and share companies: each domain is asked for once.
        """
        ids: dict[str, Row[str]] = {}
        unknown: dict[str, ContactWrite] = {}
        for write in writes:
            if known := self._known_company(write.domain):
                ids[write.domain] = known
            elif write.domain:
                unknown[write.domain] = write
        return ids | await self._asked.get(unknown)

    async def _ask(self, wanted: Mapping[str, ContactWrite]) -> dict[str, Row[str]]:
        """Search for domains, stamp what is found, make the rest; remembered for a while."""
        ids: dict[str, Row[str]] = {}
        unstamped: dict[str, str] = {}
        for domains in _chunks_of_text(wanted):
            found, fresh = await self._by_domain(domains)
            ids.update(found)
            unstamped.update(fresh)
        await self._stamp(unstamped)
        ids.update(await self._make([w for domain, w in wanted.items() if domain not in ids]))
        self._remember(ids)
        return ids

    async def _stamp(self, ids: Mapping[str, str]) -> None:
        """Write our key on companies; `ids` by domain.

        A company that refuses the key is found by its domain all the same. Raises Unavailable.
        """
        if not ids:
            return
        inputs: list[dict[str, Any]] = []
        for domain, ident in ids.items():
            inputs.append(change_input(ident, {records.COMPANY_KEY: domain}))
        for row in await write_all(self._http, "companies", "update", inputs, BY_ID):
            if isinstance(row, Unavailable):
                raise row

    async def _make(self, writes: Sequence[ContactWrite]) -> dict[str, Row[str]]:
        """Make a company for each write's domain; answers ids by domain, or why there is none.

        Search lags: a company that we made a moment ago is found by the upsert's own key.
        """
        if not writes:
            return {}
        inputs: list[dict[str, Any]] = []
        for write in writes:
            sent = change_input(write.domain, _company_properties(write))
            inputs.append({**sent, "idProperty": records.COMPANY_KEY})
        by_key = by_property(records.COMPANY_KEY)
        made = await write_all(self._http, "companies", "upsert", inputs, by_key)
        ids: dict[str, Row[str]] = {}
        for write, row in zip(writes, made, strict=True):
            ids[write.domain] = row if isinstance(row, VendorError) else row.id
        return ids

    def _remember(self, ids: Mapping[str, Row[str]]) -> None:
        if len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.clear()
        now = self._clock()
        for domain, ident in ids.items():
            if isinstance(ident, str):
                self._remembered[domain] = (ident, now)

    def _known_company(self, domain: str) -> str:
        """The company of a domain if it was read less than a minute ago, else '': colleagues and
        second tries come close together."""
        known, at = self._remembered.get(domain, ("", 0.0))
        if known and self._clock() - at > _SECONDS:
            del self._remembered[domain]
            return ""
        return known

    async def accounts(self, asked: Sequence[CompanyAsked]) -> list[Row[Account | None]]:
        """See crm.Crm.

        Only what has no id is searched for, and then read by its key too: the search lags.
        """
        _, domains = ids_and_domains(asked)
        by_domain: dict[str, str] = {}
        for some in _chunks_of_text(domains):
            found, _ = await self._by_domain(some)
            by_domain |= found
        ids = [question.id or by_domain.get(question.domain, "") for question in asked]
        wanted = sorted({*filter(None, ids)})
        there, failed = await look_up(self._http, wanted, records.COMPANY_READ)
        rows: list[Row[Account | None]] = []
        for ident in ids:
            company = there.get(ident)
            known = None if company is None else records.company_of(company)
            rows.append(failed.get(ident, known))
        return rows

    async def _by_domain(self, domains: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
        """Ids by domain, of the oldest company where several share one, and of one that has it as
        a further domain where none has it as its own; and those that don't have our key yet."""
        one_of: dict[str, Any] = {"operator": "IN", "values": list(domains)}
        groups = [{"filters": [{"propertyName": name, **one_of}]} for name in ("domain", _FURTHER)]
        wanted = ["domain", _FURTHER, records.COMPANY_KEY]
        query = {"filterGroups": groups, "properties": wanted, "limit": 200}
        body = await self._http.search("companies", query)
        items = sorted(read_objects(body.results, "companies"), key=lambda one: int(one.id))
        found: dict[str, str] = {}
        fresh: dict[str, str] = {}
        for item in items:
            if (domain := item.text("domain")) in domains and domain not in found:
                found[domain] = item.id
                if not item.text(records.COMPANY_KEY):
                    fresh[domain] = item.id
        for item in items:
            for domain in {*domains}.intersection(item.text(_FURTHER).split(";")):
                found.setdefault(domain, item.id)
        return found, fresh


async def look_up(
    http: HubSpotHttp, ids: Iterable[str], names: Sequence[str]
) -> tuple[dict[str, HubSpotObject], dict[str, VendorError]]:
    """Companies by id, and the errors of those that can't be read; one that is gone is in
    neither."""
    found: dict[str, HubSpotObject] = {}
    failed: dict[str, VendorError] = {}
    for ident, row in (await read_all(http, "companies", [*ids], names)).items():
        if isinstance(row, HubSpotObject):
            found[ident] = row
        elif not is_deleted(row):
            failed[ident] = row
    return found, failed


async def read_companies(
    http: HubSpotHttp, ids: Iterable[str], names: Sequence[str]
) -> dict[str, dict[str, str | None]]:
    """Properties by id; a company that is gone is left out.

    Raises the VendorError of one that can't be read.
    """
    found, failed = await look_up(http, ids, names)
    for error in failed.values():
        raise error
    return {ident: company.properties for ident, company in found.items()}


def _company_properties(write: ContactWrite) -> dict[str, str]:
    properties = {
        "name": write.company or write.domain,
        "domain": write.domain,
        records.COMPANY_KEY: write.domain,
    }
    if write.employees:
        properties["numberofemployees"] = str(write.employees)
    return properties


def _chunks_of_text(items: Iterable[str]) -> Iterable[list[str]]:
    """Split so that the items of a part, quoted and separated, fit into a search."""
    part: list[str] = []
    length = 0
    for item in items:
        size = len(item) + 4
        if part and (length + size > _MOST_CHARACTERS or len(part) == _MOST_VALUES):
            yield part
            part, length = [], 0
        part.append(item)
        length += size
    if part:
        yield part
