"""A whole site on a real broker: poison, people's decisions, two sources, replay, rebuilt state,
the SLA over restarts."""

import asyncio
import json
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from app.privacy.lead_keys import open_sealing
from app.review.sheets import CsvSheet, read_csv
from app.rules.store import load_rules, unresolved_todos
from leads import topics
from leads.keys import lead_id
from leads.records import Captured, encode
from streams.runner.dead_letters import Dead
from tables.schema import SLA_WINDOWS
from tests.samples import captured
from tests.sites import SiteHarness, broken_promises

pytestmark = pytest.mark.kafka


def test_poison_becomes_a_dead_letter_and_the_partition_goes_on(site: SiteHarness) -> None:
    nulls = Captured(
        source="apollo", source_id="nulls", captured_at=1.0, raw=dict.fromkeys(captured(1).raw)
    )
    wrong = captured(11, title={"not": "text"})
    poison = [
        b"\xff\xfe broken",
        b"{",
        b'{"source": 3}',
        b'"x"',
        b"[]",
        b"null",
        b"",
        encode(captured(12, headline="x" * 1_000_000)),
    ]
    site.produce(topics.CAPTURED, [(b"poison", value) for value in poison], partition=5)
    site.produce(topics.CAPTURED, [(b"p", encode(nulls)), (b"p", encode(wrong))], partition=5)
    good = captured(13)
    site.produce(topics.CAPTURED, [(b"good", encode(good))], partition=5)
    site.work()
    lead = lead_id("apollo", good.source_id)
    site.wait_for(
        lambda: site.place_of(lead) in {"engaged", "nurtured"},
        why="the good lead behind the poison did not come through",
    )
    sealing = open_sealing(site.settings())
    letters = {
        sealing.open(msgspec.json.decode(r.value, type=Dead)).value
        for r in site.records(topics.DEAD)
        if "where" in json.loads(r.value)
    }
    assert set(poison) <= letters
    assert site.place_of(lead_id("apollo", "nulls")) == "review"
    assert site.place_of(lead_id("apollo", wrong.source_id)) == "dead"
    assert broken_promises(site) == []
    site.kill("worker", 15)


def test_two_sources_bring_one_person_at_once(site: SiteHarness) -> None:
    row = {
        "First Name": "Bastian",
        "Last Name": "Drummond",
        "Title": "VP Sales",
        "Company Name": "Twosources Inc.",
        "Email": "bastian@twosources.com",
        "Email Status": "Verified",
        "Country": "United States",
        "Website": "twosources.com",
    }
    leads = [
        captured(
            n,
            company="twosources",
            email="bastian@twosources.com",
            first_name="Bastian",
            last_name="Drummond",
        )
        for n in range(20, 40)
    ]
    rows = [
        Captured(
            source="csv",
            source_id=f"row{n}",
            captured_at=time.time(),
            raw=row,
            format="csv",
            imported="list.csv",
        )
        for n in range(20)
    ]
    ids = site.capture(*(one for pair in zip(leads, rows, strict=True) for one in pair))
    site.work()
    site.wait_for(lambda: all(site.place_of(i) in {"engaged", "nurtured", "merged"} for i in ids))
    assert sorted(site.place_of(i) for i in ids).count("merged") == 39
    assert [p["email"] for p in site.crm("people")].count("bastian@twosources.com") == 1
    assert broken_promises(site) == []
    site.kill("worker", 15)


