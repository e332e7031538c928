"""Vendors that answer at once."""

import time
from typing import Any

import httpx

from app.base.vendors import VendorClients
from connectors.apollo.client import ApolloClient
from connectors.core.http import SlidingWindowLimiter
from connectors.memory.crm import MemoryCrm
from connectors.slack.client import SlackClient

#: One contact in so many is in a sequence of Apollo's for good, where leads are to be held.
HELD_ONE_IN = 100


def instant() -> VendorClients:
    """The CRM in memory; Apollo and Slack that say yes."""
    return _clients(httpx.MockTransport(_answer))


def holding() -> VendorClients:
    """The same, and Apollo has one contact in a hundred in a sequence."""
    return _clients(httpx.MockTransport(_answer_holding))


def _clients(transport: httpx.MockTransport) -> VendorClients:
    return VendorClients(
        crm=MemoryCrm(time.time),
        apollo=ApolloClient("http://apollo.test/", "key", 10**9, transport),
        slack=SlackClient(
            "http://slack.test/", "token", SlidingWindowLimiter(10**9, 1.0), transport, interval=0.0
        ),
        budgets=[],
    )


def _answer_holding(request: httpx.Request) -> httpx.Response:
    ident = request.url.path.rpartition("/")[2]
    if "/contacts/" in request.url.path and ident.isalnum() and int(ident, 16) % HELD_ONE_IN == 0:
        active = {"emailer_campaign_id": "5f0000000000000000000001", "status": "active"}
        return httpx.Response(200, json={"contact": {"contact_campaign_statuses": [active]}})
    return _answer(request)


def _answer(request: httpx.Request) -> httpx.Response:
    path = request.url.path
    if path.endswith("organizations/enrich"):
        body: dict[str, Any] = {
            "industry": "computer software",
            "estimated_num_employees": 400,
            "country": "United States",
            "state": "California",
        }
        return httpx.Response(
            200, json={"organization": {**body, "primary_domain": request.url.params["domain"]}}
        )
    if path.endswith("users.lookupByEmail"):
        return httpx.Response(200, json={"ok": True, "user": {"id": "U1"}})
    return httpx.Response(
        200,
        json={
            "ok": True,
            "ts": "1.0",
            "contact": {"contact_campaign_statuses": []},
            "contacts": [],
        },
    )
