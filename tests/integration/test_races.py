"""What is heard between capture and the last step, at every point of the way, counts (promises P3 and P4)."""

import time
from typing import Any

import pytest

from leadgate.leads import names
from leadgate.leads.keys import Keys, derive
from leadgate.leads.records import Signal, encode
from tests.samples import captured
from tests.sites import TestSite

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

CRMS = ("hubspot", "salesforce")
ORDER = ("intake", "identity", "company", "write", "routing", "assign")
AFTER = {
    "captured": names.CAPTURED,
    "intake": names.VALIDATED,
    "identity": names.UNIQUE,
    "company": names.MATCHED,
    "write": names.WRITTEN,
    "routing": names.ROUTED,
    "assign": names.ASSIGNED,
}
NUMBERS = iter(range(1000, 9000))
KEYS = Keys("demo")


def bring_to(site: TestSite, point: str, count: int) -> list[tuple[str, Any]]:
    """Let new leads come just past a gate, and stop; their ids and contacts. Half are nurtured in the end, half high intent."""
    before = len(site.records(AFTER[point]))
    leads = [
        captured(n, title="Office Manager", lists=("Demo requests",) if i % 2 else ())
        for i, n in zip(range(count), NUMBERS, strict=False)
    ]
    ids = site.capture(*leads)
    if point != "captured":
        site.work_only(*ORDER[: ORDER.index(point) + 1], "signals")
        site.wait_for(lambda: len(site.records(AFTER[point])) >= before + count, why=f"the leads did not come past {point}")
        site.kill("worker")
    return list(zip(ids, (lead.raw for lead in leads), strict=True))


def hear(site: TestSite, kind: str, raw: dict[str, Any], value: str = "") -> None:
    """Tell of something, as the poller does."""
    key = KEYS.address(raw["email"])
    signal = Signal(
        signal_id=derive(kind, raw["id"], time.time()),
        kind=kind,
        heard_at=time.time(),
        source="apollo",
        address_key=key,
        person_key=key,
        value=value,
    )
    site.produce(names.SIGNALS, [(key.encode(), encode(signal))])


def reached(site: TestSite, raw: dict[str, Any]) -> list[str]:
    """Steps that were taken towards a person: list memberships and tasks."""
    people = [p["id"] for p in site.crm("people") if p["email"] == raw["email"]]
    entered = [e["person"] for e in site.crm("enrolments") if e["person"] in people and e["left"] is None]
    return [*entered, *{t["person"] for t in site.crm("tasks") if t["person"] in people}]


@pytest.mark.parametrize("point", list(AFTER))
def test_a_bounce_or_an_opt_out_at_any_point_stops_everything(site: TestSite, point: str) -> None:
    leads = bring_to(site, point, 4)
    for i, (_, raw) in enumerate(leads):
        hear(site, ("bounce", "unsubscribe")[i // 2], raw)
    site.work()
    site.wait_for(
        lambda: all(site.place_of(lead) == "suppressed" for lead, _ in leads), why=str([site.place_of(x) for x, _ in leads])
    )
    assert [reached(site, raw) for _, raw in leads] == [[]] * 4
    site.kill("worker")


@pytest.mark.parametrize("point", ["captured", "company", "assign"])
def test_an_apollo_sequence_that_starts_on_the_way_holds_the_lead(site: TestSite, point: str) -> None:
    leads = bring_to(site, point, 2)
    for _, raw in leads:
        running = {"id": "s", "emailer_campaign_id": "c" * 24, "status": "active"}
        site.control("POST", f"objects/apollo.contacts/{raw['id']}", {**raw, "contact_campaign_statuses": [running]})
        site.capture(
            captured(
                int(raw["id"], 16),
                **{**raw, "company": raw["organization_name"].split()[0], "contact_campaign_statuses": [running]},
            )
        )
        hear(site, "sequence", raw, "active")
    site.work()
    site.wait_for(lambda: all(site.place_of(lead) == "held" for lead, _ in leads), why=str([site.place_of(x) for x, _ in leads]))
    assert [reached(site, raw) for _, raw in leads] == [[]] * 2
    site.kill("worker")


@pytest.mark.parametrize("point", ["company", "routing"])
def test_an_owner_who_is_gone_when_read_back_holds_the_lead(site: TestSite, point: str) -> None:
    leads = bring_to(site, point, 2)
    site.control("POST", "objects/control/ownerless", {raw["email"]: True for _, raw in leads})
    site.work()
    site.wait_for(lambda: all(site.place_of(lead) == "held" for lead, _ in leads), why=str([site.place_of(x) for x, _ in leads]))
    assert [reached(site, raw) for _, raw in leads] == [[]] * 2
    site.kill("worker")
