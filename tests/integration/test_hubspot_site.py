"""A whole site with what only HubSpot has: its own sequences, and companies whose properties are
filled."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.samples import captured
from tests.sites import SiteHarness, broken_promises

pytestmark = pytest.mark.kafka
LEAVE, DESK, NURTURE = "Out of sequences", "eve.saas@acme.test", "nurture@acme.test"
SEQUENCES = [
    {"name": "warm", "tool": "hubspot", "target": "77", "leave": LEAVE},
    {"name": "outreach", "band": "rep", "tool": "hubspot", "target": "78", "leave": LEAVE},
]


MAPPING = [
    {"apollo": "Tech stack", "to": "tech_stack", "object": "company"},
    {"apollo": "Tech stack", "to": "persons_stack"},
]


def with_sequences(text: str) -> str:
    """The demo's rules with a HubSpot sequence for each band, and a field that lands on contact and
    company."""
    more = {"sequences": SEQUENCES, "inboxes": {DESK: DESK, NURTURE: NURTURE}, "mapping": MAPPING}
    return str(yaml.safe_dump({**yaml.safe_load(text), **more}))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteHarness]:
    """A portal whose people have built both sequences, and the workflow that takes out of them."""
    one = SiteHarness(tmp_path_factory.mktemp("sequences"), leads=0, rules=with_sequences)
    try:
        one.ground()
        [made] = [found for found in one.objects("hubspot.lists") if found["name"] == LEAVE]
        one.control("POST", f"objects/hubspot.workflows/{made['listId']}", {"does": "unenrol"})
        yield one
    finally:
        one.stop()


def enrolments(site: SiteHarness) -> list[tuple[str, str]]:
    """Every enrolment that HubSpot has made: the sequence and the inbox that sends."""
    return [(e["sequenceId"], e["enrolledByEmail"]) for e in site.objects("hubspot.enrollments")]


def contact(site: SiteHarness, email: str) -> dict[str, Any]:
    """A contact's properties."""
    found: dict[str, Any] = next(
        c["properties"]
        for c in site.objects("hubspot.contacts")
        if c["properties"]["email"] == email
    )
    return found


def test_a_worker_does_not_start_before_its_sequences_are_built(site: SiteHarness) -> None:
    site.work()
    assert site.wait_for_end("worker") != 0
    for ident in ("77", "78"):
        site.control(
            "POST", f"objects/hubspot.sequences/{ident}", {"id": ident, "name": f"Sequence {ident}"}
        )
    assert site.leadgate("doctor")["faults"] == []


def test_a_lead_enters_once_rises_out_of_it_and_its_opt_out_ends_all(site: SiteHarness) -> None:
    lead = captured(1)
    email = lead.raw["email"]
    site.control(
        "POST",
        "faults",
        {"path": "sequences/.*enrollments$", "method": "POST", "kind": "lost", "times": 1},
    )
    site.work(LEADGATE_CRASH_AT="after call before state engage")
    [ident] = site.capture(lead)
    site.wait_for_end("worker")
    site.work()
    site.wait_for(lambda: site.place_of(ident) == "nurtured")
    assert enrolments(site) == [("77", NURTURE)], (
        "an answer was lost and the worker killed, and it was entered once"
    )
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


def test_an_imports_fields_land_on_the_company_and_are_taken_back_from_it(
    site: SiteHarness, tmp_path: Path
) -> None:
    row = {
        "First Name": "Ada",
        "Last Name": "Byron",
        "Title": "Clerk",
        "Company Name": "Stacked Inc.",
        "Country": "United States",
    }
    row |= {
        "Email": "ada@stacked.com",
        "Email Status": "Verified",
        "Website": "stacked.com",
        "Tech stack": "Kafka",
    }
    file = tmp_path / "stacked.csv"
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, row)
        writer.writeheader()
        writer.writerow(row)
    site.work()
    done = site.leadgate("import", str(file))
    site.wait_for(lambda: company(site, "stacked.com").get("tech_stack") == "Kafka")
    site.wait_for(lambda: contact(site, "ada@stacked.com").get("leadgate_status") == "nurture")
    assert contact(site, "ada@stacked.com")["country"] == "United States"
    site.wait_for(
        lambda: (
            not site.leadgate("undo", "--import", done["import"], "--actor", "olga", "--dry-run")[
                "under_way"
            ]
        )
    )
    report = site.leadgate("undo", "--import", done["import"], "--actor", "olga")
    assert ["tech_stack"] in report["restored"].values()
    assert len(report["made"]) == 1, "the contact, not the company"
    assert not company(site, "stacked.com").get("tech_stack")
    assert not contact(site, "ada@stacked.com").get("persons_stack")
    assert site.account()["broken"] == []
    site.kill("worker", 15)


def test_a_company_that_the_crm_was_given_after_the_snapshot_is_known_as_a_subsidiary(
    site: SiteHarness,
) -> None:
    """The poller keeps the snapshot current: what belongs together is a person's decision from then
    on."""
    site.control("POST", "crm/companies", {"name": "Grand Holding", "domain": "grandholding.com"})
    site.control(
        "POST",
        "crm/companies",
        {"name": "Smalltown", "domain": "smalltown.com", "parent": "grandholding.com"},
    )
    site.control("POST", "reindex")
    site.run("poll", "--once", "--since", "0")
    site.work()
    [lead] = site.capture(captured(40, company="smalltown"))
    site.wait_for(lambda: site.place_of(lead) == "review")
    [item] = [item for item in site.leadgate("review", "list") if item["lead_id"] == lead]
    assert "Grand Holding" in str(item["reasons"])
    site.kill("worker", 15)


def company(site: SiteHarness, domain: str) -> dict[str, Any]:
    """A company's properties; none before it is made."""
    found = (
        c["properties"]
        for c in site.objects("hubspot.companies")
        if c["properties"].get("domain") == domain
    )
    return next(found, {})
