"""Rows of COQL queries: of several clauses, of more columns than one query takes, and of more rows
than offsets reach."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

from connectors.core.answers import read, sound, words
from connectors.core.crm import Page
from connectors.core.errors import Unreadable
from connectors.core.pagination import follow
from connectors.zoho import coql
from connectors.zoho.client import ZohoHttp
from connectors.zoho.forms import GoneRow


class ZohoQueries:
    """Queries of one account."""

    def __init__(self, http: ZohoHttp) -> None:
        self._http = http

    async def rows(self, module: str, names: Sequence[str], clauses: Iterable[str]) -> list[Any]:
        """Every row that one of the clauses finds, once, with the fields of these names.

        Raises Unreadable if a row has come or gone between two queries for one record.
        """
        found: list[Any] = []
        for clause in clauses:
            parts: list[list[Any]] = []
            for some in coql.columns(names):
                parts.append(await self._http.coql(f"select {some} from {module} where {clause}"))
            found += _joined(module, parts)
        return _once(found)

    async def pages(
        self, module: str, names: Sequence[str], clause: str
    ) -> AsyncIterator[list[Any]]:
        """Pages of the rows of one clause. Each goes on after the last id, for offsets end at
        100,000 (docs/design/vendors.md Zoho 2.5)."""
        [some] = coql.columns(names)

        async def read_after(last: str) -> Page[Any]:
            where = coql.both(clause, f"id > {coql.quoted(last)}")
            page = await self._http.coql_page(
                f"select {some} from {module} where {where} order by id"
            )
            if not page.after:
                return page
            ids = sound("Zoho", page.rows[-1:], lambda item: read(item, GoneRow).id)
            if ids in ([], [last]):
                raise Unreadable(
                    f"Zoho says that there are more {module} and doesn't say after which"
                )
            return Page(rows=page.rows, after=ids[0])

        async for page in follow(read_after, "0"):
            yield page.rows


def _joined(module: str, parts: Sequence[list[Any]]) -> list[Any]:
    """Rows of one clause that were asked for with some of their columns at a time."""
    if len(parts) == 1:
        return parts[0]
    by_id: list[dict[str, Any]] = []
    for rows in parts:
        by_id.append({words(row, "id"): row for row in rows if isinstance(row, dict)})
    first = by_id[0]
    if any(more.keys() != first.keys() or "" in more for more in by_id):
        raise Unreadable(f"Zoho shows other {module} to the second of two equal queries")
    joined: list[Any] = []
    for ident in first:
        row: dict[str, Any] = {}
        for some in by_id:
            row |= some[ident]
        joined.append(row)
    return joined


def _once(rows: Iterable[Any]) -> list[Any]:
    """Rows without those whose id has come before; a row without an id stays."""
    seen: set[str] = set()
    different: list[Any] = []
    for row in rows:
        ident = words(row, "id")
        if not ident or ident not in seen:
            different.append(row)
        seen.add(ident)
    return different
