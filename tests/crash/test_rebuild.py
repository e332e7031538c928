"""A site on a real broker that has lost its state and the changelog, and is rebuilt from its
audit."""

import asyncio
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from app.base.settings import Settings
from app.privacy.lead_keys import open_sealing
from app.setup.site_mark import ROW
from leads import topics
from leads.keys import lead_id
from leads.records import Captured, Place, encode
from tables import schema
from tests.crash.test_faults import delete_changelog, log_of
from tests.integration.test_races import hear
from tests.samples import captured
from tests.simulation.rebuilt import tables
from tests.simulation.test_rebuild import OTHERWISE
from tests.sites import SiteHarness, broken_promises

pytestmark = [pytest.mark.kafka, pytest.mark.crash]
BY = ("--actor", "olga", "--reason", "looked at")
#: What no event holds of an attempt, and what differs by itself.
UNTOLD = frozenset(
    {"at", "since", "started", "begun", "now", "rules", "review_decision", "released"}
)
ERASED = 903  # the number of the contact who is erased
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


def is_of_erased(site: SiteHarness, key: bytes, row: Any) -> bool:
    """Whether a row is about the erased person or its company, or tells of nobody that a link, an
    alert or an order was read: of an erased person's nothing is rebuilt."""
    one = captured(ERASED)
    names = (
        lead_id(one.source, one.source_id),
        site.keys.address(one.raw["email"]),
        one.raw["organization"]["name"],
    )
    text = key.decode() + msgspec.json.encode(row).decode()
    if any(name in text for name in names) or key.startswith(b"attempt.erasure"):
        return True
    return key.startswith(b"attempt.") and not row.get("lead_id")


def differing(site: SiteHarness, lost: Rows, rebuilt: Rows) -> Counter[str]:
    """How many rows of each table are not as they were."""
    settings, found = site.settings(), Counter[str]()
    for place in lost.keys() | rebuilt.keys():
        key = place[1]
        before, now = (plain(settings, key, rows.get(place)) for rows in (lost, rebuilt))
        if before != now and not is_of_erased(site, key, before or now):
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


class Stopped(NamedTuple):
    """Leads of a site at rest: of a person who has opted out, with what its source said, and of one
    who was erased. `places` says how many leads lie at each place."""

    opted_out: str
    out: Captured
    erased: str
    places: dict[str, int]


def settle(site: SiteHarness) -> Stopped:
    """Let a site come to rest, with two people who are never to be written to."""
    site.ground()
    site.poll()
    site.work()
    out = captured(901, title="Office Manager")
    opted_out, erased = site.capture(out, captured(ERASED, title="Office Manager"))
    site.wait_settled(62)
    site.kill("poller")
    hear(site, "unsubscribe", out.raw)
    site.wait_for(lambda: site.place_of(opted_out) == Place.SUPPRESSED)
    certificate = site.leadgate("erase", erased, *BY)
    assert "failed" not in {part["outcome"] for part in certificate["parts"]}
    return Stopped(opted_out, out, erased, site.wait_settled(62)["places"])


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
    assert site.wait_for_end("worker") == 2
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
    assert site.wait_for_end("worker") == 2
    assert "is of before the site's state was rebuilt" in log_of(site)
    shutil.rmtree(site.data / "worker")
    site.work()


def test_a_site_without_state_and_changelog_is_rebuilt_and_goes_on(tmp_path: Path) -> None:
    """No effect is made twice, no lead is lost, waiting leads can be decided, an opted-out person
    stays one, an erased one too; killed on the way, the rebuild is begun again, and no worker
    starts before."""
    site = SiteHarness(tmp_path, leads=60, seed=36)
    try:
        opted_out, out, erased, places = settle(site)
        done = effects(site)
        lose_and_rebuild(site)
        start_on_nothing(site)
        site.wait_settled(62)
        assert effects(site) == done, "a worker did something again"
        assert site.account()["places"] == places

        again = captured(901, title="Head of Sales", updated_at="2026-11-26T10:00:00.000Z")
        site.capture(again, captured(ERASED, title="Chief of Staff"))
        [fresh] = site.capture(captured(902, ("Demo requests",)))
        site.wait_for(lambda: site.place_of(fresh) == Place.ENGAGED)
        waits = next(iter(site.rows(schema.parked("company"))))
        site.leadgate("review", "resolve", waits, "--suppress", *BY)
        site.wait_for(lambda: site.place_of(waits) == Place.SUPPRESSED)
        other = captured(904, email=captured(ERASED).raw["email"])
        [her_other] = site.capture(other)
        site.wait_settled(64)
        assert site.place_of(opted_out) == Place.SUPPRESSED
        assert site.place_of(erased) == site.place_of(her_other) == Place.ERASED
        assert out.raw["email"] not in str(site.crm("tasks"))
        assert broken_promises(site) == []
    finally:
        site.stop()
