"""Apollo as its OpenAPI describes it, on the sandbox's store.

Sources: docs/design/vendors.md Apollo, sections named at each route.
"""

import math
import time
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.faults import FixedWindows
from sandbox.store import Store, Thing

KEY = "sandbox-apollo-key-0001"
# a custom plan's
LIMITS = {"minute": (1000, 60.0), "hourly": (6000, 3600.0), "24-hour": (50000, 86400.0)}


def stamp(at: float) -> str:
    """Apollo's time text."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def make_router(store: Store, limits: dict[str, tuple[int, float]] | None = None) -> APIRouter:
    """Every Apollo route, with its key check and its windows' headers."""
    router = APIRouter()
    windows = FixedWindows(limits or LIMITS)

    def admit(request: Request, endpoint: str) -> tuple[dict[str, str], Response | None]:
        if request.headers.get("x-api-key") != KEY:
            return {}, PlainTextResponse(
                "Invalid API key. See https://docs.apollo.io/reference/authentication for how to authenticate.",
                401,
            )
        left, spent, wait = windows.take(endpoint)
        headers = {f"x-{name}-requests-left": str(n) for name, n in left.items()}
        headers |= {
            f"x-rate-limit-{name}": str(limit) for name, (limit, _) in windows.limits.items()
        }
        if spent:
            per = {"minute": "minute", "hourly": "hour", "24-hour": "day"}[spent]
            said = f"The maximum number of api calls allowed for api/v1/{endpoint} is {windows.limits[spent][0]} times per {per}."
            return headers, JSONResponse(
                {"message": said}, 429, {**headers, "retry-after": str(math.ceil(wait))}
            )
        return headers, None

    @router.post("/contacts/search")
    async def search(request: Request) -> Response:
        headers, refused = admit(request, "contacts/search")
        if refused:
            return refused
        query = {**request.query_params, **(await request.json() if await request.body() else {})}
        page, per_page = int(query.get("page", 1)), int(query.get("per_page", 25))
        if per_page == 0:
            return JSONResponse({"error": "An error occurred. Per page cannot be 0."}, 422, headers)
        if page * per_page > 50_000:
            return JSONResponse(
                {"error": "Invalid parameter passed in. Page * per page number is over threshold."},
                422,
                headers,
            )
        found = _matching(store, query)
        some = found[(page - 1) * per_page : page * per_page]
        pages = math.ceil(len(found) / per_page)
        pagination = {
            "page": page,
            "per_page": per_page,
            "total_entries": len(found),
            "total_pages": pages,
        }
        body = {
            "contacts": some,
            "breadcrumbs": [],
            "partial_results_only": False,
            "has_join": False,
            "disable_eu_prospecting": False,
            "partial_results_limit": 10000,
            "pagination": pagination,
            "num_fetch_result": None,
        }
        return JSONResponse(body, 200, headers)

    @router.get("/contacts/{ident}")
    async def contact(ident: str, request: Request) -> Response:
        headers, refused = admit(request, "contacts/show")
        if refused:
            return refused
        found = store.get("apollo.contacts", ident)
        if found is None:
            return JSONResponse(
                {"error": "Oops! This contact does not exist in Apollo."}, 422, headers
            )
        return JSONResponse({"contact": found}, 200, headers)

    @router.get("/labels")
    async def labels(request: Request) -> Response:
        headers, refused = admit(request, "labels")
        return refused or JSONResponse(list(store.all("apollo.labels").values()), 200, headers)

    @router.get("/typed_custom_fields")
    async def typed_custom_fields(request: Request) -> Response:
        headers, refused = admit(request, "typed_custom_fields")
        return refused or JSONResponse(
            {"typed_custom_fields": list(store.all("apollo.fields").values())}, 200, headers
        )

    @router.get("/contact_stages")
    async def stages(request: Request) -> Response:
        headers, refused = admit(request, "contact_stages")
        return refused or JSONResponse(
            {"contact_stages": list(store.all("apollo.stages").values())}, 200, headers
        )

    @router.get("/users/search")
    async def users(request: Request) -> Response:
        headers, refused = admit(request, "users/search")
        return refused or JSONResponse(
            {"users": list(store.all("apollo.users").values())}, 200, headers
        )

    @router.get("/organizations/enrich")
    async def enrich(request: Request) -> Response:
        headers, refused = admit(request, "organizations/enrich")
        if refused:
            return refused
        domain = request.query_params.get("domain", "")
        if not domain:
            return JSONResponse({"error": "Required parameter 'domain' missing"}, 422, headers)
        return JSONResponse(
            {"organization": store.get("apollo.organizations", domain)}, 200, headers
        )

    @router.api_route("/emailer_messages/search", methods=["GET", "POST"])
    async def messages(request: Request) -> Response:
        headers, refused = admit(request, "emailer_messages/search")
        if refused:
            return refused
        stats = set(request.query_params.getlist("emailer_message_stats[]"))
        least = request.query_params.get("emailer_message_date_range[min]", "")
        page, per_page = (
            int(request.query_params.get("page", 1)),
            int(request.query_params.get("per_page", 25)),
        )
        found = [
            _public(m)
            for m in store.all("apollo.messages").values()
            if _shows(m, stats) and (m["completed_at"] or "")[:10] >= least
        ]
        some = found[(page - 1) * per_page : page * per_page]
        return JSONResponse(
            {
                "emailer_messages": some,
                "emailer_steps": [],
                "breadcrumbs": [],
                "num_fetch_result": None,
            },
            200,
            headers,
        )

    @router.post("/emailer_campaigns/remove_or_stop_contact_ids")
    async def stop(request: Request) -> Response:
        headers, refused = admit(request, "emailer_campaigns/remove_or_stop_contact_ids")
        if refused:
            return refused
        ids, campaigns = (
            request.query_params.getlist("contact_ids[]"),
            request.query_params.getlist("emailer_campaign_ids[]"),
        )
        changed = [c for i in ids if (c := store.get("apollo.contacts", i)) is not None]
        for c in changed:
            for status in c["contact_campaign_statuses"]:
                if status["emailer_campaign_id"] in campaigns:
                    status.update(
                        status="finished",
                        inactive_reason="manually finished",
                        finished_at=stamp(time.time()),
                    )
            _touch(store, c)
        return JSONResponse(
            {"contacts": changed, "emailer_campaigns": [], "num_contacts": len(changed)},
            200,
            headers,
        )

    @router.post("/emailer_campaigns/{ident}/add_contact_ids")
    async def add(ident: str, request: Request) -> Response:
        headers, refused = admit(request, "emailer_campaigns/add_contact_ids")
        if refused:
            return refused
        query, ids = request.query_params, request.query_params.getlist("contact_ids[]")
        if not ids and not query.getlist("label_names[]"):
            return JSONResponse(
                {"error": "Please specify either contact_ids or label_names."}, 422, headers
            )
        mailbox = store.get("apollo.mailboxes", query.get("send_email_from_email_account_id", ""))
        if query.get("emailer_campaign_id") != ident or mailbox is None:
            said = "Please specify a emailer_campaign_id and send_email_from_email_account_id."
            return JSONResponse({"error": said}, 422, headers)
        added, skipped = [], {}
        for i in ids:
            contact = store.get("apollo.contacts", i)
            if (reason := _skips(store, contact, ident, query)) or contact is None:
                skipped[i] = reason
                continue
            at = stamp(time.time())
            status = {
                "id": f"{len(contact['contact_campaign_statuses']):024x}",
                "emailer_campaign_id": ident,
                "status": "active",
            }
            contact["contact_campaign_statuses"].append(
                {**status, "added_at": at, "inactive_reason": None, "failure_reason": None}
            )
            _touch(store, contact)
            added.append(contact)
        campaign = store.get("apollo.sequences", ident)
        body = {"contacts": added, "skipped_contact_ids": skipped, "emailer_campaign": campaign}
        body |= {"emailer_steps": [], "emailer_touches": [], "team": {"id": "0" * 24}}
        return JSONResponse(body, 200, headers)

    @router.get("/email_accounts")
    async def mailboxes(request: Request) -> Response:
        headers, refused = admit(request, "email_accounts")
        return refused or JSONResponse(
            {"email_accounts": list(store.all("apollo.mailboxes").values())}, 200, headers
        )

    @router.api_route("/emailer_campaigns/search", methods=["GET", "POST"])
    async def sequences(request: Request) -> Response:
        headers, refused = admit(request, "emailer_campaigns/search")
        found = list(store.all("apollo.sequences").values())
        pagination = {"page": 1, "per_page": 100, "total_entries": len(found), "total_pages": 1}
        return refused or JSONResponse(
            {"emailer_campaigns": found, "pagination": pagination, "breadcrumbs": []}, 200, headers
        )

    @router.post("/contacts/update_owners")
    async def update_owners(request: Request) -> Response:
        headers, refused = admit(request, "contacts/update_owners")
        if refused:
            return refused
        owner = request.query_params.get("owner_id", "")
        changed = [
            c
            for i in request.query_params.getlist("contact_ids[]")
            if (c := store.get("apollo.contacts", i)) is not None
        ]
        for c in changed:
            c["owner_id"] = owner
            _touch(store, c)
        body = {
            "contacts": [{"id": c["id"], "owner_id": owner, "crm_owner_id": None} for c in changed]
        }
        return JSONResponse(body, 200, headers)

    @router.post("/contacts/update_stages")
    async def update_stages(request: Request) -> Response:
        headers, refused = admit(request, "contacts/update_stages")
        if refused:
            return refused
        changed = [
            c
            for i in request.query_params.getlist("contact_ids[]")
            if (c := store.get("apollo.contacts", i)) is not None
        ]
        for c in changed:
            c["contact_stage_id"] = request.query_params["contact_stage_id"]
            _touch(store, c)
        return JSONResponse({"contacts": changed}, 200, headers)

    return router


