"""A whole site with HubSpot's own sequences: entered once whatever breaks, left before a rep is told, ended by an opt-out."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.samples import captured
from tests.sites import TestSite, broken_promises

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]
LEAVE, DESK, NURTURE = "Out of sequences", "eve.saas@acme.test", "nurture@acme.test"
SEQUENCES = [
    {"name": "warm", "tool": "hubspot", "target": "77", "leave": LEAVE},
    {"name": "outreach", "band": "rep", "tool": "hubspot", "target": "78", "leave": LEAVE},
]


def with_sequences(text: str) -> str:
    """The demo's rules with a HubSpot sequence for each band."""
    return str(yaml.safe_dump({**yaml.safe_load(text), "sequences": SEQUENCES, "inboxes": {DESK: DESK, NURTURE: NURTURE}}))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestSite]:
    """A portal whose people have built both sequences, and the workflow that takes out of them."""
    one = TestSite(tmp_path_factory.mktemp("sequences"), leads=0, rules=with_sequences)
    try:
        one.ground()
        [made] = [found for found in one.objects("hubspot.lists") if found["name"] == LEAVE]
        one.control("POST", f"objects/hubspot.workflows/{made['listId']}", {"does": "unenrol"})
        yield one
    finally:
        one.stop()


def enrolments(site: TestSite) -> list[tuple[str, str]]:
    """Every enrolment that HubSpot has made: the sequence and the inbox that sends."""
    return [(e["sequenceId"], e["enrolledByEmail"]) for e in site.objects("hubspot.enrollments")]


def contact(site: TestSite, email: str) -> dict[str, Any]:
    """A contact's properties."""
    found: dict[str, Any] = next(c["properties"] for c in site.objects("hubspot.contacts") if c["properties"]["email"] == email)
    return found


def test_a_worker_does_not_start_before_its_sequences_are_built(site: TestSite) -> None:
    site.work()
    assert site.wait_for_end("worker") != 0
    for ident in ("77", "78"):
        site.control("POST", f"objects/hubspot.sequences/{ident}", {"id": ident, "name": f"Sequence {ident}"})
    assert site.leadgate("doctor")["faults"] == []


def test_a_lead_enters_once_rises_out_of_it_and_its_opt_out_ends_all(site: TestSite) -> None:
    lead = captured(1)
    email = lead.raw["email"]
    site.control("POST", "faults", {"path": "sequences/.*enrollments$", "method": "POST", "kind": "lost", "times": 1})
    site.work(LEADGATE_CRASH_AT="after call before state engage")
    [ident] = site.capture(lead)
    site.wait_for_end("worker")
    site.work()
    site.wait_for(lambda: site.place_of(ident) == "nurtured")
    assert enrolments(site) == [("77", NURTURE)], "an answer was lost and the worker killed, and it was entered once"
    site.capture(captured(1, ("Demo requests",), updated_at="2026-11-21T10:00:00.000Z"))
    site.wait_for(lambda: site.place_of(ident) == "engaged")
    assert enrolments(site) == [("77", NURTURE), ("78", DESK)]
    left = [e for e in site.crm("enrolments") if e["entered"]]
    assert left, "it was taken out by the list before it entered the rep's"
    assert contact(site, email)["hs_sequences_is_enrolled"] == "true"
    site.capture(captured(1, updated_at="2026-11-22T10:00:00.000Z", email_unsubscribed=True))
    site.wait_for(lambda: site.place_of(ident) == "suppressed")
    site.wait_for(lambda: contact(site, email)["hs_sequences_is_enrolled"] == "false")
    assert contact(site, email)["hs_email_optout"] == "true"
    texts = [m["text"] for m in site.objects("slack.messages") if "sample1" in m["text"]]
    assert sum("high intent" in text for text in texts) == 1
    assert broken_promises(site) == []
    assert site.leadgate("audit", "recompute")["different"] == {}
    site.kill("worker", 15)
