"""Lists, memberships and the opt-out."""

import time
from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.hubspot.hub import Hub, RefusedError
from sandbox.hubspot.routing import Routes
from sandbox.hubspot.sequences import show
from sandbox.store import Store


def serve_lists(routes: Routes, hub: Hub) -> None:
    """Add the routes of lists and communication preferences."""
    route, store = routes.route, hub.store
    lists = ("/crm/v3/lists", "/crm/lists/{version}")

    @route("POST", *(f"{x}/search" for x in lists))
    async def find_lists(request: Request, version: str = "") -> Response:
        del version
        query = (await request.json()).get("query", "").casefold()
        found = [
            item for item in store.all("hubspot.lists").values() if query in item["name"].casefold()
        ]
        return JSONResponse(
            {"lists": found, "total": len(found), "offset": len(found), "hasMore": False}
        )

    @route("POST", *lists, "/crm/v3/lists/")
    async def make_list(request: Request, version: str = "") -> Response:
        del version
        body = await request.json()
        ident = store.next_id("hubspot.lists", 1)
        made = store.put("hubspot.lists", ident, {**body, "listId": ident})
        return JSONResponse({"list": made})

    @route("PUT", *(f"{x}/{{ident}}/memberships/add" for x in lists))
    async def add(request: Request, ident: str, version: str = "") -> Response:
        del version
        return _membership(store, hub, ident, await request.json(), entering=True)

    @route("PUT", *(f"{x}/{{ident}}/memberships/remove" for x in lists))
    async def remove(request: Request, ident: str, version: str = "") -> Response:
        del version
        return _membership(store, hub, ident, await request.json(), entering=False)

    @route("POST", "/communication-preferences/v4/statuses/{email}/unsubscribe-all")
    async def unsubscribe(request: Request, email: str) -> Response:
        del request
        thing = hub.find("contacts", email, "email")
        if thing is not None:
            thing["properties"]["hs_email_optout"] = "true"
            show(hub, thing, inside=False)
        return JSONResponse({"status": "COMPLETE", "results": []})


def _membership(store: Store, hub: Hub, ident: str, ids: list[Any], *, entering: bool) -> Response:
    if store.get("hubspot.lists", ident) is None:
        raise RefusedError(404, "OBJECT_NOT_FOUND", "List does not exist")
    there = [str(i) for i in ids if hub.find("contacts", str(i), None)]
    missing = [str(i) for i in ids if str(i) not in there]
    done = []
    for contact in there:
        key = f"{ident}:{contact}"
        row = store.get("hubspot.memberships", key)
        inside = row is not None and row["left"] is None
        if entering and not inside:
            before = (row or {}).get("spells", [])
            store.put(
                "hubspot.memberships",
                key,
                {
                    "list": ident,
                    "contact": contact,
                    "entered": time.time(),
                    "left": None,
                    "spells": before,
                },
            )
            done.append(contact)
            if store.get("hubspot.workflows", ident) and (
                thing := hub.find("contacts", contact, None)
            ):
                show(hub, thing, inside=False)
        if not entering and inside and row is not None:
            left = time.time()
            store.put(
                "hubspot.memberships",
                key,
                {**row, "left": left, "spells": [*row["spells"], [row["entered"], left]]},
            )
            done.append(contact)
    added, removed = (done, []) if entering else ([], done)
    return JSONResponse(
        {"recordIdsMissing": missing, "recordsIdsAdded": added, "recordIdsRemoved": removed}
    )
