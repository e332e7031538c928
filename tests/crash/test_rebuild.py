"""A site on a real broker that has lost its state and the changelog, and is rebuilt from its
audit."""

import asyncio
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.base.settings import Settings
from app.privacy.lead_keys import open_sealing
from app.setup.site_check import ROW
from leads import topics
from leads.records import Place, encode
from tables import schema
from tests.crash.test_faults import delete_changelog, log_of
from tests.integration.test_races import hear
from tests.samples import captured
from tests.simulation.rebuilt import tables
from tests.simulation.test_rebuild import OTHERWISE
from tests.sites import SiteHarness, broken_promises

pytestmark = [pytest.mark.kafka, pytest.mark.crash, pytest.mark.timeout(600)]
BY = ("--actor", "olga", "--reason", "looked at")
#: What no event holds of an attempt, and what differs by itself.
UNTOLD = frozenset(
    {"at", "since", "started", "begun", "now", "rules", "review_decision", "released"}
)
EFFECTS = ("tasks", "people", "enrolments")
Rows = dict[tuple[int, bytes], bytes]


def changelog(site: SiteHarness) -> Rows:
    """The state's rows by partition and key."""
    rows: Rows = {}
    for record in site._read(topics.CHANGELOG):
        rows.pop((record.partition, record.key), None)
        if record.value is not None and record.key != ROW:
            rows[record.partition, record.key] = record.value
    return rows


def plain(settings: Settings, key: bytes, value: bytes | None) -> Any:
    """A row as it can be compared."""
    if value is None:
        return None
    table = tables()[key.split(b"\x00")[0].decode()]
    row = msgspec.json.decode(encode(open_sealing(settings).open(table.decode(value))))
    if not table.name.startswith("attempt."):
        return row
    of_lead = row.get("lead_id") and table.name != "attempt.notify"
    untold = UNTOLD if of_lead else UNTOLD | {"seen", "done", "shadow"}
    return {name: held for name, held in row.items() if name not in untold}


def differing(site: SiteHarness, lost: Rows, rebuilt: Rows) -> Counter[str]:
    """How many rows of each table are not as they were."""
    settings, found = site.settings(), Counter[str]()
    for place in lost.keys() | rebuilt.keys():
        key = place[1]
        if plain(settings, key, lost.get(place)) != plain(settings, key, rebuilt.get(place)):
            found[key.split(b"\x00")[0].decode()] += 1
    return found


def effects(site: SiteHarness) -> dict[str, list[Any]]:
    """What lies at the vendors."""
    return {what: sorted(map(str, site.crm(what))) for what in EFFECTS} | {
        "slack": sorted(map(str, site.objects("slack.messages")))
    }


def killed_rebuild(site: SiteHarness, point: str) -> int:
    """Run the command until it dies at a point; its exit code."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "rebuild-state"],
        env=site.environment() | {"LEADGATE_CRASH_AT": point},
        capture_output=True,
        check=False,
    ).returncode


def settle_with_an_opt_out(site: SiteHarness) -> tuple[str, Any, dict[str, int]]:
    """A site at rest: the lead of a person who has opted out, what its source said, and how many
    leads lie at each place."""
    site.ground()
    site.poll()
    site.work()
    out = captured(901, title="Office Manager")
    [opted_out] = site.capture(out)
    site.wait_settled(61)
    site.kill("poller")
    hear(site, "unsubscribe", out.raw)
    site.wait_for(lambda: site.place_of(opted_out) == Place.SUPPRESSED)
    return opted_out, out, site.wait_settled(61)["places"]


def lose_and_rebuild(site: SiteHarness) -> None:
    """Delete the changelog, rebuild it over a kill, and compare it with the lost one."""
    assert "workers run" in site.refusal("rebuild-state")
    site.kill("worker", signal.SIGTERM)
    site.remove_members()
    assert "holds rows" in site.refusal("rebuild-state")
    lost = changelog(site)
    asyncio.run(delete_changelog(site))
    assert killed_rebuild(site, "rebuild partition written") == -signal.SIGKILL
    site.work()
    assert site.wait_for_end("worker", 120) == 2
    assert "is being rebuilt" in log_of(site)
    told = site.leadgate("rebuild-state", "--dry-run")
    report = site.leadgate("rebuild-state")
    assert {**told, "dry_run": False, "lapsed": []} == {**report, "lapsed": []}
    assert (report["not_rebuilt"], report["undecided"]) == ([], {})
    differ = differing(site, lost, changelog(site))
    clocks = Counter({"clocks": len(report["lapsed"])})
    assert set(differ - clocks) <= OTHERWISE, differ
    assert sum(differ.values()) < len(lost) / 20, differ


def start_on_nothing(site: SiteHarness) -> None:
    """Start a worker whose directory is refused before it is gone."""
    site.work()
    assert site.wait_for_end("worker", 120) == 2
    assert "is of before the site's state was rebuilt" in log_of(site)
    shutil.rmtree(site.data / "worker")
    site.work()


def test_a_site_without_state_and_changelog_is_rebuilt_and_goes_on(tmp_path: Path) -> None:
    """No effect is made twice, no lead is lost, waiting leads can be decided, an opted-out person
    stays one; killed on the way, the rebuild is begun again, and no worker starts before."""
    site = SiteHarness(tmp_path, leads=60, seed=36)
    try:
        opted_out, out, places = settle_with_an_opt_out(site)
        done = effects(site)
        lose_and_rebuild(site)
        start_on_nothing(site)
        site.wait_settled(61)
        assert effects(site) == done, "a worker did something again"
        assert site.account()["places"] == places

        again = captured(901, title="Head of Sales", updated_at="2026-11-26T10:00:00.000Z")
        site.capture(again)
        [fresh] = site.capture(captured(902, ("Demo requests",)))
        site.wait_for(lambda: site.place_of(fresh) == Place.ENGAGED)
        waits = next(iter(site.rows(schema.parked("company"))))
        site.leadgate("review", "resolve", waits, "--suppress", *BY)
        site.wait_for(lambda: site.place_of(waits) == Place.SUPPRESSED)
        site.wait_settled(62)
        assert site.place_of(opted_out) == Place.SUPPRESSED
        assert out.raw["email"] not in str(site.crm("tasks"))
        assert broken_promises(site) == []
    finally:
        site.stop()
