"""Vendors that answer at once."""

import time
from typing import Any

import httpx

from app.base.vendors import VendorClients
from connectors.apollo.client import ApolloClient
from connectors.core.http import SlidingWindowLimiter
from connectors.memory.crm import MemoryCrm
from connectors.slack.client import SlackClient


def instant() -> VendorClients:
    """The CRM in memory; Apollo and Slack that say yes."""
    transport = httpx.MockTransport(_answer)
    return VendorClients(
        crm=MemoryCrm(time.time),
        apollo=ApolloClient("http://apollo.test/", "key", 10**9, transport),
        slack=SlackClient(
            "http://slack.test/", "token", SlidingWindowLimiter(10**9, 1.0), transport, interval=0.0
        ),
        budgets=[],
    )


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
