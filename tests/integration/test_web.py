"""Webhooks on a real broker: taken when the broker has them, whether or not a worker runs; told
when it hasn't."""

import asyncio
import json
import signal
import time
from functools import partial
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hubspot.utils.signature import Signature
from slack_sdk.signature import SignatureVerifier

from app.local.broker import free_port
from app.monitoring.lag import lag
from leads import topics
from leads.keys import lead_id
from tests.limits import HUNG
from tests.samples import captured, contact
from tests.sites import SiteHarness

pytestmark = pytest.mark.kafka
SECRET, SIGNING = "5e1d09ab7c34f286", "signing"


def start(site: SiteHarness, answers: str = "/readyz") -> httpx.Client:
    """The web process, once this path of it answers 200."""
    port = free_port()
    site.spawn(
        "web",
        "web",
        "--port",
        str(port),
        LEADGATE_WEB_SECRET=SECRET,
        LEADGATE_SLACK_SIGNING_SECRET=SIGNING,
        LEADGATE_HUBSPOT_CLIENT_SECRET=SIGNING,
    )
    client = httpx.Client(
        base_url=f"http://127.0.0.1:{port}", headers={"x-webhook-secret": SECRET}, timeout=HUNG
    )

    def up() -> bool:
        try:
            return client.get(answers).is_success
        except httpx.HTTPError:
            return False

    site.wait_for(up, why="the web process did not start")
    return client


def test_webhooks_are_kept_while_no_worker_runs_and_a_second_delivery_is_the_same_lead(
    site: SiteHarness,
) -> None:
    client = start(site)
    body = {**contact(700, company="hooked"), "email_status": "verified"}
    for _ in range(2):
        assert client.post("/capture/zapier", json=body).status_code == 202
    assert (
        client.post(
            "/capture/apollo?event=visit&value=pricing",
            data={"email": "x@hooked.com", "last_name": "X"},
        ).status_code
        == 202
    )
    bad = client.post("/capture/apollo?event=contact", content=b"")
    assert (bad.status_code, "empty" in bad.json()["error"]) == (422, True)
    site.work()
    lead = lead_id("zapier", body["id"])
    site.wait_for(lambda: site.place_of(lead) == "nurtured", why="the hooked lead did not arrive")
    # nobody vouches for the visitor
    site.wait_for(lambda: sorted(site.places().values()) == ["dead", "nurtured", "review"])
    site.kill("worker", 15)
    site.kill("web", 15)


def test_who_may_not_and_what_is_too_much(site: SiteHarness) -> None:
    client = start(site)
    for shown in (
        {"x-webhook-secret": "wrong"},
        {"x-webhook-secret": "", "authorization": "Bearer no"},
    ):
        assert (
            client.post("/capture/zapier", json={"email": "a@b.com"}, headers=shown).status_code
            == 401
        )
    plain = {"x-webhook-secret": ""}
    assert (
        client.post(
            f"/capture/zapier?secret={SECRET}", json={"email": "a@secret.com"}, headers=plain
        ).status_code
        == 202
    )
    assert (
        client.post(
            "/capture/zapier", content=b"x" * 200_001, headers={"content-type": "application/json"}
        ).status_code
        == 413
    )
    assert (
        client.post(
            "/capture/zapier", content=b"<a/>", headers={"content-type": "application/xml"}
        ).status_code
        == 415
    )
    assert (
        client.post(
            "/capture/zapier", content=b"{", headers={"content-type": "application/json"}
        ).status_code
        == 422
    )
    assert client.post("/capture/nobody", json={}).status_code == 404
    site.kill("web", 15)


def click(client: httpx.Client, button: dict[str, Any], user: str, secret: str = SIGNING) -> int:
    """A click as Slack sends it; the answer's status."""
    payload = {
        "type": "block_actions",
        "user": {"id": user},
        "actions": [{**button, "action_ts": str(time.time())}],
    }
    body, at = urlencode({"payload": json.dumps(payload)}).encode(), str(int(time.time()))
    signature = SignatureVerifier(secret).generate_signature(timestamp=at, body=body)
    headers = {"x-slack-request-timestamp": at, "x-slack-signature": str(signature)}
    return client.post("/slack/actions", content=body, headers=headers).status_code


def told(site: SiteHarness, user: str) -> list[str]:
    """The texts that a user got as direct messages."""
    rooms = {direct["id"] for direct in site.objects("slack.dms") if direct["user"] == user}
    return [m["text"] for m in site.objects("slack.messages") if m["channel"] in rooms]


def test_only_the_owners_click_stops_the_clock_and_stands_in_the_crm(site: SiteHarness) -> None:
    client = start(site)
    site.work()
    [lead] = site.capture(captured(710, ("Demo requests",), company="clicked"))
    [notice] = site.wait_for(
        lambda: [m for m in site.objects("slack.messages") if "clicked" in m["text"]],
        why="no notice",
    )
    [button] = [e for b in notice["blocks"] if b["type"] == "actions" for e in b["elements"]]
    [owner] = [d["user"] for d in site.objects("slack.dms") if d["id"] == notice["channel"]]
    other = next(u["id"] for u in site.objects("slack.users") if u["id"] != owner)
    assert click(client, button, owner, secret="wrong") == 401
    assert click(client, button, other) == 200
    site.wait_for(lambda: [e for e in site.leadgate("why", lead) if e["kind"] == "not_taken"])
    assert not [e for e in site.leadgate("why", lead) if e["kind"] == "sla_met"]
    assert click(client, button, owner) == 200
    [met] = site.wait_for(
        lambda: [e for e in site.leadgate("why", lead) if e["kind"] == "sla_met"],
        why="the clock runs on",
    )
    assert met["outcome"]["seconds"] >= 0
    [note] = site.objects("hubspot.notes")
    assert (
        note["properties"]["hubspot_owner_id"]
        == met["inputs"]["seen"]["clock"]["lead"]["route"]["owner_id"]
    )
    site.wait_for(lambda: any("you are on" in text for text in told(site, owner)))
    assert click(client, button, owner) == 200, "once more: he gets a message"
    site.wait_for(lambda: any("taken already" in text for text in told(site, owner)))
    assert len(site.objects("hubspot.notes")) == 1
    unknown = {**button, "value": f"nobody {lead}"}
    assert click(client, unknown, other) == 200
    site.wait_for(lambda: any("No clock runs" in text for text in told(site, other)))
    assert click(client, {**button, "action_id": "anothers"}, owner) == 200, (
        "another's button is none of ours"
    )
    assert client.post("/slack/actions", content=b"x").status_code == 401
    site.kill("worker", 15)
    site.kill("web", 15)