def _skips(store: Store, contact: Thing | None, sequence: str, query: Any) -> str:
    """Why a contact may not enter, '' if it may (docs/design/vendors.md Apollo 1.3;
    control: apollo_skips, by contact id, for the rest of the reasons)."""
    if contact is None or store.get("apollo.sequences", sequence) is None:
        return "contact_not_found"
    if (told := (store.get("control", "apollo_skips") or {}).get(contact["id"])) is not None:
        return str(told)
    running = [
        s["emailer_campaign_id"]
        for s in contact["contact_campaign_statuses"]
        if s["status"] in {"active", "paused"}
    ]
    if sequence in [s["emailer_campaign_id"] for s in contact["contact_campaign_statuses"]]:
        return "contacts_already_exists_in_current_campaign"
    if running and query.get("sequence_active_in_other_campaigns") != "true":
        return "contacts_active_in_other_campaigns"
    return "" if contact.get("email") else "contacts_without_email"


def _touch(store: Store, contact: Thing) -> None:
    contact["updated_at"] = stamp(time.time())
    store.put("apollo.contacts", contact["id"], contact)


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
    field = {"contact_updated_at": "updated_at", "contact_created_at": "created_at"}.get(
        str(query.get("sort_by_field")), "created_at"
    )
    return sorted(found, key=lambda c: (c[field], c["id"]), reverse=not query.get("sort_ascending"))


def _shows(message: Thing, stats: set[str]) -> bool:
    """Unknown stats filter nothing: the whole set comes (docs/design/vendors.md Apollo 4)."""
    known = {
        "bounced": "bounce",
        "spam_blocked": "spam_blocked",
        "replied": "replied",
        "unsubscribed": "unsubscribed",
    }
    wanted = [known[s] for s in stats if s in known]
    return not wanted or any(message.get(w) for w in wanted)


def _public(message: Thing) -> Thing:
    """Apollo's message has no `unsubscribed` field: only the filter knows
    (docs/design/vendors.md Apollo 4)."""
    return {k: v for k, v in message.items() if k != "unsubscribed"}
