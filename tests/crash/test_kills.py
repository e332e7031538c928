"""kill -9 at random moments and at named points; then the promises, judged from the log and the
sandbox alone."""

import random
import signal
import sys
import time
from itertools import product
from pathlib import Path

import psutil
import pytest

from tests.crash.judging import LATER
from tests.samples import captured
from tests.sites import SiteHarness, broken_promises

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(900)]

SEED = 20261123


@pytest.mark.crash
@pytest.mark.parametrize("kills", [5, pytest.param(20, marks=pytest.mark.long)])
def test_kills_of_the_worker_at_any_moment_lose_and_double_nothing(
    tmp_path: Path, kills: int
) -> None:
    sys.stderr.write(f"seed {SEED}\n")
    chance = random.Random(SEED)
    site = SiteHarness(tmp_path, leads=400, seed=3)
    try:
        site.ground()
        site.poll()
        for _ in range(kills):
            site.work()
            # where it is hit is the seed's choice, not a condition to wait for
            time.sleep(2.0 + chance.random() * 2.0)
            site.kill("worker")
        site.work()
        site.wait_settled(400)
        assert broken_promises(site) == []
        wrong = [w for w in site.truth()["wrong"] if w["case"] not in LATER]
        assert wrong == []
    finally:
        site.stop()


POINTS = (
    "after call before state",
    "after state before send",
    "after send before commit",
    "after started before call",
)


STAGES = ("write", "assign", "engage")
#: Each point once, each stage at least once; the simulation dies at each point of each stage.
DEATHS = tuple(zip(POINTS, (*STAGES, "write"), strict=True))


@pytest.mark.parametrize(
    ("crm", "deaths"),
    [
        ("hubspot", DEATHS),  # no `crash`: it stands for the others in `make test`
        pytest.param("hubspot", tuple(product(POINTS, STAGES)), marks=pytest.mark.long),
        pytest.param("salesforce", tuple(product(POINTS[:1], STAGES)), marks=pytest.mark.long),
    ],
)
def test_a_kill_at_a_named_point_of_a_stage(
    tmp_path: Path, crm: str, deaths: tuple[tuple[str, str], ...]
) -> None:
    site = SiteHarness(tmp_path, leads=60, seed=4, crm=crm)
    try:
        site.ground()
        site.poll()
        for n, (point, stage) in enumerate(deaths):
            # else none is left to be hit
            site.capture(*(captured(200 + 5 * n + i, title="Office Manager") for i in range(5)))
            site.work(LEADGATE_CRASH_AT=f"{point} {stage}")
            assert site.wait_for_end("worker") == -9
        site.work()
        site.wait_settled(60 + 5 * len(deaths))
        assert broken_promises(site) == []
        assert [w for w in site.truth()["wrong"] if w["case"] not in LATER] == []
    finally:
        site.stop()


@pytest.mark.crash
def test_a_lead_whose_first_attempt_died_after_its_claim_still_arrives(tmp_path: Path) -> None:
    """What a boolean "seen" fails: the claim is there, the lead was never sent on."""
    site = SiteHarness(tmp_path, leads=0, seed=4)
    try:
        site.ground()
        for n, stage in enumerate(("intake", "identity", "company")):
            [lead] = site.capture(captured(90 + n, company=f"claimed{n}"))
            site.work(LEADGATE_CRASH_AT=f"after state before send {stage}")
            assert site.wait_for_end("worker") == -9
            assert site.place_of(lead) in {"", "in_flight"}
            site.work()
            wait_arrived(site, lead)
            site.kill("worker")
        assert broken_promises(site) == []
    finally:
        site.stop()


@pytest.mark.crash
def test_a_poller_killed_around_its_cursor_captures_all_once(tmp_path: Path) -> None:
    site = SiteHarness(tmp_path, leads=120, seed=5)
    try:
        site.ground()
        for point in ("after page", "between page and cursor"):
            site.poll(LEADGATE_CRASH_AT=point)
            assert site.wait_for_end("poller") == -9
        site.poll()
        site.work()
        report = site.wait_settled(120)
        assert report["captured"] == 120
        assert broken_promises(site) == []
    finally:
        site.stop()


@pytest.mark.crash
def test_the_broker_killed_midway(tmp_path: Path) -> None:
    site = SiteHarness(tmp_path, leads=400, seed=6)
    try:
        site.ground()
        site.poll()
        site.work()
        time.sleep(5.0)
        site.broker.kill()
        site.broker.start()
        restart_if_ended(site)
        site.wait_settled(400)
        assert broken_promises(site) == []
    finally:
        site.stop()


@pytest.mark.crash
def test_two_workers_joining_leaving_and_killed(tmp_path: Path) -> None:
    site = SiteHarness(tmp_path, leads=400, seed=7)
    try:
        site.ground()
        site.poll()
        site.work("worker")
        time.sleep(4.0)
        site.work("second")
        time.sleep(5.0)
        site.kill("worker")
        time.sleep(2.0)
        site.work("worker")
        time.sleep(4.0)
        site.kill("second", 15)
        time.sleep(1.0)
        site.work("second")
        site.wait_settled(400)
        assert broken_promises(site) == []
    finally:
        site.stop()


@pytest.mark.crash
def test_a_worker_frozen_before_its_call_ends_instead_when_it_thaws(tmp_path: Path) -> None:
    site = SiteHarness(tmp_path, leads=0, seed=8)
    try:
        site.ground()
        site.work("frozen", LEADGATE_CRASH_AT="freeze after started before call engage")
        [lead] = site.capture(captured(90, lists=("Demo requests",), company="urgent"))
        frozen = psutil.Process(site.children["frozen"].pid)
        site.wait_for(
            lambda: frozen.status() == psutil.STATUS_STOPPED, why="it did not come to the call"
        )
        site.work("second")
        site.wait_for(lambda: site.place_of(lead) == "engaged", why="nobody took the lead over")
        assert len(calls_asked_for(site)) == 1
        frozen.send_signal(signal.SIGCONT)
        assert site.wait_for_end("frozen") == 70
        site.work("frozen")
        site.wait_settled(1)
        assert len(calls_asked_for(site)) == 1
        assert broken_promises(site) == []
    finally:
        site.stop()


def wait_arrived(site: SiteHarness, lead: str) -> None:
    """Wait until a lead has come to its rest."""
    site.wait_for(lambda: site.place_of(lead) in {"engaged", "nurtured"}, why="it never arrived")


def calls_asked_for(site: SiteHarness) -> list[str]:
    """The tasks that tell a rep to call; an escalation is another effect."""
    subjects = [task["subject"] for task in site.crm("tasks")]
    return [subject for subject in subjects if subject.startswith("Call ")]


def restart_if_ended(site: SiteHarness) -> None:
    """What a process manager does: a worker or poller that ended by itself is started again."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for name, start in (("worker", site.work), ("poller", site.poll)):
            child = site.children.get(name)
            if child is not None and child.poll() is not None:
                site.children.pop(name)
                start()
        time.sleep(0.5)
