"""Sequences, entering one and leaving it (docs/design/vendors.md Apollo 1.3)."""

import time
from typing import Any

from fastapi import Request

from sandbox.apollo.contacts import named, touch
from sandbox.apollo.lookups import pagination
from sandbox.apollo.routing import RefusedError, Routes
from sandbox.apollo.shapes import contact, stamp
from sandbox.store import Store, Thing

_STOP = "emailer_campaigns/remove_or_stop_contact_ids"


def serve_sequences(routes: Routes) -> None:
    """Add the routes."""
    store, route = routes.store, routes.route

    @route("GET POST", "/emailer_campaigns/search")
    async def sequences(request: Request) -> Any:
        del request
        found = list(store.all("apollo.sequences").values())
        return {
            "emailer_campaigns": found,
            "pagination": pagination(1, 100, len(found)),
            "breadcrumbs": [],
            "num_fetch_result": None,
        }

    @route("POST", f"/{_STOP}")
    async def stop(request: Request) -> Any:
        campaigns = request.query_params.getlist("emailer_campaign_ids[]")
        changed = named(store, request)
        for one in changed:
            _finish(one, campaigns)
            touch(store, one)
        return {
            "contacts": [*map(contact, changed)],
            "emailer_campaigns": [],
            "num_contacts": len(changed),
        }

    add_path = "/emailer_campaigns/{ident}/add_contact_ids"

    @route("POST", add_path, "emailer_campaigns/add_contact_ids")
    async def add(request: Request, ident: str) -> Any:
        _check_enrolment(store, request, ident)
        added: list[Thing] = []
        skipped: dict[str, str] = {}
        for one in request.query_params.getlist("contact_ids[]"):
            found = store.get("apollo.contacts", one)
            if (reason := _skips(store, found, ident, request.query_params)) or found is None:
                skipped[one] = reason
                continue
            _enter(store, found, ident)
            added.append(contact(found))
        return {
            "contacts": added,
            "skipped_contact_ids": skipped,
            "emailer_campaign": store.get("apollo.sequences", ident),
            "emailer_steps": [],
            "emailer_touches": [],
            "team": {"id": "0" * 24},
        }


def _check_enrolment(store: Store, request: Request, ident: str) -> None:
    """Raises RefusedError for a call without contacts, sequence or mailbox."""
    query = request.query_params
    if not query.getlist("contact_ids[]") and not query.getlist("label_names[]"):
        raise RefusedError("Please specify either contact_ids or label_names.")
    mailbox = store.get("apollo.mailboxes", query.get("send_email_from_email_account_id", ""))
    if query.get("emailer_campaign_id") != ident or mailbox is None:
        raise RefusedError(
            "Please specify a emailer_campaign_id and send_email_from_email_account_id."
        )


def _finish(found: Thing, campaigns: list[str]) -> None:
    for status in found["contact_campaign_statuses"]:
        if status["emailer_campaign_id"] in campaigns:
            status.update(
                status="finished",
                inactive_reason="manually finished",
                finished_at=stamp(time.time()),
            )


def _enter(store: Store, found: Thing, sequence: str) -> None:
    status = {
        "id": f"{len(found['contact_campaign_statuses']):024x}",
        "emailer_campaign_id": sequence,
        "status": "active",
        "added_at": stamp(time.time()),
        "inactive_reason": None,
        "failure_reason": None,
    }
    found["contact_campaign_statuses"].append(status)
    touch(store, found)


def _skips(store: Store, found: Thing | None, sequence: str, query: Any) -> str:
    """Why a contact may not enter, '' if it may (control: apollo_skips, by contact id, for the
    reasons that don't follow from the store)."""
    if found is None or store.get("apollo.sequences", sequence) is None:
        return "contact_not_found"
    if (told := (store.get("control", "apollo_skips") or {}).get(found["id"])) is not None:
        return str(told)
    statuses = found["contact_campaign_statuses"]
    if sequence in [s["emailer_campaign_id"] for s in statuses]:
        return "contacts_already_exists_in_current_campaign"
    running = any(s["status"] in {"active", "paused"} for s in statuses)
    if running and query.get("sequence_active_in_other_campaigns") != "true":
        return "contacts_active_in_other_campaigns"
    return "" if found.get("email") else "contacts_without_email"
