"""Whether an address may be written to. Source: docs/design/vendors.md HubSpot 1 and HubSpot's page
"Subscriptions" (version 4)."""

from fastapi import Request
from starlette.responses import JSONResponse, Response

from sandbox.hubspot.errors import invalid, iso
from sandbox.hubspot.hub import Hub
from sandbox.hubspot.property_values import is_address
from sandbox.hubspot.routing import Routes
from sandbox.hubspot.sequences import show
from sandbox.store import Thing

_STATUS = (
    "/communication-preferences/v4/statuses/{email}",
    "/communication-preferences/{version}/statuses/{email}",
)
_KIND = "hubspot.unsubscribed"


def serve_communications(routes: Routes, hub: Hub) -> None:
    """Add the routes of subscriptions."""
    route, store = routes.route, hub.store
    everything = tuple(f"{path}/unsubscribe-all" for path in _STATUS)

    @route("GET", *_STATUS)
    async def status(request: Request, email: str) -> Response:
        _refuse_unfit(request, email)
        return JSONResponse({"status": "COMPLETE", "results": [], **_times()})

    @route("GET", *everything)
    async def wide_status(request: Request, email: str) -> Response:
        _refuse_unfit(request, email)
        held = store.get(_KIND, email.lower())
        rows = [_row(email)] if held is not None else []
        return JSONResponse({"status": "COMPLETE", "results": rows, **_times()})

    @route("POST", *everything)
    async def unsubscribe(request: Request, email: str) -> Response:
        _refuse_unfit(request, email)
        store.put(_KIND, email.lower(), {"email": email.lower(), "at": iso()})
        thing = hub.find("contacts", email, "email")
        if thing is not None:
            thing["properties"]["hs_email_optout"] = "true"
            show(hub, thing, inside=False)
        return JSONResponse({"status": "COMPLETE", "results": [_row(email)], **_times()})


def _refuse_unfit(request: Request, email: str) -> None:
    if request.query_params.get("channel") != "EMAIL":
        raise invalid("channel must be EMAIL")
    if not is_address(email):
        raise invalid(f"{email} is not a valid email address")


def _row(email: str) -> Thing:
    return {
        "subscriberIdString": email,
        "channel": "EMAIL",
        "wideStatusType": "PORTAL_WIDE",
        "status": "UNSUBSCRIBED",
        "timestamp": iso(),
    }


def _times() -> Thing:
    return {"startedAt": iso(), "completedAt": iso()}
