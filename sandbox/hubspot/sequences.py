"""Sequences: who may enrol whom, one at a time, and no way out by the API
(docs/design/vendors.md HubSpot 1.8).

A portal's own workflow, that takes out of sequences whoever enters a list, is put into
`hubspot.workflows` under that list's id; HubSpot by itself takes out who unsubscribes, bounces
or replies.
"""

import time

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.hubspot.errors import invalid, iso, not_found
from sandbox.hubspot.hub import Hub
from sandbox.hubspot.requests import body_of
from sandbox.hubspot.routing import Routes
from sandbox.store import Thing

MOST_A_DAY = 1000
_DAY = 86_400.0


def serve_sequences(routes: Routes, hub: Hub) -> None:
    """Add the routes of sequences."""
    route, store = routes.route, hub.store
    enrolments = (
        "/automation/v4/sequences/enrollments",
        "/automation/sequences/{version}/enrollments",
    )

    @route("POST", *enrolments)
    async def enrol(request: Request) -> Response:
        body, user = await body_of(request), request.query_params.get("userId", "")
        if wrong := [
            n
            for n in ("contactId", "sequenceId", "senderEmail")
            if not isinstance(body.get(n), str) or not body[n]
        ]:
            raise invalid(f"{', '.join(wrong)} must be text")
        owner = next(
            (o for o in store.all("hubspot.owners").values() if str(o["userId"]) == user), None
        )
        if owner is None:
            raise invalid(f"userId {user} is no user with a seat")
        if body["senderEmail"] != owner["email"]:
            raise invalid(f"{body['senderEmail']} is not connected to user {user}")
        sequence = store.get("hubspot.sequences", body["sequenceId"])
        if sequence is None:
            raise not_found(f"sequence {body['sequenceId']} not found")
        contact = hub.find("contacts", body["contactId"], None)
        if contact is None:
            raise not_found("contact not found")
        since, box = iso(time.time() - _DAY), owner["email"]
        sent = [
            e
            for e in store.all("hubspot.enrollments").values()
            if e["enrolledByEmail"] == box and e["enrolledAt"] > since
        ]
        if reason := _refusal(contact, len(sent)):
            raise invalid(f"Contact can't be enrolled: {reason}")
        ident, now = store.next_id("hubspot.enrollments", 1), iso()
        made = {
            "id": ident,
            "toEmail": contact["properties"].get("email"),
            "enrolledAt": now,
            "updatedAt": now,
        }
        kept = {
            **made,
            "contactId": contact["id"],
            "sequenceId": sequence["id"],
            "sequenceName": sequence["name"],
        }
        store.put(
            "hubspot.enrollments",
            ident,
            {**kept, "enrolledBy": user, "enrolledByEmail": owner["email"]},
        )
        show(hub, contact, inside=True)
        return JSONResponse(made)

    @route("GET", "/automation/v4/sequences/{ident}", "/automation/sequences/{version}/{ident}")
    async def show_sequence(request: Request, ident: str) -> Response:
        if not any(
            str(o["userId"]) == request.query_params.get("userId")
            for o in store.all("hubspot.owners").values()
        ):
            raise invalid("userId must be a user's")
        found = store.get("hubspot.sequences", ident)
        if found is None:
            raise not_found(f"sequence {ident} not found")
        return JSONResponse(found)

    @route("GET", *(f"{e}/contact/{{ident}}" for e in enrolments))
    async def last(request: Request, ident: str) -> Response:
        """The newest, without a word whether it still runs."""
        del request
        found = [e for e in store.all("hubspot.enrollments").values() if e["contactId"] == ident]
        if not found:
            raise not_found("no enrollment")
        return JSONResponse(
            {name: value for name, value in found[-1].items() if name != "contactId"}
        )


def _refusal(contact: Thing, sent: int) -> str:
    p = contact["properties"]
    if p.get("hs_sequences_is_enrolled") == "true":
        return "ALREADY_ENROLLED"
    if p.get("hs_email_optout") == "true":
        return "UNSUBSCRIBED"
    if p.get("hs_email_bounce"):
        return "BOUNCED"
    return "the inbox has reached its limit of enrollments for today" if sent >= MOST_A_DAY else ""


def show(hub: Hub, contact: Thing, *, inside: bool) -> None:
    """HubSpot's own word on the contact, which nobody can write."""
    contact["properties"]["hs_sequences_is_enrolled"] = str(inside).lower()
    hub.save("contacts", contact)
