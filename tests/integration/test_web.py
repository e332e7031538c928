"""Webhooks on a real broker: taken when the broker has them, whether or not a worker runs; told when it hasn't."""

import time

import httpx
import pytest

from leadgate.app.broker import free_port
from leadgate.leads.keys import lead_id
from tests.samples import contact
from tests.sites import TestSite

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]
SECRET = "s3cret"


def start(site: TestSite) -> httpx.Client:
    """The web process, up."""
    port = free_port()
    site.spawn("web", "web", "--port", str(port), LEADGATE_WEB_SECRET=SECRET)
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"x-webhook-secret": SECRET}, timeout=30)

    def up() -> bool:
        try:
            return client.get("/health").is_success
        except httpx.HTTPError:
            return False

    site.wait_for(up, why="the web process did not start")
    return client


def test_webhooks_are_kept_while_no_worker_runs_and_a_second_delivery_is_the_same_lead(site: TestSite) -> None:
    client = start(site)
    body = {**contact(700, company="hooked"), "email_status": "verified"}
    for _ in range(2):
        assert client.post("/capture/zapier", json=body).status_code == 202
    assert (
        client.post("/capture/apollo?event=visit&value=pricing", data={"email": "x@hooked.com", "last_name": "X"}).status_code
        == 202
    )
    bad = client.post("/capture/apollo?event=contact", content=b"")
    assert (bad.status_code, "empty" in bad.json()["error"]) == (422, True)
    site.work()
    lead = lead_id("zapier", body["id"])
    site.wait_for(lambda: site.place_of(lead) == "nurtured", why="the hooked lead did not arrive")
    site.wait_for(lambda: sorted(site.places().values()) == ["dead", "nurtured", "review"])  # nobody vouches for the visitor
    site.kill("worker", 15)
    site.kill("web", 15)


def test_who_may_not_and_what_is_too_much(site: TestSite) -> None:
    client = start(site)
    for shown in ({"x-webhook-secret": "wrong"}, {"x-webhook-secret": "", "authorization": "Bearer no"}):
        assert client.post("/capture/zapier", json={"email": "a@b.com"}, headers=shown).status_code == 401
    plain = {"x-webhook-secret": ""}
    assert client.post(f"/capture/zapier?secret={SECRET}", json={"email": "a@secret.com"}, headers=plain).status_code == 202
    assert client.post("/capture/zapier", content=b"x" * 200_001, headers={"content-type": "application/json"}).status_code == 413
    assert client.post("/capture/zapier", content=b"<a/>", headers={"content-type": "application/xml"}).status_code == 415
    assert client.post("/capture/zapier", content=b"{", headers={"content-type": "application/json"}).status_code == 422
    assert client.post("/capture/nobody", json={}).status_code == 404
    site.kill("web", 15)


@pytest.mark.parametrize("before", [True, False])
def test_while_the_broker_is_away_nothing_is_said_to_be_taken(site: TestSite, *, before: bool) -> None:
    """Whether it went before the web process started or after."""
    if before:
        site.broker.kill()
    client = start(site)
    if not before:
        site.broker.kill()
    started = time.monotonic()
    answer = client.post("/capture/zapier", json=contact(701, company="away"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert time.monotonic() - started < 15
    site.broker.start()
    site.wait_for(lambda: client.post("/capture/zapier", json=contact(702, company="away2")).status_code == 202, 60)
    site.kill("web", 15)