def test_hubspots_word_makes_the_poller_look_at_once(site: SiteHarness) -> None:
    client = start(site)
    site.work()
    [lead] = site.capture(captured(720, company="webhooked"))
    site.wait_for(lambda: site.place_of(lead) in {"engaged", "nurtured"})
    site.poll(LEADGATE_POLL_SECONDS="3600")
    site.wait_for(
        lambda: any(r.key == b"poller" for r in site.records(topics.CURSORS)),
        why="the first poll did not end",
    )
    [person] = [p for p in site.crm("people") if p["email"].endswith("webhooked.com")]
    site.control(
        "POST", "objects/apollo.contacts/hooked", {"id": "hooked", "email": person["email"]}
    )
    site.control("POST", "play", [{"kind": "unsubscribe", "contact": "hooked", "by": "crm"}])
    body, at = (
        json.dumps([{"subscriptionType": "contact.propertyChange", "objectId": int(person["id"])}]),
        str(int(time.time() * 1000)),
    )
    uri = f"{client.base_url}/hubspot/events".replace("//hubspot", "/hubspot")
    signature = Signature.get_signature(
        SIGNING, body, "v3", http_uri=uri, http_method="POST", timestamp=at
    )
    headers = {"x-hubspot-request-timestamp": at, "x-hubspot-signature-v3": signature}
    assert (
        client.post(
            "/hubspot/events", content=body, headers={**headers, "x-hubspot-signature-v3": "x"}
        ).status_code
        == 401
    )
    assert client.post("/hubspot/events", content=body, headers=headers).status_code == 200
    site.wait_for(lambda: site.place_of(lead) == "suppressed", why="the opt-out had no effect")
    for name in ("poller", "worker", "web"):
        site.kill(name, 15)


@pytest.mark.parametrize("before", [True, False])
def test_while_the_broker_is_away_nothing_is_said_to_be_taken(
    site: SiteHarness, *, before: bool
) -> None:
    """Whether it went before the web process started or after."""
    if before:
        site.broker.kill()
    client = start(site, "/livez")
    if not before:
        site.wait_for(lambda: client.get("/readyz").is_success)
        site.broker.kill()
    for ident in range(701, 704):
        answer = client.post("/capture/zapier", json=contact(ident, company="away"))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    site.broker.start()
    site.wait_for(
        lambda: (
            client.post("/capture/zapier", json=contact(702, company="away2")).status_code == 202
        ),
    )
    site.kill("web", 15)


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGSTOP])
def test_web_ends_soon_without_a_broker(site: SiteHarness, stop: int) -> None:
    """Whether its connections are refused, or taken and never answered: it takes two seconds, and
    a request that waits for the broker would take fifteen."""
    client = start(site)
    broker = site.broker.process
    assert broker is not None
    broker.send_signal(stop)
    status = client.post("/capture/zapier", json=contact(710, company="away")).status_code
    started = time.monotonic()
    site.children["web"].send_signal(signal.SIGTERM)
    code = site.wait_for_end("web")
    took = time.monotonic() - started
    broker.send_signal(signal.SIGCONT)
    site.broker.kill()
    site.broker.start()
    # uvicorn shuts down in order, and passes the signal on
    assert (status, code) == (503, -signal.SIGTERM)
    assert took < 12


def test_an_outage_of_the_broker_is_two_lines(site: SiteHarness) -> None:
    client = start(site)
    site.work()
    logs = {name: site.data / f"{name}.log" for name in ("web", "worker")}
    begun = {name: len(log.read_text()) for name, log in logs.items()}
    site.wait_for(lambda: "worker ready" in logs["worker"].read_text()[begun["worker"] :])
    # one that has something to send ends after a long outage, and its supervisor starts it again
    site.wait_for(lambda: not sum(asyncio.run(lag(site.settings())).values()))
    site.broker.kill()

    def lines(name: str) -> list[str]:
        return logs[name].read_text()[begun[name] :].splitlines()

    def said(name: str, what: str) -> int:
        return sum(f"127.0.0.1:{site.broker.port} {what}" in line for line in lines(name))

    for name in logs:
        site.wait_for(partial(said, name, "does not answer; trying again"))
    client.post("/capture/zapier", json=contact(711, company="away"))
    client.post("/capture/zapier", json=contact(712, company="away"))
    site.broker.start()
    for name in logs:
        site.wait_for(partial(said, name, "answers again"))
        assert said(name, "does not answer; trying again") == 1
        assert not [line for line in lines(name) if "aiokafka" in line]
        site.kill(name, 15)
