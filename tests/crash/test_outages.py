"""Deadlines and opt-outs that fall into a vendor's long outage, on a site of real processes: each
counts once, no worker ends."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from leads import topics
from tests.crash.judging import violations_of
from tests.integration.test_races import hear
from tests.samples import captured
from tests.sites import SiteHarness

pytestmark = [pytest.mark.kafka, pytest.mark.crash, pytest.mark.brokers]

OUTAGE = 100.0
FOREVER = 10**6
LEADS = 6


def events(site: SiteHarness, kind: str) -> list[Any]:
    """Audit events of a kind, each once."""
    found = {
        record.key: json.loads(record.value)
        for record in site.records(topics.AUDIT)
        if record.value
    }
    return [event for event in found.values() if event["kind"] == kind]


def escalations(site: SiteHarness) -> int:
    """Escalations posted to Slack; one message may hold several."""
    return sum(message["text"].count("has waited") for message in site.objects("slack.messages"))


def outlast(site: SiteHarness, seconds: float) -> None:
    """Wait while every child lives."""
    end = time.monotonic() + seconds
    site.wait_for(lambda: time.monotonic() > end)


@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"kind": "slow", "seconds": 12.0}], ids=["down", "slow"]
)
def test_a_deadline_during_an_outage_of_the_crm_escalates_once(
    tmp_path: Path, fault: dict[str, Any]
) -> None:
    site = SiteHarness(tmp_path, leads=0, seed=41)
    try:
        site.ground()
        site.work()
        ids = site.capture(
            *(captured(n, lists=("Demo requests",), company=f"firm{n}") for n in range(LEADS))
        )
        site.wait_for(lambda: len(events(site, "sla_started")) == LEADS, why="no clock runs")
        site.control("POST", "faults", {"path": "^/hubspot/", "times": FOREVER, **fault})
        outlast(site, OUTAGE)
        site.control("DELETE", "faults")
        site.wait_for(
            lambda: len(events(site, "breached")) == LEADS, "the deadline was forgotten"
        )
        assert violations_of(site, LEADS, site.check_children) == []
        assert sorted(event["lead"] for event in events(site, "breached")) == sorted(ids)
        site.wait_for(lambda: escalations(site) >= LEADS, why="Slack got too few messages")
        assert escalations(site) == LEADS
        assert sum("Escalation" in task["subject"] for task in site.crm("tasks")) == LEADS
    finally:
        site.stop()


def test_an_opt_out_while_apollo_refuses_for_a_minute_suppresses_without_a_restart(
    tmp_path: Path,
) -> None:
    site = SiteHarness(tmp_path, leads=0, seed=42)
    try:
        site.ground()
        site.control(
            "POST",
            "faults",
            {"path": "^/apollo/", "status": 429, "times": FOREVER, "retry_after": "60"},
        )
        site.work()
        people = [captured(n, title="Office Manager", company=f"firm{n}") for n in range(LEADS)]
        ids = site.capture(*people)
        site.wait_for(lambda: len(site.records(topics.CAPTURED)) == LEADS)
        for person in people:
            hear(site, "unsubscribe", person.raw)
        outlast(site, 60.0)
        site.control("DELETE", "faults")
        site.wait_for(
            lambda: {site.place_of(lead) for lead in ids} == {"suppressed"}, site.places
        )
        assert violations_of(site, LEADS, site.check_children) == []
        assert site.crm("enrolments") == []
    finally:
        site.stop()