def test_a_person_corrects_a_lead_and_another_is_kept_separate(site: SiteHarness) -> None:
    untitled = captured(50, title=None, company="mended")
    first = captured(51, company="apart", first_name="Gloria", last_name="Montgomery")
    alike = captured(
        52, company="apart", first_name="G.", last_name="Montgomery", email="gm@apart.com"
    )
    site.work()
    [lead] = site.capture(untitled)
    [one] = site.capture(first)
    site.wait_for(
        lambda: site.place_of(lead) == "review" and site.place_of(one) in {"engaged", "nurtured"}
    )
    [twin] = site.capture(alike)
    site.wait_for(lambda: site.place_of(twin) == "review")
    assert {lead, twin} <= {item["lead_id"] for item in site.leadgate("review", "list")}
    site.leadgate(
        "review",
        "resolve",
        lead,
        "--set",
        "title=VP Sales",
        "--actor",
        "olga",
        "--reason",
        "asked her",
    )
    site.leadgate(
        "review", "resolve", twin, "--separate", "--actor", "olga", "--reason", "two people"
    )
    site.wait_for(
        lambda: (
            site.place_of(lead) in {"engaged", "nurtured"}
            and site.place_of(twin) in {"engaged", "nurtured"}
        )
    )
    assert not {lead, twin} & {item["lead_id"] for item in site.leadgate("review", "list")}
    story = site.leadgate("why", lead)
    assert [(e["actor"], e["outcome"]["reason"]) for e in story if e["kind"] == "reviewed"] == [
        ("olga", "asked her")
    ]
    assert broken_promises(site) == []
    site.kill("worker", 15)


def test_a_corrected_sheet_is_read_back(site: SiteHarness, tmp_path: Path) -> None:
    """At the first gate it mends the lead; from a later one the lead goes through the gates
    again."""
    untitled, refused = (
        captured(62, title=None, company="sheeted"),
        captured(63, company="sheeted2"),
    )
    site.control("POST", "objects/control/broken_emails", {refused.raw["email"]: True})
    site.work()
    ids = site.capture(untitled, refused)
    site.wait_for(lambda: [site.place_of(i) for i in ids] == ["review", "fallback"])
    site.run("poll", "--once", "--since", "0")
    file = Path(site.environment()["LEADGATE_SHEET"])
    rows = read_csv(file)
    fixes = {
        "review": {"title": "VP Sales"},
        "fallback": {"email": "right@sheeted2.com", "email_status": "Verified"},
    }
    mine = [row for row in rows if row["record_id"].split(":")[0] in ids]
    assert {row["kind"] for row in mine} == set(fixes)
    asyncio.run(CsvSheet(tmp_path / "copy.csv").show([row | fixes[row["kind"]] for row in mine]))
    done = site.leadgate("import", str(tmp_path / "copy.csv"), "--resubmit", "--actor", "olga")
    assert done == {"decided": 2, "untouched": 0, "problems": []}
    site.wait_for(lambda: all(site.place_of(i) in {"engaged", "nurtured"} for i in ids))
    assert "right@sheeted2.com" in {p["email"] for p in site.crm("people")}
    again = site.leadgate("import", str(tmp_path / "copy.csv"), "--resubmit", "--actor", "olga")
    assert again["decided"] == 0
    site.control("POST", "objects/control/broken_emails", {})
    assert broken_promises(site) == []
    site.kill("worker", 15)


def test_the_snapshot_tells_of_doubles_shared_domains_and_owners_who_left(
    site: SiteHarness,
) -> None:
    gone = next(u["id"] for u in site.objects("hubspot.owners") if u["email"] == "gone@acme.test")
    at = {
        "createdAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-01-01T00:00:00Z",
        "archived": False,
    }
    people = {
        "9000001": {"email": "twin@doubled.com"},
        "9000002": {"email": "x@doubled.com", "hs_additional_emails": "twin@doubled.com"},
    }
    people["9000002"]["hubspot_owner_id"] = gone
    for ident, properties in people.items():
        site.control(
            "POST",
            f"objects/hubspot.contacts/{ident}",
            {"id": ident, "properties": properties, **at},
        )
    for ident in ("9000011", "9000012"):
        company = {"id": ident, "properties": {"name": "Doubled", "domain": "doubled.com"}, **at}
        site.control("POST", f"objects/hubspot.companies/{ident}", company)
    report = site.leadgate("sync-crm")
    assert report["duplicates"] == [["9000001", "9000002"]]
    assert report["shared_domains"] == {"doubled.com": ["9000011", "9000012"]}
    assert report["of_inactive_owners"] == 1
    for kind, idents in (("contacts", people), ("companies", ("9000011", "9000012"))):
        for ident in idents:
            gone_now = {"id": ident, "properties": {}, **at, "archived": True}
            site.control("POST", f"objects/hubspot.{kind}/{ident}", gone_now)


