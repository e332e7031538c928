"""Decisions through the API on a real broker: taken once however often they are sent, and refused
with the reason."""

import asyncio
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import delete

from app.base.settings import Settings
from app.console.access.schema import IDEMPOTENCY_KEYS
from app.console.access.scopes import Scope
from app.console.access.tokens import TokenStore
from app.console.serving.server import make_console
from app.console.store import open_read_model
from app.local.broker import free_port
from app.privacy.lead_keys import open_sealing
from tests.app.fixed_clock import NOW, Fixed
from tests.app.test_api import Client, problem
from tests.app.test_decisions import review_decisions, show, site
from tests.leads.test_review_actions import held

__all__ = ["site"]
pytestmark = pytest.mark.kafka
WANTED = {"action": "redrive", "step": 3, "reason": "the rules are right now"}


def caller(settings: Settings, name: str = "olga") -> Client:
    """One who may decide, and nothing else."""
    model = open_read_model(settings)
    model.migrate()
    token = TokenStore(model).add(name, [Scope.DECIDE], NOW)
    return Client(make_console(settings, open_sealing(settings), Fixed()), token)


def send(client: Client, lead: str, key: str = "", **changed: Any) -> httpx.Response:
    """Send a decision about a lead."""
    headers = {"idempotency-key": key} if key else {}
    path = f"/api/v1/leads/{lead}/decisions"
    return client.request("POST", path, json={**WANTED, **changed}, headers=headers)


def test_a_decision_is_in_the_log_and_names_who_decided(site: Settings) -> None:
    asyncio.run(show(site, held(lead_id="p1", asked="unrouted")))
    answer = send(caller(site), "p1")
    assert answer.status_code == 202, answer.text
    [sent] = asyncio.run(review_decisions(site, "p1"))
    assert (sent.action, sent.actor, sent.reason) == ("redrive", "olga", WANTED["reason"])
    assert answer.json() == {
        "decision_id": sent.decision_id,
        "lead": "p1",
        "action": "redrive",
        "step": 3,
        "dry_run": False,
        "workers": 0,
    }


def test_a_request_that_is_sent_again_is_one_decision(site: Settings) -> None:
    asyncio.run(show(site, held(lead_id="p2", asked="unrouted")))
    client = caller(site)
    first = send(client, "p2", key="k")
    again = send(client, "p2", key="k")
    assert (again.status_code, again.json()) == (202, first.json())
    assert len(asyncio.run(review_decisions(site, "p2"))) == 1
    assert "another request" in problem(send(client, "p2", key="k", action="suppress"), 422)


def test_an_answer_that_was_not_stored_is_given_again(site: Settings) -> None:
    """The process ended between the decision and its answer."""
    asyncio.run(show(site, held(lead_id="p3", asked="unrouted")))
    client = caller(site)
    first = send(client, "p3", key="k")
    with open_read_model(site).writing() as connection:
        connection.execute(delete(IDEMPOTENCY_KEYS))
    again = send(client, "p3", key="k")
    assert (again.status_code, again.json()) == (202, first.json())
    found = asyncio.run(review_decisions(site, "p3"))
    assert {one.decision_id for one in found} == {first.json()["decision_id"]}


def test_a_second_decision_and_another_callers_key_are_refused(site: Settings) -> None:
    asyncio.run(show(site, held(lead_id="p4", asked="unrouted")))
    assert send(caller(site), "p4", key="k").status_code == 202
    said = problem(send(caller(site, "ben"), "p4", key="k", action="suppress"), 409)
    assert said == "olga has decided redrive already, which is not carried out yet"
    assert len(asyncio.run(review_decisions(site, "p4"))) == 1


@pytest.mark.parametrize(
    ("lead", "changed", "status", "said"),
    [
        ("p5", {"step": 2}, 409, "has moved on from step 2"),
        ("unknown-lead", {}, 409, "does not wait"),
        ("p5", {"action": "approve"}, 409, "it needs a rep"),
        ("p5", {"action": "set", "fields": {"nonsense": "x"}}, 409, "no field is called nonsense"),
        ("p5", {"action": "look"}, 422, "body.action"),
        ("p5", {"reason": ""}, 422, "body.reason"),
        ("p5", {"unknown": 1}, 422, "body.unknown"),
    ],
)
def test_what_cant_be_carried_out_is_refused(
    site: Settings, lead: str, changed: dict[str, Any], status: int, said: str
) -> None:
    asyncio.run(show(site, held(lead_id="p5", asked="unrouted")))
    client = caller(site)
    assert said in problem(send(client, lead, key="k", **changed), status)
    assert asyncio.run(review_decisions(site, "p5")) == []


def test_a_dry_run_sends_nothing(site: Settings) -> None:
    asyncio.run(show(site, held(lead_id="p6", asked="unrouted")))
    answer = send(caller(site), "p6", dry_run=True)
    assert (answer.status_code, answer.json()["dry_run"]) == (202, True)
    assert asyncio.run(review_decisions(site, "p6")) == []


def test_without_a_broker_it_is_503(database: SecretStr) -> None:
    settings = Settings.model_validate(
        {
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
            "site_secret": "s3cret",
            "database_url": database,
        }
    )
    assert "broker" in problem(send(caller(settings), "p7"), 503)
