"""What doctor and init say of Apollo's account, on the sandbox."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from app.rules.store import load_rules
from app.setup.apollo_account import describe_account
from connectors.apollo.client import ApolloClient
from leads.rules import Rules
from sandbox.apollo import KEY
from sandbox.server import make_sandbox
from tests.app.command_line import DEMO_RULES

RULES = load_rules(DEMO_RULES)
NOW = 1_800_000_000.0
Control = Callable[[str, Any], Awaitable[Any]]


class Counting(httpx.ASGITransport):
    """Counts the calls of Apollo."""

    calls = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += "/apollo/" in request.url.path
        return await super().handle_async_request(request)


def described(rules: Rules, *setting_up: tuple[str, Any]) -> list[str]:
    """The sentences on a sandbox with these objects and faults."""

    async def run() -> list[str]:
        transport = Counting(make_sandbox(None, 0, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://x/_control") as http:
            for path, body in setting_up:
                (await http.post(path, json=body)).raise_for_status()
        apollo = ApolloClient("http://x/apollo/api/v1/", KEY, 10**6, transport)
        lines = await describe_account(apollo, rules, NOW)
        await apollo.close()
        assert transport.calls <= 12, "cheap"
        return lines

    return asyncio.run(run())


def contact(number: int, status: str | None, **more: Any) -> tuple[str, Any]:
    """A contact that only its e-mail status may spoil."""
    ident = f"{number:024x}"
    body = {
        "id": ident,
        "name": f"Ann {number}",
        "first_name": "Ann",
        "last_name": f"Lee {number}",
        "title": "VP Sales",
        "email": f"p{number}@firm.com",
        "email_true_status": status,
        "organization_name": "Firm",
        "contact_stage_id": "s1",
        "label_ids": ["l1"],
        "contact_campaign_statuses": [],
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z",
    }
    return f"/objects/apollo.contacts/{ident}", body | more


STAGE = ("/objects/apollo.stages/s1", {"id": "s1", "name": "New"})
LISTS = [
    (f"/objects/apollo.labels/{i}", {"id": i, "name": name, "modality": "contacts"})
    for i, name in (("l1", "Fair"), ("l2", "Web"))
]


def test_what_the_account_holds_is_counted_and_what_the_rules_make_of_it_judged() -> None:
    people = [contact(n, "User Managed") for n in range(1, 7)]
    people += [contact(7, "Verified"), contact(8, None, title=None), contact(9, "Verified")]
    people.append(contact(10, "Verified", source="hubspot", hubspot_vid="1", label_ids=[]))
    lines = described(RULES, STAGE, *LISTS, *people)
    assert any("'Fair' 9" in line and "'Web' 0" in line for line in lines)
    assert any("'New' (s1) 10" in line for line in lines)
    [statuses] = [line for line in lines if "e-mail statuses" in line]
    assert statuses.startswith("Apollo has 10 contacts; e-mail statuses of the 10 newest")
    assert statuses.endswith("'User Managed' 6, 'Verified' 3, none 1")
    assert lines[-1] == (
        "of the 10 newest contacts in Apollo the rules would not capture 1, and hold 7 as invalid:"
        " the address is User Managed, not Verified (6); the address is of unknown status, not"
        " Verified (1); title is missing (1)"
    )


def test_what_the_rules_capture_is_counted_by_apollo() -> None:
    capture = RULES.capture.model_copy(update={"lists": ("Fair",), "stages": ("s1",)})
    rules = RULES.model_copy(update={"capture": capture})
    people = [contact(n, "Verified", label_ids=["l1"] if n < 121 else []) for n in range(1, 131)]
    lines = described(rules, STAGE, *LISTS, *people)
    assert "capture.stages and capture.lists let 120 contacts of Apollo's through" in lines
    assert lines[-1] == (
        "of the 100 newest contacts in Apollo the rules would not capture 10, and hold 0 as invalid"
    )


def test_an_empty_account_is_none_to_judge() -> None:
    lines = described(RULES)
    assert lines[-1] == "Apollo has no contacts"


def test_many_stages_and_lists_cost_no_more_calls() -> None:
    stages = [(f"/objects/apollo.stages/t{n}", {"id": f"t{n}", "name": f"T{n}"}) for n in range(20)]
    lists = [
        (f"/objects/apollo.labels/m{n}", {"id": f"m{n}", "name": f"M{n}", "modality": "contacts"})
        for n in range(30)
    ]
    people = [
        contact(n, "Verified", label_ids=[f"gone{n}"], typed_custom_fields={f"gone{n}": "x"})
        for n in range(1, 21)
    ]
    lines = described(RULES, *stages, *lists, *people)
    assert any("the first 5 counted" in line for line in lines)
    assert any(line.endswith(" more") for line in lines)


@pytest.mark.parametrize("path", ["labels", "contact_stages", "contacts/search"])
def test_what_the_key_may_not_read_is_a_sentence_and_the_rest_is_shown(path: str) -> None:
    body = {"error": "This API key is not authorized", "error_code": "API_INACCESSIBLE"}
    fault = ("/faults", {"path": path, "status": 403, "times": 99, "body": body})
    lines = described(RULES, STAGE, *LISTS, contact(1, "Verified"), fault)
    refused = [line for line in lines if "can't be shown" in line]
    assert refused
    assert len(lines) > len(refused)
    assert all("API_INACCESSIBLE" in line for line in refused)
