"""Who is on a list.

Source: HubSpot's page "Lists": only lists that are MANUAL or SNAPSHOT take members by hand; ids
that aren't there are named, those that are on the list already are passed over.
"""

import time
from collections.abc import Sequence
from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.hubspot.answers import page
from sandbox.hubspot.errors import invalid, iso, unreadable
from sandbox.hubspot.hub import Hub
from sandbox.hubspot.lists import LISTS, list_of, members_of
from sandbox.hubspot.object_types import type_named
from sandbox.hubspot.requests import body_of, json_of, number
from sandbox.hubspot.routing import Routes
from sandbox.hubspot.sequences import show
from sandbox.store import Thing

_MOST = 100_000


def serve_memberships(routes: Routes, hub: Hub) -> None:
    """Add the routes of memberships."""
    route, store = routes.route, hub.store
    members = tuple(f"{path}/{{ident}}/memberships" for path in LISTS)

    @route("PUT", *(f"{path}/add" for path in members))
    async def add(request: Request, ident: str) -> Response:
        return JSONResponse(_change(hub, ident, await _ids(request), ()))

    @route("PUT", *(f"{path}/remove" for path in members))
    async def remove(request: Request, ident: str) -> Response:
        return JSONResponse(_change(hub, ident, (), await _ids(request)))

    @route("PUT", *(f"{path}/add-and-remove" for path in members))
    async def add_and_remove(request: Request, ident: str) -> Response:
        body = await body_of(request)
        added, removed = body.get("recordIdsToAdd") or (), body.get("recordIdsToRemove") or ()
        return JSONResponse(_change(hub, ident, added, removed))

    @route("DELETE", *members)
    async def clear(request: Request, ident: str) -> Response:
        del request
        _change(hub, ident, (), [row["contact"] for row in members_of(hub, ident)])
        return Response(status_code=204)

    @route("GET", *members, *(f"{path}/join-order" for path in members))
    async def list_page(request: Request, ident: str) -> Response:
        list_of(hub, ident)
        rows = [
            {"recordId": row["contact"], "membershipTimestamp": iso(row["entered"])}
            for row in members_of(hub, ident)
        ]
        shown = page(
            rows, number(request, "limit", 100, 250), request.query_params.get("after", "")
        )
        return JSONResponse({**shown, "total": len(rows)})

    @route("GET", *(f"{path}/records/{{kind}}/{{record}}/memberships" for path in LISTS))
    async def of_record(request: Request, kind: str, record: str) -> Response:
        del request
        hub.get(kind, record)
        rows = [
            {
                "listId": row["list"],
                "listVersion": 1,
                "firstAddedTimestamp": iso((row["spells"] or [[row["entered"]]])[0][0]),
                "lastAddedTimestamp": iso(row["entered"]),
            }
            for row in store.all("hubspot.memberships").values()
            if row["contact"] == record and row["left"] is None
        ]
        return JSONResponse({"results": rows, "total": len(rows)})


async def _ids(request: Request) -> list[str]:
    ids = await json_of(request)
    if not isinstance(ids, list):
        raise unreadable("a list of record ids is needed")
    return ids


def _change(hub: Hub, ident: str, added: Sequence[Any], removed: Sequence[Any]) -> Thing:
    """Put records on a list and take others off. Raises RefusedError."""
    held = list_of(hub, ident)
    if held["processingType"] == "DYNAMIC":
        raise invalid("Memberships of a DYNAMIC list can't be changed")
    if len(added) + len(removed) > _MOST:
        raise invalid(f"At most {_MOST} records in a call")
    kind = type_named(held["objectTypeId"])
    there = {
        str(i): found["id"] for i in (*added, *removed) if (found := hub.find(kind, str(i), None))
    }
    entered = [there[i] for i in map(str, added) if i in there and _enter(hub, ident, there[i])]
    left = [there[i] for i in map(str, removed) if i in there and _leave(hub, ident, there[i])]
    missing = [str(i) for i in (*added, *removed) if str(i) not in there]
    return {"recordIdsMissing": missing, "recordsIdsAdded": entered, "recordIdsRemoved": left}


def _enter(hub: Hub, ident: str, record: str) -> bool:
    """Whether a record was put on a list on which it wasn't."""
    key = f"{ident}:{record}"
    row = hub.store.get("hubspot.memberships", key)
    if row is not None and row["left"] is None:
        return False
    spells = (row or {}).get("spells", [])
    joined = {"list": ident, "contact": record, "entered": time.time(), "left": None}
    hub.store.put("hubspot.memberships", key, {**joined, "spells": spells})
    if hub.store.get("hubspot.workflows", ident) and (thing := hub.find("contacts", record, None)):
        show(hub, thing, inside=False)
    return True


def _leave(hub: Hub, ident: str, record: str) -> bool:
    """Whether a record was taken off a list on which it was."""
    key = f"{ident}:{record}"
    row = hub.store.get("hubspot.memberships", key)
    if row is None or row["left"] is not None:
        return False
    left = time.time()
    gone = {**row, "left": left, "spells": [*row["spells"], [row["entered"], left]]}
    hub.store.put("hubspot.memberships", key, gone)
    return True
