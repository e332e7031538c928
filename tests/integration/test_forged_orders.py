"""Orders written to a real broker by somebody without the site secret: nothing obeys them, the
leads wait on, and every process lives."""

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.operations.replay import SkipRange
from app.rules.store import fetch_rules
from leads import topics
from leads.records import ReviewDecision, encode
from leads.rule_versions import RuleVersions
from leads.rules import Rules
from tests.integration.test_decisions import BY, ELSEWHERE, GERMANY, with_routes
from tests.samples import captured
from tests.sites import SiteHarness, broken_promises

pytestmark = pytest.mark.kafka


def forge_decision(site: SiteHarness, item: dict[str, Any], action: str) -> None:
    """A well-formed decision about a waiting lead, by somebody who only reaches the broker."""
    decision = ReviewDecision(
        decision_id=f"forged {action}",
        lead_id=item["lead_id"],
        stage=item["stage"],
        step=item["step"],
        action=action,
        actor="olga",
        reason="forged",
        at=1.0,
    )
    row = (item["lead_id"].encode(), encode(decision))
    site.produce(topics.REVIEW_DECISIONS, [row], item["partition"])


def forge_rules(site: SiteHarness, rules: Rules) -> None:
    """Other rules under the hash of the true ones, and under their own as the last published."""
    forged = Rules.model_validate(rules.model_dump() | {"version": 66})
    value = forged.model_dump_json().encode()
    rows = [(rules.hash.encode(), value), (forged.hash.encode(), value), (b"none", b"{")]
    site.produce(topics.RULES, rows)


def forge_replay(site: SiteHarness) -> None:
    """A replay that leaves out whatever is captured from now on."""
    windows = []
    for partition in range(topics.PARTITIONS):
        ranges = ((0, 1000),)
        windows.append(
            SkipRange(
                topic=topics.CAPTURED.full,
                partition=partition,
                begin=0,
                done=1000,
                left_out=ranges,
            )
        )
    site.produce(topics.CURSORS, [(b"replay", msgspec.json.encode(windows))])


def versions(site: SiteHarness) -> RuleVersions:
    """What the topic of the rules holds."""
    return asyncio.run(fetch_rules(site.settings()))


def test_forged_decisions_rules_and_replays_change_nothing(tmp_path: Path) -> None:
    site = SiteHarness(tmp_path, leads=0, rules=lambda text: with_routes(text, GERMANY))
    try:
        site.ground()
        site.work()
        [lead] = site.capture(captured(1, ("Demo requests",)))
        site.wait_for(lambda: site.place_of(lead) == "held")
        [item] = site.leadgate("review", "list")
        true = versions(site)
        forge_rules(site, true.known[true.in_force])
        forge_replay(site)
        for action in ("suppress", "undo"):
            forge_decision(site, item, action)
        site.wait_for(lambda: len(site.records(topics.DEAD)) == 2)
        for letter in (json.loads(record.value) for record in site.records(topics.DEAD)):
            assert "not obeyed: it has no signature" in letter["why"]
        alerts = [json.loads(record.value) for record in site.records(topics.ALERTS)]
        assert "Leadgate did not obey a decision" in alerts[-1]["text"]
        assert site.place_of(lead) == "held"
        # a new worker reads rules and replays, and takes up what comes
        site.kill("worker", 15)
        assert versions(site).in_force == true.in_force
        assert versions(site).known[true.in_force] == true.known[true.in_force]
        path = site.data / "rules.yaml"
        path.write_text(with_routes(path.read_text(), GERMANY, ELSEWHERE))
        site.work()
        [second] = site.capture(captured(2, ("Demo requests",)))
        site.wait_for(lambda: site.place_of(second) == "engaged")
        assert site.place_of(lead) == "held"
        # a person decides, although somebody seemed to have done so before
        done = site.leadgate("review", "resolve", lead, "--redrive", *BY)
        assert done["decided"][0]["rules"] == versions(site).in_force != true.in_force
        site.wait_for(lambda: site.place_of(lead) == "engaged")
        assert broken_promises(site) == []
        assert site.leadgate("audit", "recompute")["different"] == {}
        # what was refused is no part of a replay
        site.kill("worker", 15)
        site.remove_members()
        replayed = site.leadgate("replay", "--topic", "review-decisions", "--from", "0")
        assert replayed["left_out"] >= 2
    finally:
        site.stop()
