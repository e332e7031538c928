"""Readings of HubSpot's contacts and companies: all, changed or deleted."""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

from connectors.core.answers import sound
from connectors.core.crm import Account, Contact, Page
from connectors.core.pagination import follow
from connectors.hubspot import records
from connectors.hubspot.batches import read_objects
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.forms import HubSpotObject, Listing, read_object

_MOST_SEARCHED = 9800  # rows of one query, which ends at 10,000
_PEOPLE_READ = ("email", "hs_additional_emails", records.KEY)
_OURS = {"propertyName": records.KEY, "operator": "HAS_PROPERTY"}


class HubSpotChanges:
    """See crm.Crm."""

    def __init__(self, http: HubSpotHttp) -> None:
        self._http = http

    async def changed_since(self, since: float) -> list[Contact]:
        found: list[Contact] = []
        async for page in self._changed("contacts", since, records.READ, _OURS):
            found += map(records.contact_of, page)
            if len(found) >= _MOST_SEARCHED:  # the next poll goes on from the last time
                break
        return found

    async def contacts_since(self, since: float) -> AsyncIterator[list[Contact]]:
        async for page in self._changed("contacts", since, _PEOPLE_READ):
            yield [*map(records.contact_of, page)]

    async def companies_since(self, since: float) -> AsyncIterator[list[Account]]:
        async for page in self._changed("companies", since, records.COMPANY_READ):
            yield [*map(records.company_of, page)]

    async def _changed(
        self, kind: str, since: float, properties: Sequence[str], *filters: dict[str, str]
    ) -> AsyncIterator[list[HubSpotObject]]:
        """Pages in the order of change.

        A query ends at 10,000 rows, so another one begins at the last change that was read.
        """
        stamp = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
        read_row = records.person_in_part if kind == "contacts" else read_object
        begin: int | None = int(since * 1000)
        while begin is not None:
            body = _changes_query(stamp, begin, properties, filters)
            start, begin, read = begin, None, 0
            async for page in follow(partial(self._search, kind, body)):
                items = sound("HubSpot", page.rows, read_row)
                yield items
                read += len(page.rows)
                if page.after and read >= _MOST_SEARCHED:
                    newest = max(map(partial(_milliseconds, stamp), items), default=0)
                    # ten thousand changes of one moment: no query shows those after them
                    begin = newest if newest > start else None
                    break

    async def _search(self, kind: str, body: dict[str, Any], after: str) -> Page[Any]:
        """A page of a query, its rows as HubSpot answers them; an empty one is the last."""
        begin = {"after": after} if after else {}
        found = await self._http.search(kind, {**body, **begin})
        return Page(rows=found.results, after=found.after if found.results else "")

    async def deleted(self) -> AsyncIterator[list[Contact]]:
        """All in the recycle bin: HubSpot lists them by id, and searches none of them."""
        async for page in self._listing("contacts", records.READ, archived="true"):
            contacts = map(records.contact_of, page.rows)
            yield [contact for contact in contacts if contact.key]

    async def contacts(self, after: str = "") -> AsyncIterator[Page[Contact]]:
        async for page in self._listing("contacts", records.READ, after):
            yield Page(rows=[*map(records.contact_of, page.rows)], after=page.after)

    async def companies(self, after: str = "") -> AsyncIterator[Page[Account]]:
        async for page in self._listing("companies", records.COMPANY_READ, after):
            yield Page(rows=[*map(records.company_of, page.rows)], after=page.after)

    def _listing(
        self, kind: str, properties: Sequence[str], after: str = "", **more: str
    ) -> AsyncIterator[Page[HubSpotObject]]:
        """Every object of a kind, or those from a place on, a page at a time."""
        params = {"limit": "100", "properties": ",".join(properties), **more}

        async def read(place: str) -> Page[HubSpotObject]:
            begin = {"after": place} if place else {}
            body = await self._http.get(Listing, "/crm/objects/{v}/{}", kind, **params, **begin)
            return Page(rows=read_objects(body.results, kind), after=body.after)

        return follow(read, after)


def _changes_query(
    stamp: str, begin: int, properties: Sequence[str], filters: Sequence[dict[str, str]]
) -> dict[str, Any]:
    since = {"propertyName": stamp, "operator": "GTE", "value": str(begin)}
    return {
        "filterGroups": [{"filters": [since, *filters]}],
        "sorts": [{"propertyName": stamp, "direction": "ASCENDING"}],
        "properties": [*properties, stamp],
        "limit": 200,
    }


def _milliseconds(stamp: str, item: HubSpotObject) -> int:
    return int(records.seconds(item.properties.get(stamp)) * 1000)
