"""Search.

Source: HubSpot's page "Search the CRM": five groups of filters, six filters a group, eighteen in
all; one sort; 200 rows a page, 10,000 a query; a body of 3,000 characters. A sort is an object, or
a property's name, with a hyphen before it for the other direction (README of @hubspot/api-client).
"""

import json
import time
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.hubspot.definitions import Definition
from sandbox.hubspot.errors import invalid, iso, unreadable
from sandbox.hubspot.filters import Filter, passes, refuse_unfit, sort_key
from sandbox.hubspot.hub import Hub
from sandbox.hubspot.object_types import type_named
from sandbox.hubspot.objects import OBJECTS
from sandbox.hubspot.requests import body_of
from sandbox.hubspot.routing import Routes
from sandbox.hubspot.shown import shown
from sandbox.store import Thing

_MOST_BODY, _MOST_PAGE, _MOST_ROWS = 3000, 200, 10_000
_MOST_GROUPS, _MOST_OF_GROUP, _MOST_FILTERS = 5, 6, 18
_LINKED = "associations."
#: Of each type, what `query` looks into.
_QUERIED = {
    "contacts": "firstname lastname email phone company hs_additional_emails".split(),
    "companies": "website phone name domain".split(),
    "deals": "dealname pipeline dealstage description dealtype".split(),
    "tasks": "hs_task_subject hs_task_body".split(),
    "notes": ["hs_note_body"],
    "meetings": "hs_meeting_title hs_meeting_body".split(),
    "calls": "hs_call_title hs_call_body".split(),
    "emails": ["hs_email_subject"],
}


@dataclass(frozen=True, slots=True)
class _Query:
    """A search that can be made."""

    groups: list[list[Filter]]
    words: list[str]
    sort: str
    descending: bool
    limit: int
    after: int
    wanted: list[str] = field(default_factory=list)


def serve_search(routes: Routes, hub: Hub) -> None:
    """Add the routes of searches."""

    @routes.route("POST", *(f"{path}/search" for path in OBJECTS), search=True)
    async def search(request: Request, kind: str) -> Response:
        if len(await request.body()) > _MOST_BODY:
            raise invalid(f"The request body is over {_MOST_BODY} characters")
        query = _query(await body_of(request))
        known = hub.schema.of(kind)
        for sent in (one for group in query.groups for one in group):
            refuse_unfit(sent, _definition(known, str(sent.get("propertyName"))))
        if query.sort and query.sort not in known:
            raise invalid(f"There is no property {query.sort} to sort by")
        return JSONResponse(_found(hub, kind, known, query))


def _query(body: dict[str, Any]) -> _Query:
    """Raises RefusedError for what can't be searched for."""
    groups = _groups(body)
    limit, after = _whole(body, "limit", 10), _whole(body, "after", 0)
    if not 0 < limit <= _MOST_PAGE:
        raise invalid(f"limit must be between 1 and {_MOST_PAGE}")
    if after + limit > _MOST_ROWS:
        raise invalid(f"A query shows at most {_MOST_ROWS} results: narrow it by a filter")
    name, descending = _sort(body.get("sorts") or [])
    words = str(body.get("query") or "").lower().split()
    return _Query(groups, words, name, descending, limit, after, body.get("properties") or [])


def _groups(body: dict[str, Any]) -> list[list[Filter]]:
    listed = body.get("filterGroups") or []
    try:
        groups = [[dict(one) for one in group["filters"]] for group in listed]
    except (KeyError, TypeError, ValueError) as error:
        raise unreadable(f"filterGroups must be objects with filters: {error!r}") from error
    if plain := body.get("filters"):
        groups.append([dict(one) for one in plain])
    if len(groups) > _MOST_GROUPS:
        raise invalid(f"At most {_MOST_GROUPS} filterGroups, there are {len(groups)}")
    if any(len(group) > _MOST_OF_GROUP for group in groups):
        raise invalid(f"At most {_MOST_OF_GROUP} filters in a filterGroup")
    if sum(map(len, groups)) > _MOST_FILTERS:
        raise invalid(f"At most {_MOST_FILTERS} filters in all")
    if not all(groups):
        raise invalid("A filterGroup needs a filter")
    return groups


def _whole(body: dict[str, Any], name: str, default: int) -> int:
    value = str(body.get(name) or default)
    if not value.isdigit():
        raise unreadable(f"{name} must be a number")
    return int(value)


def _sort(sorts: list[Any]) -> tuple[str, bool]:
    """The property, '' for none, and whether it descends."""
    if len(sorts) > 1:
        raise invalid("Only one sort is supported")
    if not sorts:
        return "", False
    sort = sorts[0]
    if isinstance(sort, str) and sort.startswith("{"):
        sort = json.loads(sort)
    if isinstance(sort, str):
        return sort.removeprefix("-"), sort.startswith("-")
    if sort.get("direction", "ASCENDING") not in {"ASCENDING", "DESCENDING"}:
        raise unreadable(f"{sort['direction']} is no direction")
    return str(sort.get("propertyName")), sort.get("direction") == "DESCENDING"


def _definition(known: dict[str, Definition], name: str) -> Definition | None:
    if name.startswith(_LINKED):
        type_named(name.removeprefix(_LINKED))
        return known["hs_object_id"]
    return known.get(name)


def _found(hub: Hub, kind: str, known: dict[str, Definition], query: _Query) -> dict[str, Any]:
    """What may be found: changed long enough ago, and not archived."""
    visible = iso(time.time() - hub.search_lag)
    hits = [
        thing
        for thing in hub.store.all(f"hubspot.{kind}").values()
        if not thing["archived"]
        and thing["updatedAt"] <= visible
        and _matches(hub, kind, known, query, thing)
    ]
    if query.sort:
        by = known[query.sort]
        hits.sort(
            key=lambda thing: sort_key(thing["properties"].get(query.sort), by),
            reverse=query.descending,
        )
        hits.sort(key=lambda thing: not thing["properties"].get(query.sort))  # none at the end
    end = query.after + query.limit
    rows = [shown(hub, kind, thing, query.wanted) for thing in hits[query.after : end]]
    more = {"paging": {"next": {"after": str(end)}}} if end < len(hits) else {}
    return {"total": len(hits), "results": rows, **more}


def _matches(
    hub: Hub, kind: str, known: dict[str, Definition], query: _Query, thing: Thing
) -> bool:
    text = " ".join(str(thing["properties"].get(name) or "") for name in _QUERIED[kind]).lower()
    if not all(word in text for word in query.words):
        return False
    return not query.groups or any(
        all(_passes(hub, kind, known, sent, thing) for sent in group) for group in query.groups
    )


def _passes(hub: Hub, kind: str, known: dict[str, Definition], sent: Filter, thing: Thing) -> bool:
    name = sent["propertyName"]
    if name.startswith(_LINKED):
        others = hub.links(kind, thing["id"], type_named(name.removeprefix(_LINKED)))
        texts = {"type": "enumeration"}
        return passes(";".join(others), sent, texts)
    return passes(thing["properties"].get(name), sent, known[name])
