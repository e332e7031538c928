"""Each answer of the sandbox's Apollo against Apollo's official OpenAPI: types as published, and no
field invented.

The OpenAPI lies beside the repository, in shared/, and is not the product's: without it this is
skipped.
"""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from sandbox.apollo import KEY
from sandbox.generate import MAILBOX, SEQUENCE
from tests.limits import HUNG

OPENAPI = Path(__file__).parents[3] / "shared" / "apollo" / "openapi.json"
#: Sent by the real service, and missing from the OpenAPI (docs/design/vendors.md Apollo 2.1,
#: recorded answers).
RECORDED = frozenset(
    {
        "contact.disable_flag",
        "intent_strength",
        "organization.naics_codes",
        "organization.sic_codes",
        "pagination.total_entries",
    }
)
ADD = (
    f"emailer_campaigns/{SEQUENCE}/add_contact_ids?emailer_campaign_id={SEQUENCE}"
    f"&contact_ids[]={{contact}}&send_email_from_email_account_id={MAILBOX}"
)
pytestmark = [pytest.mark.skipif(not OPENAPI.exists(), reason="Apollo's OpenAPI isn't here")]


@pytest.fixture(scope="module")
def openapi() -> Any:
    """The document."""
    return json.loads(OPENAPI.read_text())


@pytest.mark.parametrize(
    ("method", "path", "template", "more"),
    [
        ("POST", "contacts/search", "/contacts/search", {"json": {"page": 1, "per_page": 5}}),
        ("GET", "contacts/{contact}", "/contacts/{contact_id}", {}),
        ("GET", "labels", "/labels", {}),
        ("GET", "contact_stages", "/contact_stages", {}),
        ("GET", "typed_custom_fields", "/typed_custom_fields", {}),
        ("GET", "users/search", "/users/search", {}),
        ("GET", "email_accounts", "/email_accounts", {}),
        ("GET", "organizations/enrich?domain={domain}", "/organizations/enrich", {}),
        ("GET", "emailer_messages/search", "/emailer_messages/search", {}),
        ("POST", "emailer_campaigns/search", "/emailer_campaigns/search", {}),
        (
            "POST",
            ADD,
            "/emailer_campaigns/{sequence_id}/add_contact_ids",
            {},
        ),
        (
            "POST",
            f"emailer_campaigns/remove_or_stop_contact_ids?mode=stop&contact_ids[]={{contact}}&emailer_campaign_ids[]={SEQUENCE}",
            "/emailer_campaigns/remove_or_stop_contact_ids",
            {},
        ),
        (
            "POST",
            "contacts/update_stages?contact_ids[]={contact}&contact_stage_id=1",
            "/contacts/update_stages",
            {},
        ),
        (
            "POST",
            "contacts/update_owners?contact_ids[]={contact}&owner_id=1",
            "/contacts/update_owners",
            {},
        ),
        (
            "POST",
            "labels/remove_entity_ids_from_label_names",
            "/labels/remove_entity_ids_from_label_names",
            {"json": {"entity_ids": ["{contact}"], "label_names": ["?"], "modality": "contacts"}},
        ),
    ],
)
def test_an_answer_is_as_published(
    client: httpx.Client, openapi: Any, method: str, path: str, template: str, more: Any
) -> None:
    contacts = client.post("contacts/search", json={}).json()["contacts"]
    domain = contacts[0]["organization"]["primary_domain"]
    response = client.request(method, path.format(contact=contacts[0]["id"], domain=domain), **more)
    assert response.status_code == 200, response.text
    schema, shape = _published(openapi, template, method)
    body = _without_nulls(response.json())
    errors = [
        f"{e.json_path}: {e.message[:200]}"
        for e in jsonschema.Draft202012Validator(schema).iter_errors(body)
    ]
    assert errors == []
    assert sorted(_invented(body, shape)) == []


@pytest.fixture(scope="module")
def client(served_week: str) -> httpx.Client:
    """A client of the sandbox's Apollo."""
    return httpx.Client(
        base_url=f"{served_week}/apollo/api/v1/", headers={"x-api-key": KEY}, timeout=HUNG
    )


def _published(openapi: Any, template: str, method: str) -> tuple[Any, Any]:
    """A success's schema (what its example implies, where there is none), and the fields that are
    known at all.

    Schema and example disagree in places; a contact is described differently by each endpoint, so
    that all its fields count.
    """
    content = openapi["paths"][template][method.lower()]["responses"]["200"]["content"][
        "application/json"
    ]
    examples = [e["value"] for e in content.get("examples", {}).values()]
    read = [
        json.loads(re.sub(r",(\s*[\]}])", r"\1", e)) if isinstance(e, str) else e for e in examples
    ]  # one has a comma too many
    schema = content.get("schema") or _implied(read)
    contact: dict[str, Any] = {
        f["field"]: {} for f in json.loads((OPENAPI.parent / "contact_fields.json").read_text())
    }
    shape = _merged([schema, _implied(read)])
    for name in ("contact", "contacts"):
        if name in shape.get("properties", {}):
            shape["properties"][name] = {"items": {"properties": contact}, "properties": contact}
    return schema, shape


def _implied(examples: list[Any]) -> Any:
    """The schema that examples of one thing imply together."""
    if any(isinstance(e, dict) for e in examples):
        dicts = [e for e in examples if isinstance(e, dict)]
        names = {n for e in dicts for n in e}
        return {
            "type": "object",
            "properties": {n: _implied([e[n] for e in dicts if n in e]) for n in names},
        }
    if any(isinstance(e, list) for e in examples):
        items = [item for e in examples if isinstance(e, list) for item in e]
        return {"type": "array", **({"items": _implied(items)} if items else {})}
    kinds: dict[type, str] = {bool: "boolean", int: "number", float: "number", str: "string"}
    found = sorted({kinds[type(e)] for e in examples if type(e) in kinds})
    return {"type": found} if found else {}


def _merged(schemas: list[Any]) -> Any:
    """The names that any of them knows."""
    names = {n for s in schemas for n in s.get("properties", {})}
    items = [s["items"] for s in schemas if "items" in s]
    inner = {
        n: _merged([s["properties"][n] for s in schemas if n in s.get("properties", {})])
        for n in names
    }
    return {
        **({"properties": inner} if names else {}),
        **({"items": _merged(items)} if items else {}),
    }


def _without_nulls(value: Any) -> Any:
    """Any field can be null: the OpenAPI was made from examples and says of few that they can."""
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


def _invented(value: Any, schema: Any, at: str = "") -> set[str]:
    """Fields that Apollo hasn't published, where it has published any beside them."""
    if isinstance(value, list):
        return {name for inner in value for name in _invented(inner, schema.get("items", {}), at)}
    known = schema.get("properties")
    if not isinstance(value, dict) or not known:
        return set()
    found = {at + name for name in value if name not in known} - RECORDED
    return found | {
        name
        for n, inner in value.items()
        if n in known
        for name in _invented(inner, known[n], f"{at}{n}.")
    }


def test_a_wrong_answer_would_be_seen(openapi: Any) -> None:
    schema, shape = _published(openapi, "/contacts/search", "POST")
    wrong = {"contacts": [{"id": 5, "bounced_at": "x"}]}
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(wrong))
    assert _invented(wrong, shape) == {"contacts.bounced_at"}


def test_an_unknown_filter_is_ignored_with_200(client: httpx.Client) -> None:
    every = client.post("contacts/search", json={"per_page": 3}).json()["pagination"]
    assert (
        client.post("contacts/search", json={"per_page": 3, "no_such_filter": "x"}).json()[
            "pagination"
        ]
        == every
    )
