"""Contacts: searched for, shown, given to an owner, put into a stage (docs/design/vendors.md Apollo
1.2 and 1.3)."""

import time
from typing import Any

from fastapi import Request

from sandbox.apollo.lookups import pagination
from sandbox.apollo.routing import RefusedError, Routes
from sandbox.apollo.shapes import contact, contact_alone, contact_in_search, stamp
from sandbox.store import Store, Thing

_SORTED_BY = {"contact_updated_at": "updated_at", "contact_created_at": "created_at"}
_PAGE, _LAST_PAGE = 100, 500


def serve_contacts(routes: Routes) -> None:
    """Add the routes."""
    store, route = routes.store, routes.route

    @route("POST", "/contacts/search")
    async def search(request: Request) -> Any:
        query = {**request.query_params, **(await request.json() if await request.body() else {})}
        page, per_page = int(query.get("page", 1)), int(query.get("per_page", 25))
        if per_page == 0:
            raise RefusedError("An error occurred. Per page cannot be 0.")
        if page > (last := _last_page(store)) or page * per_page > last * _PAGE:
            raise RefusedError(
                "Invalid parameter passed in. Page * per page number is over threshold."
            )
        found = _matching(store, query)
        some = found[(page - 1) * per_page : page * per_page]
        return {
            "contacts": [*map(contact_in_search, some)],
            "breadcrumbs": [],
            "partial_results_only": False,
            "has_join": False,
            "disable_eu_prospecting": False,
            "partial_results_limit": 10000,
            "pagination": pagination(page, per_page, len(found)),
            "num_fetch_result": None,
        }

    @route("GET", "/contacts/{ident}", "contacts/show")
    async def show(request: Request, ident: str) -> Any:
        del request
        found = store.get("apollo.contacts", ident)
        if found is None:
            raise RefusedError("Oops! This contact does not exist in Apollo.")
        return {"contact": contact_alone(found)}

    @route("POST", "/contacts/update_owners")
    async def update_owners(request: Request) -> Any:
        owner = request.query_params.get("owner_id", "")
        changed = named(store, request)
        for one in changed:
            one["owner_id"] = owner
            touch(store, one)
        rows = [{"id": c["id"], "owner_id": owner, "crm_owner_id": None} for c in changed]
        return {"contacts": rows}

    @route("POST", "/contacts/update_stages")
    async def update_stages(request: Request) -> Any:
        changed = named(store, request)
        for one in changed:
            one["contact_stage_id"] = request.query_params["contact_stage_id"]
            touch(store, one)
        return {"contacts": [*map(contact, changed)]}


def named(store: Store, request: Request) -> list[Thing]:
    """The contacts that a call names and that are there."""
    found: list[Thing] = []
    for ident in request.query_params.getlist("contact_ids[]"):
        if (one := store.get("apollo.contacts", ident)) is not None:
            found.append(one)
    return found


def touch(store: Store, found: Thing) -> None:
    """Keep a contact that was changed now."""
    found["updated_at"] = stamp(time.time())
    store.put("apollo.contacts", found["id"], found)


def _last_page(store: Store) -> int:
    """The last page that is shown (control: apollo_last_page, for a small account that Apollo shows
    in part)."""
    return int((store.get("control", "apollo_last_page") or {}).get("number", _LAST_PAGE))


def _matching(store: Store, query: dict[str, Any]) -> list[Thing]:
    found = list(store.all("apollo.contacts").values())
    if words := str(query.get("q_keywords") or "").casefold():
        found = [
            c
            for c in found
            if words in (c.get("email") or "").casefold() or words in c["name"].casefold()
        ]
    if labels := query.get("contact_label_ids"):
        found = [c for c in found if set(labels) & set(c["label_ids"])]
    if stages := query.get("contact_stage_ids"):
        found = [c for c in found if c.get("contact_stage_id") in stages]
    field = _SORTED_BY.get(str(query.get("sort_by_field")), "created_at")
    return sorted(found, key=lambda c: (c[field], c["id"]), reverse=not query.get("sort_ascending"))
