"""People's decisions on a real broker: mended rules reach leads that wait, and a rep named at any
gate gets the lead."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.samples import captured
from tests.sites import SiteHarness, broken_promises

pytestmark = pytest.mark.kafka
BY = ("--actor", "olga", "--reason", "the rules were mended")
GERMANY = {"name": "germany", "owner": "dario.eu@acme.test", "when": {"countries": ["DE"]}}
ELSEWHERE = {"name": "elsewhere", "owner": "eve.saas@acme.test"}
BEN = "ben.us@acme.test"


def with_routes(text: str, *routes: dict[str, Any]) -> str:
    """Rules with these routes only."""
    return str(yaml.safe_dump({**yaml.safe_load(text), "routes": list(routes)}))


def test_mended_rules_reach_leads_that_wait_and_a_named_rep_gets_the_lead(tmp_path: Path) -> None:
    site = SiteHarness(tmp_path, leads=0, rules=lambda text: with_routes(text, GERMANY))
    try:
        site.ground()
        site.work()
        waiting = site.capture(captured(1, ("Demo requests",)), captured(2, ("Demo requests",)))
        [first] = site.capture(
            captured(3, company="alike", first_name="Gloria", last_name="Montgomery")
        )
        site.wait_for(
            lambda: [site.place_of(i) for i in (*waiting, first)] == ["held", "held", "nurtured"]
        )
        [twin] = site.capture(
            captured(
                4, company="alike", first_name="G.", last_name="Montgomery", email="gm@alike.com"
            )
        )
        site.wait_for(lambda: site.place_of(twin) == "review")
        site.kill("worker", 15)
        site.remove_members()
        assert "the CRM has no user" in site.refusal(
            "review", "resolve", twin, "--route", "nobody@nowhere.test", *BY
        )
        assert "near it: title" in site.refusal("review", "resolve", twin, "--set", "titel=VP", *BY)
        assert "write field=value" in site.refusal("review", "resolve", twin, "--set", "title", *BY)
        assert site.leadgate("review", "resolve", twin, "--route", BEN, *BY)["workers"] == 0
        assert "not carried out yet" in site.refusal("review", "resolve", twin, "--merge", *BY)
        path = site.data / "rules.yaml"
        path.write_text(with_routes(path.read_text(), GERMANY, ELSEWHERE))
        site.work()
        site.wait_for(lambda: site.place_of(twin) == "engaged")
        assert {p["email"]: p["owner"] for p in site.crm("people")}["gm@alike.com"] == BEN
        bulk = ("review", "resolve", "--reason-kind", "unrouted", "--redrive", *BY)
        assert {r["lead_id"] for r in site.leadgate(*bulk, "--dry-run")["decided"]} == set(waiting)
        taken = site.leadgate(*bulk)
        site.wait_for(lambda: [site.place_of(i) for i in waiting] == ["engaged", "engaged"])
        ruled = next(e for e in site.leadgate("why", waiting[0]) if e["kind"] == "reviewed")
        assert ruled["rules"] == ruled["outcome"]["rules"] == taken["decided"][0]["rules"]
        assert "does not wait for a person" in site.refusal(
            "review", "resolve", twin, "--redrive", *BY
        )
        assert broken_promises(site) == []
        assert site.leadgate("audit", "recompute")["different"] == {}
    finally:
        site.stop()