def test_the_fallback_is_driven_again(site: SiteHarness) -> None:
    refused = captured(60, company="refused")
    site.control("POST", "objects/control/broken_emails", {refused.raw["email"]: True})
    site.work()
    [lead] = site.capture(refused)
    site.wait_for(lambda: site.place_of(lead) == "fallback")
    site.control("POST", "objects/control/broken_emails", {})
    site.leadgate(
        "review",
        "resolve",
        lead,
        "--redrive",
        "--actor",
        "olga",
        "--reason",
        "the CRM is well again",
    )
    site.wait_for(lambda: site.place_of(lead) in {"engaged", "nurtured"})
    assert broken_promises(site) == []
    site.kill("worker", 15)


def test_an_outage_of_the_crm_is_waited_for_and_reported_once(site: SiteHarness) -> None:
    site.control("POST", "faults", {"path": "contacts/batch", "status": 503, "times": 8})
    site.work()
    ids = site.capture(*(captured(n, company=f"outage{n}") for n in range(120, 130)))
    site.wait_for(
        lambda: all(site.place_of(i) in {"engaged", "nurtured"} for i in ids),
        why="they did not go on by themselves",
    )
    told = [m for m in site.objects("slack.messages") if "The CRM does not answer" in m["text"]]
    assert len(told) == 1
    assert broken_promises(site) == []
    site.kill("worker", 15)


def test_replay_from_the_start_and_rebuilt_state_call_nobody(site: SiteHarness) -> None:
    site.work()
    ids = site.capture(*(captured(n, company=f"again{n}") for n in range(100, 110)))
    site.wait_for(lambda: all(site.place_of(i) in {"engaged", "nurtured"} for i in ids))
    site.wait_settled(1)
    site.kill("worker", 15)
    before, places = site.control("GET", "state")["writes"], site.account()["places"]
    site.remove_members()
    site.leadgate("replay", "--from", "0")
    site.work()
    site.wait_settled(1)
    site.kill("worker", 15)
    assert site.control("GET", "state")["writes"] == before
    assert site.account()["places"] == places
    shutil.rmtree(site.data / "worker")
    site.remove_members()
    site.leadgate("replay", "--from", "0")
    site.work()
    site.wait_settled(1)
    [lead] = site.capture(captured(70, company="afterwards"))
    site.wait_for(lambda: site.place_of(lead) in {"engaged", "nurtured"})
    after = site.control("GET", "state")["writes"]
    assert sum(after.values()) - sum(before.values()) < 15, "only the one new lead's writes"
    assert broken_promises(site) == []
    site.kill("worker", 15)


def test_a_replay_keeps_to_its_range_and_decides_nothing_new_without_act(site: SiteHarness) -> None:
    site.work()
    [before] = site.capture(captured(71, company="decided"))
    site.wait_for(lambda: site.place_of(before) in {"engaged", "nurtured"})
    site.kill("worker", 15)
    between = datetime.now(UTC).isoformat()
    [after] = site.capture(captured(72, company="undecided"))
    site.remove_members()
    site.commit_to_the_end(topics.CAPTURED)
    assert "--act" in site.refusal("replay", "--from", "0")
    assert site.leadgate("replay", "--from", "0", "--to", between)["records"] > 0
    writes = site.control("GET", "state")["writes"]
    site.work()
    site.wait_settled(1)
    site.kill("worker", 15)
    assert site.place_of(after) == ""
    assert site.control("GET", "state")["writes"] == writes
    site.remove_members()
    site.leadgate("replay", "--from", between, "--act")
    site.work()
    site.wait_for(lambda: site.place_of(after) in {"engaged", "nurtured"})
    site.kill("worker", 15)


