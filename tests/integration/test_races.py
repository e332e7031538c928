"""A signal between capture and the last step counts, at every point of the way (promises P3
and P4).

All points share the worker that goes on afterwards: a start costs more than everything else
here.
"""

import time
from collections.abc import Iterable
from typing import Any

import pytest

from leads import topics
from leads.keys import derive
from leads.records import Signal, encode
from tables.schema import SEQUENCES
from tests.samples import captured
from tests.sites import SiteHarness

pytestmark = pytest.mark.kafka

CRMS = ("hubspot", "salesforce")
ORDER = ("intake", "identity", "company", "write", "routing", "assign")
AFTER = {
    "captured": topics.CAPTURED,
    "intake": topics.VALIDATED,
    "identity": topics.UNIQUE,
    "company": topics.MATCHED,
    "write": topics.WRITTEN,
    "routing": topics.ROUTED,
    "assign": topics.ASSIGNED,
}
NUMBERS = iter(range(1000, 9000))


def bring_to(site: SiteHarness, point: str, count: int) -> list[tuple[str, Any]]:
    """Let new leads come just past a gate, and stop; their ids and contacts.

    Half are nurtured in the end, half high intent.
    """
    before = len(site.records(AFTER[point]))
    leads = [
        captured(n, title="Office Manager", lists=("Demo requests",) if i % 2 else ())
        for i, n in zip(range(count), NUMBERS, strict=False)
    ]
    ids = site.capture(*leads)
    if point != "captured":
        site.work_only(*ORDER[: ORDER.index(point) + 1], "signals")
        site.wait_for(
            lambda: len(site.records(AFTER[point])) >= before + count,
            why=f"the leads did not come past {point}",
        )
        site.kill("worker")
    return list(zip(ids, (lead.raw for lead in leads), strict=True))


def hear(site: SiteHarness, kind: str, raw: dict[str, Any], value: str = "") -> None:
    """Tell of something, as the poller does."""
    key = site.keys.address(raw["email"])
    signal = Signal(
        signal_id=derive(kind, raw["id"], time.time()),
        kind=kind,
        at=time.time(),
        source="apollo",
        address_key=key,
        person_key=key,
        value=value,
    )
    site.produce(topics.SIGNALS, [(key.encode(), encode(signal))])


def reached(site: SiteHarness, raw: dict[str, Any]) -> list[str]:
    """Steps that were taken towards a person: list memberships and tasks."""
    people = [p["id"] for p in site.crm("people") if p["email"] == raw["email"]]
    entered = [
        e["person"] for e in site.crm("enrolments") if e["person"] in people and e["left"] is None
    ]
    return [*entered, *{t["person"] for t in site.crm("tasks") if t["person"] in people}]


SEQUENCE_POINTS = {"captured", "company", "assign"}
OWNER_POINTS = {"company", "routing"}


def test_a_signal_at_any_point_of_the_way_counts(site: SiteHarness) -> None:
    """A bounce or an opt-out stops everything; a sequence of Apollo's that starts, or an owner who
    is gone, holds the lead."""
    stopped, busy, ownerless = {}, {}, {}
    # the furthest first: a later worker, of fewer stages, leaves them where they are
    for point in reversed(AFTER):
        leads = bring_to(site, point, 8)
        stopped[point] = leads[:4]
        busy[point] = leads[4:6] if point in SEQUENCE_POINTS else []
        ownerless[point] = leads[6:8] if point in OWNER_POINTS else []
    for leads in stopped.values():
        for i, (_, raw) in enumerate(leads):
            hear(site, ("bounce", "unsubscribe")[i // 2], raw)
    for _, raw in each(busy):
        start_apollos_sequence(site, raw)
    site.control(
        "POST", "objects/control/ownerless", {raw["email"]: True for _, raw in each(ownerless)}
    )
    # what a source has said counts once intake has read it, however fast engagement is
    started = {site.keys.address(raw["email"]) for _, raw in [*busy["company"], *busy["assign"]]}
    site.work_only("intake", "signals")
    site.wait_for(lambda: started <= site.rows(SEQUENCES).keys(), why="a sequence is not known")
    site.kill("worker")
    site.work()
    wanted = {lead: "suppressed" for lead, _ in each(stopped)}
    wanted |= {lead: "held" for group in (busy, ownerless) for lead, _ in each(group)}
    site.wait_for(lambda: not misplaced(site, wanted), why=lambda: misplaced(site, wanted))
    for group in (stopped, busy, ownerless):
        for point, leads in group.items():
            assert [(point, reached(site, raw)) for _, raw in leads] == [(point, [])] * len(leads)
    site.kill("worker")


def each(group: dict[str, list[tuple[str, Any]]]) -> Iterable[tuple[str, Any]]:
    """The leads of all points."""
    return (lead for leads in group.values() for lead in leads)


def misplaced(site: SiteHarness, wanted: dict[str, str]) -> dict[str, str]:
    """Where those are that are elsewhere than they should be."""
    places = site.places()
    return {
        lead: places.get(lead, "") for lead, place in wanted.items() if places.get(lead) != place
    }


def start_apollos_sequence(site: SiteHarness, raw: dict[str, Any]) -> None:
    """A sequence starts in Apollo, comes with the contact's next revision, and is read."""
    running = {"id": "s", "emailer_campaign_id": "c" * 24, "status": "active"}
    changed = {**raw, "contact_campaign_statuses": [running]}
    site.control("POST", f"objects/apollo.contacts/{raw['id']}", changed)
    site.capture(
        captured(int(raw["id"], 16), **{**changed, "company": raw["organization_name"].split()[0]})
    )
    hear(site, "sequence", raw, "active")
