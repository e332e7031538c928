"""The real service's recorded answers, by their keys and types, against the sandbox and the
connector.

apollo_recorded.json holds the names of keys and headers, and the types of values, that answers in
NangoHQ/integration-templates have (docs/design/vendors.md Apollo); nothing of their content.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.apollo.client import ApolloClient
from connectors.apollo.contact_search import ContactSearch
from sandbox.apollo import KEY
from sandbox.generate import SEQUENCE
from tests.limits import HUNG

RECORDED = json.loads(Path(__file__).with_name("apollo_recorded.json").read_text())
IDENT = f"{0xA1:024x}"
#: Values that stand for a type; a list or an object says nothing of what was in it.
VALUES: dict[str, Any] = {
    "null": None,
    "boolean": False,
    "number": 1,
    "string": "2026-05-18T11:03:15.424Z",
    "list": [],
    "object": {},
}
#: Where an answer holds its rows.
ROWS = {
    "contacts/search": "contacts",
    "contacts/show": "contact",
    "emailer_campaigns/remove_or_stop_contact_ids": "contacts",
    "organizations/enrich": "organization",
    "users/search": "users",
}
#: Of a user the service sends more than a hundred settings of its own screens.
_UNSENT = frozenset({"users/search"})


def an_object(types: dict[str, str]) -> dict[str, Any]:
    """An object with these keys, each with a value of its first type."""
    made = {name: VALUES[kinds.split()[0]] for name, kinds in types.items()}
    return made | ({"id": IDENT} if "id" in types else {})


def answer(endpoint: str) -> dict[str, Any]:
    """An answer of the recorded shape, with one row."""
    made = an_object(RECORDED["answers"][endpoint])
    if "pagination" in made:
        made["pagination"] = {"page": 1, "per_page": 25, "total_entries": 1, "total_pages": 1}
    if (place := ROWS.get(endpoint)) is not None:
        row = an_object(RECORDED["rows"][endpoint])
        made[place] = [row] if isinstance(made[place], list) else row
    return made


def on_recorded(answers: dict[str, str]) -> tuple[ApolloClient, list[str]]:
    """A client whose calls, by the ends of their paths, are answered in a recorded shape."""
    asked: list[str] = []

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        [endpoint] = [e for end, e in answers.items() if request.url.path.endswith(end)]
        return httpx.Response(
            200, json=answer(endpoint), headers=dict.fromkeys(RECORDED["headers"], "50")
        )

    return ApolloClient("http://apollo/api/v1/", KEY, 200, httpx.MockTransport(serve)), asked


def test_the_connector_reads_what_the_service_sends() -> None:
    async def test() -> None:
        apollo, asked = on_recorded(
            {
                "contacts/search": "contacts/search",
                IDENT: "contacts/show",
                "emailer_campaigns/search": "emailer_campaigns/search",
                "organizations/enrich": "organizations/enrich",
                "users/search": "users/search",
                "remove_or_stop_contact_ids": "emailer_campaigns/remove_or_stop_contact_ids",
                "update_owners": "emailer_campaigns/remove_or_stop_contact_ids",
            }
        )
        [contact], total = await apollo.contacts_page(ContactSearch())
        assert (contact["id"], total) == (IDENT, 1)
        assert await apollo.sequences(IDENT, "") == []
        assert await apollo.sequences("", VALUES["string"]) == []
        assert await apollo.sequence_names() == {}
        assert (await apollo.enrich("acme.com"))["id"] == IDENT
        await apollo.leave(IDENT, [IDENT])
        await apollo.set_owner(IDENT, VALUES["string"])
        assert len(asked) == 8
        await apollo.close()

    asyncio.run(test())


CALLS = [
    ("POST", "contacts/search", "contacts/search"),
    ("GET", "contacts/{contact}", "contacts/show"),
    ("GET", "users/search", "users/search"),
    ("GET", "organizations/enrich?domain={domain}", "organizations/enrich"),
    ("GET", "emailer_campaigns/search", "emailer_campaigns/search"),
    (
        "POST",
        f"emailer_campaigns/remove_or_stop_contact_ids?contact_ids[]={{contact}}&emailer_campaign_ids[]={SEQUENCE}",
        "emailer_campaigns/remove_or_stop_contact_ids",
    ),
]


@pytest.mark.parametrize(("method", "path", "endpoint"), CALLS)
def test_the_sandbox_sends_what_the_service_sends(
    served_week: str, method: str, path: str, endpoint: str
) -> None:
    with httpx.Client(
        base_url=f"{served_week}/apollo/api/v1/", headers={"x-api-key": KEY}, timeout=HUNG
    ) as client:
        [known] = client.post("contacts/search", json={"per_page": 1}).json()["contacts"]
        domain = known["organization"]["primary_domain"]
        response = client.request(method, path.format(contact=known["id"], domain=domain))
    assert response.status_code == 200, response.text
    assert set(RECORDED["headers"]) - set(response.headers) == set()
    body = response.json()
    assert set(RECORDED["answers"][endpoint]) - set(body) == set()
    if endpoint in ROWS and endpoint not in _UNSENT:
        rows = body[ROWS[endpoint]]
        row = rows[0] if isinstance(rows, list) else rows
        assert set(RECORDED["rows"][endpoint]) - set(row) == set()
        for email in row.get("contact_emails", []):
            assert set(RECORDED["rows"]["contact_emails"]) - set(email) == set()