def test_a_breach_escalates_once_over_kills(site: SiteHarness) -> None:
    called, missed = (
        captured(80, lists=("Demo requests",), company="called"),
        captured(81, lists=("Demo requests",), company="missed"),
    )
    site.work()
    ids = site.capture(called, missed)
    site.wait_for(lambda: all(site.place_of(i) == "engaged" for i in ids))
    site.control("POST", "play", [])
    site.control("POST", f"objects/apollo.contacts/{called.raw['id']}", called.raw)
    site.control("POST", "play", [{"kind": "activity", "contact": called.raw["id"]}])
    for _ in range(3):
        site.kill("worker")
        site.work()
        time.sleep(1.5)  # the kills fall around the deadline of 8 s
    breaches = site.wait_for(lambda: events(site, "breached", ids), why="nobody escalated")
    assert [event["lead"] for event in breaches] == [ids[1]]
    assert events(site, "sla_met", ids)[0]["lead"] == ids[0]
    assert len([t for t in site.crm("tasks") if "Escalation" in t["subject"]]) == 1
    told = site.wait_for(
        lambda: [m for m in site.objects("slack.messages") if "has waited" in m["text"]],
        why="Slack got nothing",
    )
    assert len(told) == 1
    site.kill("worker", 15)
    windows = site.rows(SLA_WINDOWS).values()
    for kind, leads in (("opened", ids), ("met", ids[:1]), ("breached", ids[1:])):
        held = [clock for window in windows for clock in getattr(window, kind)]
        assert sorted(clock.split("@")[0] for clock in held) == sorted(leads)


def events(site: SiteHarness, kind: str, ids: list[str]) -> list[dict[str, object]]:
    """Audit events of a kind, about these leads."""
    found = {r.key: msgspec.json.decode(r.value) for r in site.records(topics.AUDIT) if r.value}
    return [e for e in found.values() if e["kind"] == kind and e["lead"] in ids]


def test_first_rules_run_in_shadow_and_their_open_points_keep_effects_from_being_live(
    site: SiteHarness,
) -> None:
    assert site.leadgate("doctor")["faults"] == []
    first = site.data / "first.yaml"
    site.leadgate("init", "--rules", str(first))
    assert load_rules(first).effects == "shadow"
    assert "demo requests" in first.read_text().split("capture:")[0].casefold(), (
        "Apollo's lists are named"
    )
    assert site.leadgate("doctor", LEADGATE_RULES=str(first))["faults"] == []
    faults = site.leadgate("doctor", LEADGATE_RULES=str(first), LEADGATE_EFFECTS="live")["faults"]
    assert faults == unresolved_todos(first)
    assert len(faults) > 3
    site.work(LEADGATE_RULES=str(first), LEADGATE_EFFECTS="live")
    assert site.wait_for_end("worker") == 2, "a worker refuses what doctor finds"


def test_doctor_names_the_key_that_is_wrong(site: SiteHarness) -> None:
    for name in ("LEADGATE_APOLLO_KEY", "LEADGATE_HUBSPOT_TOKEN", "LEADGATE_SLACK_TOKEN"):
        [fault] = site.leadgate("doctor", **{name: "wrong"})["faults"]
        assert name in fault


def test_shadow_makes_no_writing_call(tmp_path: Path) -> None:
    site = SiteHarness(
        tmp_path,
        leads=80,
        seed=9,
        rules=lambda text: text.replace("effects: live", "effects: shadow"),
    )
    try:
        site.ground()
        before = site.control("GET", "state")["writes"]
        site.poll()
        site.work()
        report = site.wait_settled(80)
        assert report["places"]["engaged"] + report["places"]["nurtured"] > 40
        assert site.control("GET", "state")["writes"] == before
        would = [
            e for r in site.records(topics.AUDIT) if (e := json.loads(r.value))["kind"] == "written"
        ]
        assert would
        assert all(event["outcome"]["would"] for event in would)
    finally:
        site.stop()
