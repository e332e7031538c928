"""Whatever Apollo, Slack and Google answer, a VendorError comes of it or a sound answer: every call
that production makes."""

import asyncio
import json
import os
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.apollo.client import ApolloClient
from connectors.apollo.contact_search import ContactSearch
from connectors.core.http import SlidingWindowLimiter
from connectors.google.auth import GoogleGrant
from connectors.google.sheets import GoogleTab
from connectors.slack.client import SlackClient
from sandbox.apollo import KEY
from sandbox.generate import NURTURE, REPS, ROLE_FIELD, SEQUENCE
from sandbox.google import EMAIL, new_spreadsheet
from sandbox.server import make_sandbox
from sandbox.slack import TOKEN
from sandbox.slack.workspace import BOT_USER
from tests.contract.mutations import Call, Connect, Replay, spoil_all

MOST = int(os.environ.get("LEADGATE_MUTATIONS", "60"))
NOW = 1_800_000_000.0
_STATUS = {
    "id": "s" * 24,
    "emailer_campaign_id": SEQUENCE,
    "status": "active",
    "added_at": "2026-01-01T00:00:00Z",
}
_CONTACT = {"name": "A B", "label_ids": [], "created_at": "2026"}
ONE = {**_CONTACT, "id": f"{1:024x}", "email": "a@b.com", "contact_campaign_statuses": [_STATUS]}
TWO = {**_CONTACT, "id": f"{2:024x}", "email": "c@d.com", "contact_campaign_statuses": []}
MESSAGE = {
    "id": "m1",
    "to_email": "a@b.com",
    "bounce": True,
    "completed_at": "2026-01-01T00:00:00Z",
    "status": "completed",
}

APOLLO: dict[str, Call] = {
    "contacts_page": lambda apollo: apollo.contacts_page(ContactSearch()),
    "label_names": lambda apollo: apollo.label_names(["x"]),
    "lists": lambda apollo: apollo.lists(),
    "check": lambda apollo: apollo.check(),
    "enrich": lambda apollo: apollo.enrich("acme.com"),
    "messages": lambda apollo: apollo.messages(("bounced",), "2026-01-01", 1),
    "set_owner": lambda apollo: apollo.set_owner(ONE["id"], REPS[0]),
    "limits": lambda apollo: apollo.limits(enrich=True, sequences=True, owners=True),
    "custom_fields": lambda apollo: apollo.custom_fields(),
    "name_fields": lambda apollo: apollo.name_fields({ROLE_FIELD: ["x"], "new": 1}),
    "sequences": lambda apollo: apollo.sequences(ONE["id"], ""),
    "sequences by address": lambda apollo: apollo.sequences("", ONE["email"]),
    "sequence_names": lambda apollo: apollo.sequence_names(),
    "stop": lambda apollo: apollo.stop(ONE["id"]),
    "leave": lambda apollo: apollo.leave(ONE["id"], [SEQUENCE]),
    "enrol": lambda apollo: apollo.enrol(TWO["id"], SEQUENCE, NURTURE),
}
SLACK: dict[str, Call] = {
    "post": lambda slack: slack.post(
        REPS[0], "text", "a1", button="b", look_first=True, until=1e12
    ),
    "post to a channel": lambda slack: slack.post(
        "#sales", "text", "a2", look_first=True, until=1e12
    ),
    "email_of": lambda slack: slack.email_of("U0000"),
    "check": lambda slack: slack.check(),
}
GOOGLE: dict[str, Call] = {
    "rows": lambda tab: tab.rows(),
    "append": lambda tab: tab.append([["a", "b"]]),
    "set": lambda tab: tab.set({"B2": "c"}),
}


def apollo(transport: httpx.AsyncBaseTransport) -> ApolloClient:
    return ApolloClient("http://sandbox/apollo/api/v1/", KEY, 10**6, transport)


def slack(transport: httpx.AsyncBaseTransport) -> SlackClient:
    return SlackClient(
        "http://sandbox/slack/api/",
        TOKEN,
        SlidingWindowLimiter(10**6, 10.0),
        transport,
        interval=0.0,
    )


def google(key: Path) -> Connect:
    return lambda transport: GoogleTab(
        "http://sandbox/google", "s1", "Leadgate", GoogleGrant(key, lambda: NOW), transport
    )


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service account's JSON key."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    told = {
        "client_email": EMAIL,
        "private_key": made.private_bytes(*form).decode(),
        "token_uri": "http://sandbox/google/token",
    }
    path = tmp_path_factory.mktemp("google") / "key.json"
    path.write_text(json.dumps(told))
    return path


@pytest.mark.parametrize("vendor", ["apollo", "slack", "google"])
def test_nothing_that_a_vendor_answers_is_raised_as_our_own_fault(vendor: str, key: Path) -> None:
    connect, calls = {
        "apollo": (apollo, APOLLO),
        "slack": (slack, SLACK),
        "google": (google(key), GOOGLE),
    }[vendor]

    async def test() -> None:
        app = make_sandbox(None, 0, 1)
        async with app.router.lifespan_context(app):
            store = app.state.store
            for contact in (ONE, TWO):
                store.put("apollo.contacts", contact["id"], contact)
            store.put("apollo.messages", "m1", MESSAGE)
            store.put(
                "apollo.organizations",
                "acme.com",
                {"id": "o1", "name": "Acme", "estimated_num_employees": 10},
            )
            store.put("apollo.users", "u1", {"id": "u1", "email": REPS[0]})
            spreadsheet = new_spreadsheet("s1", "Leadgate")
            spreadsheet["tabs"][0]["cells"] = [["record_id", "status"], ["a:1", "open"]]
            store.put("google.spreadsheets", "s1", spreadsheet)
            message = {
                "ts": "1.0",
                "channel": "D0000",
                "user": BOT_USER,
                "metadata": {"event_payload": {"alert_ids": ["a0"]}},
            }
            direct = {"id": "D0000", "user": "U0000", "members": [BOT_USER, "U0000"]}
            store.put("slack.dms", "D0000", direct)
            store.put("slack.messages", "D0000:1.0", message)
            replay = Replay(httpx.ASGITransport(app))
            tried, wrong = 0, list[str]()
            for name, call in calls.items():
                some, faults = await spoil_all(connect, replay, call, f"{vendor} {name}", MOST)
                tried, wrong = tried + some, wrong + faults
        assert not wrong, f"{len(wrong)} of {tried}:\n" + "\n".join(wrong[:40])
        assert tried > 100, "the test must not pass by trying little"

    asyncio.run(test())
