"""The demo's week: every lead ends where its truth says; a bulk import lets fresh leads pass; a
lost lead is reported."""

import asyncio
import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from app.monitoring.lag import backlog, lag
from leads import topics
from tests.limits import HUNG
from tests.samples import CSV_COLUMNS, captured, contact
from tests.sites import SiteHarness

pytestmark = pytest.mark.kafka


MORE_WEEKS = [*(("hubspot", seed) for seed in range(2, 6)), ("salesforce", 1), ("zoho", 1)]


@pytest.mark.parametrize(
    ("crm", "seed"),
    [("hubspot", 1), *(pytest.param(*week, marks=pytest.mark.long) for week in MORE_WEEKS)],
)
def test_every_lead_of_a_week_ends_where_its_truth_says(
    tmp_path: Path, crm: str, seed: int
) -> None:
    done = subprocess.run(
        [*demo(tmp_path, "--seed", str(seed)), "--until-done", "--json"],
        env=os.environ | {"LEADGATE_CRM": crm},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr[-3000:]
    report = json.loads(done.stdout)
    assert report["truth"] == {"right": 400, "wrong": []}
    assert (report["captured"], report["conserved"], report["broken"]) == (400, True, [])
    assert done.returncode == 0
    assert_recomputes_and_tells_no_secret(tmp_path, crm)


def demo(data: Path, *more: str) -> list[str]:
    """The demo's command line."""
    return [sys.executable, "-m", "app.cli", "demo", "--data", str(data), *more]


def assert_recomputes_and_tells_no_secret(data: Path, crm: str) -> None:
    """Every decision of a demo that has ended comes out of its audit event again, byte for byte
    (promise P6); and neither what its programs said nor the audit holds a key."""
    site = SiteHarness(data, crm=crm)
    try:
        site.broker.start()
        again = site.leadgate("audit", "recompute")
        said = b"".join(
            [r.value for r in site.records(topics.AUDIT)]
            + [log.read_bytes() for log in data.glob("*.log")]
        )
    finally:
        site.stop()
    assert again["decisions"] > 2000
    assert again["different"] == {}
    assert len(said) > 1_000_000
    assert [secret for secret in secrets(site.environment()) if secret.encode() in said] == []


def secrets(environment: dict[str, str]) -> list[str]:
    """The keys and tokens among the settings that a vendor or a site has."""
    kinds = ("_KEY", "_TOKEN", "_SECRET", "_REFRESH_TOKEN")
    found = [
        value
        for name, value in environment.items()
        if name.startswith("LEADGATE_") and name.endswith(kinds)
    ]
    assert len(found) >= 7
    # the site's secret is the word for the thing itself here
    return [value for value in found if value != "demo"]


def test_ctrl_c_leaves_no_process_and_a_second_start_goes_on(tmp_path: Path) -> None:
    first = subprocess.Popen(demo(tmp_path, "--leads", "40"), stderr=subprocess.PIPE, text=True)
    assert first.stderr is not None
    said = ""
    while "Ctrl-C ends it" not in said:
        said += first.stderr.readline()
    assert processes_of(tmp_path)
    first.send_signal(signal.SIGINT)
    assert first.wait(HUNG) == 0
    assert processes_of(tmp_path) == []
    again = subprocess.run(
        [*demo(tmp_path, "--leads", "40"), "--until-done", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    report = json.loads(again.stdout)
    assert report["truth"]["wrong"] == []
    assert report["captured"] == 40
    assert processes_of(tmp_path) == []


def processes_of(data: Path) -> list[str]:
    """Programs at work in a directory, this test aside."""
    found = [
        (one.info["pid"], " ".join(one.info["cmdline"] or ()))
        for one in psutil.process_iter(["pid", "cmdline"])
    ]
    return [line for pid, line in found if str(data) in line and pid != os.getpid()]


def test_a_fresh_high_intent_lead_passes_a_bulk_import(site: SiteHarness) -> None:
    file = site.data / "bulk.csv"
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(CSV_COLUMNS)
        writer.writerows(
            [
                "Xiomara",
                f"Bulk{n}",
                "Office Manager",
                f"Bulk {n}",
                f"x{n}@bulk{n}.com",
                "Verified",
                "Brazil",
                f"bulk{n}.com",
            ]
            for n in range(50_000)
        )
    site.work()
    site.spawn("import", "import", str(file), "--window", "300")
    site.wait_for(lambda: len(site.records(topics.CAPTURED)) > 600, why="the import did not begin")
    raw = contact(90, company="urgent")
    [lead] = site.capture(captured(90, lists=("Demo requests",), company="urgent"))
    site.wait_for(lambda: site.place_of(lead) == "engaged", why="it waited behind the import")
    assert site.children["import"].poll() is None, "the import ended first: it kept nobody waiting"
    assert raw["email"] in [p["email"] for p in site.crm("people")]
    site.kill("import")
    site.kill("worker", 15)


def test_a_lead_whose_record_is_skipped_is_found_lost(site: SiteHarness) -> None:
    # leads that an import of another test left would be skipped as well, and crowd the report
    site.work()
    site.wait_for(lambda: not asyncio.run(backlog(site.settings())), why="leads are left")
    site.kill("worker", signal.SIGTERM)
    site.work_only("signals")
    [lead] = site.capture(captured(95, company="skipped"))
    site.kill("worker")
    site.work_only("intake", "signals")
    site.wait_for(
        lambda: lead in {json.loads(r.value)["lead_id"] for r in site.records(topics.VALIDATED)}
    )
    site.wait_for(
        lambda: not asyncio.run(lag(site.settings()))[topics.CAPTURED.full],
        why="intake did not commit",
    )
    site.kill("worker")
    assert site.account()["conserved"]
    site.remove_members()
    site.commit_to_the_end(topics.VALIDATED)
    report = site.account()
    assert not report["conserved"]
    assert any(lead in line and "lost" in line for line in report["broken"]), report
