"""A worker that is stopped, loses partitions or is doubled while its stages wait does no harm."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.limits import HUNG
from tests.samples import captured
from tests.sites import SiteHarness, broken_promises

pytestmark = [pytest.mark.kafka, pytest.mark.crash]


def start_waiting(site: SiteHarness) -> None:
    """Start a worker whose stages wait for a signal that never comes."""
    command = [sys.executable, "-m", "tests.crash.waiting", str(site.data / "first")]
    environment = site.environment() | {"LEADGATE_WORKER_ID": "first"}
    out = (site.data / "first.log").open("ab")
    site.children["first"] = subprocess.Popen(command, env=environment, stdout=out, stderr=out)


def said(site: SiteHarness, name: str, words: str) -> bool:
    return words in (site.data / f"{name}.log").read_text()


def test_a_worker_gives_up_what_waits_when_partitions_go_and_when_it_stops(tmp_path: Path) -> None:
    site = SiteHarness(tmp_path, leads=0, seed=9)
    try:
        site.ground()
        start_waiting(site)
        site.capture(*(captured(300 + i, company=f"waiting{i}") for i in range(24)))
        site.wait_for(lambda: said(site, "first", "a stage waits"), why="no stage came to wait")
        site.work("second")
        site.wait_for(
            lambda: said(site, "second", "partitions assigned"), why="the first did not let go"
        )
        assert said(site, "first", "a run is given up")
        first = site.children.pop("first")
        first.send_signal(signal.SIGTERM)
        assert first.wait(HUNG) == 0
        site.wait_settled(24)
        assert broken_promises(site) == []
    finally:
        site.stop()


def test_a_second_worker_on_a_directory_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    site = SiteHarness(tmp_path, leads=0, seed=9)
    try:
        site.ground()
        site.work("worker")
        site.wait_for(lambda: said(site, "worker", "worker ready"), why="it did not start")
        line = site.refusal("worker", "--data", str(site.data / "worker"))
        assert "is in use by another worker" in line
        assert len(line.splitlines()) == 1
        site.capture(captured(400))
        site.wait_settled(1)
        assert (site.data / "worker.log").read_text().count("partitions assigned") == 1
        assert broken_promises(site) == []
    finally:
        site.stop()
