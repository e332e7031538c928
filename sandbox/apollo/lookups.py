"""Lists, stages, fields, users and companies (docs/design/vendors.md Apollo 1.3)."""

from collections import Counter
from typing import Any

from fastapi import Request

from sandbox.apollo.routing import RefusedError, Routes
from sandbox.apollo.shapes import organization
from sandbox.store import Thing


def serve_lookups(routes: Routes) -> None:
    """Add the routes."""
    store, route = routes.store, routes.route

    @route("GET", "/labels")
    async def labels(request: Request) -> Any:
        del request
        contacts = store.all("apollo.contacts").values()
        on_lists = Counter(ident for one in contacts for ident in one.get("label_ids") or ())
        counted: list[Thing] = []
        for ident, label in store.all("apollo.labels").items():
            counted.append({**label, "cached_count": on_lists[ident]})
        return counted

    @route("POST", "/labels/remove_entity_ids_from_label_names")
    async def leave_lists(request: Request) -> Any:
        body = await request.json()
        if body.get("modality") not in {"contacts", "accounts"}:
            raise RefusedError("Required parameter 'modality' missing or invalid")
        names = body.get("label_names") or []
        labels = store.all("apollo.labels")
        gone = {ident for ident, label in labels.items() if label["name"] in names}
        there = filter(None, (store.get("apollo.contacts", i) for i in body["entity_ids"]))
        contacts = [*there] if body["modality"] == "contacts" else []
        if not contacts or not names:
            return {"message": "No Models or Lists provided"}
        for one in contacts:
            one["label_ids"] = [i for i in one.get("label_ids") or () if i not in gone]
            store.put("apollo.contacts", one["id"], one)
        return {"labels": [labels[ident] for ident in sorted(gone)]}

    @route("GET", "/typed_custom_fields")
    async def typed_custom_fields(request: Request) -> Any:
        del request
        return {"typed_custom_fields": list(store.all("apollo.fields").values())}

    @route("GET", "/contact_stages")
    async def stages(request: Request) -> Any:
        del request
        return {"contact_stages": list(store.all("apollo.stages").values())}

    @route("GET", "/users/search")
    async def users(request: Request) -> Any:
        del request
        found = list(store.all("apollo.users").values())
        # numbers as text, as the OpenAPI has it for this endpoint alone
        pages = {**pagination(1, 100, len(found)), "page": "1", "per_page": "100"}
        return {"users": found, "pagination": pages, "num_fetch_result": None}

    @route("GET", "/email_accounts")
    async def mailboxes(request: Request) -> Any:
        del request
        return {"email_accounts": list(store.all("apollo.mailboxes").values())}

    @route("GET", "/organizations/enrich")
    async def enrich(request: Request) -> Any:
        domain = request.query_params.get("domain", "")
        if not domain:
            raise RefusedError("Required parameter 'domain' missing")
        return {"organization": organization(store.get("apollo.organizations", domain))}


def pagination(page: int, per_page: int, total: int) -> dict[str, int]:
    """What a listing says of its pages."""
    pages = -(-total // per_page)
    return {"page": page, "per_page": per_page, "total_entries": total, "total_pages": pages}
