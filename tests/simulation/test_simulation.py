"""Thousands of seeded runs of the whole pipeline, the faults that it must find, and those that it
has found."""

import os
import subprocess
import sys

import pytest

from tests.simulation.oracle import judge
from tests.simulation.people import world_of
from tests.simulation.plan import FAULTS_END, SIGNALS, Event, Plan, make_plan
from tests.simulation.seeds import story, try_seed, try_seeds
from tests.simulation.simulate import be_quiet, simulate
from tests.simulation.variants import VARIANTS
from tests.simulation.week import simulate_week

#: CI goes on from here by `make simulate`, which also sees that everything of `expected` occurs.
SEEDS = 100
# seeds: `make simulate` runs one in ten over the real connectors, for which the suite has no time
ONE_WEEK_IN = 50
FOUND_WITHIN = 1000
_NO_FAULTS = {
    *("capture", "synced", "rule", "capture_again", "forge", "unmerge", "retain", "edit", "erase"),
    *SIGNALS,
}
pytestmark = pytest.mark.simulation


@pytest.fixture(autouse=True)
def _quiet() -> None:
    be_quiet()


@pytest.mark.timeout(900)
def test_no_seed_breaks_a_promise() -> None:
    failed: list[int] = []
    for verdict in try_seeds(range(SEEDS), os.cpu_count() or 1, ONE_WEEK_IN):
        failed += [verdict.seed] if verdict.breaches else []
        assert not verdict.week, f"seed {verdict.seed} over the real connectors: {verdict.week}"
    assert not failed, "\n\n".join(story(seed) for seed in failed[:3])


def test_every_plan_has_leads_and_faults() -> None:
    for seed in range(200):
        plan = make_plan(seed)
        faults = [e for e in plan.events if e.kind not in _NO_FAULTS]
        assert len(plan.world.leads) >= 5
        assert len(faults) >= 3
        assert all(e.at <= FAULTS_END for e in faults)


@pytest.mark.seeds
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", list(VARIANTS))
def test_a_known_fault_is_found(name: str) -> None:
    """The simulation can fail: with each of the faults that it was built for, it does."""
    with VARIANTS[name]():
        assert any(try_seed(seed).breaches for seed in range(FOUND_WITHIN)), f"{name} was not found"


def test_the_same_seed_is_the_same_run_in_another_process() -> None:
    code = "from tests.simulation.test_simulation import fingerprint; print(fingerprint(7))"
    for salt in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": salt},
            capture_output=True,
            check=True,
        )
        assert done.stdout.decode().strip() == fingerprint(7)


def fingerprint(seed: int) -> str:
    """What a run comes to, in a few numbers."""
    be_quiet()
    site = simulate(make_plan(seed)).site
    return (
        f"{len(site.journal)} {sum(site.log.committed.values())}"
        f" {[round(a.at, 3) for a in site.journal]}"
    )


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("seed", "leads"),
    [
        pytest.param(90210, 400, marks=pytest.mark.seeds),
        pytest.param(1004, 400, marks=pytest.mark.seeds),
        (7, 120),
        (8, 120),
    ],
)
def test_a_week_over_the_real_connectors_ends_as_its_generator_says(seed: int, leads: int) -> None:
    """90210 and 1004 left one changed employer engaged or nurtured instead of
    asking."""
    outcome = simulate_week(seed, leads)
    assert outcome.wrong == []
    assert outcome.fatal == []


def run(cases: tuple[str, ...], *events: Event, chance: int = 0) -> list[str]:
    """What a plan breaks that somebody wrote down. All leads come at the beginning."""
    world = world_of(*cases)
    captures = [Event(0.0, "capture", i) for i in range(len(world.leads))]
    plan = Plan(
        seed=-1,
        world=world,
        events=tuple(sorted([*captures, Event(0.0, "synced"), *events])),
        chance=chance,
    )
    return judge(simulate(plan))


FOUND = {
    "an opt-out of an alias that shares its person's partition": (
        ("variant", "variant", "variant"),
        [Event(20.0, "do_not_contact", i) for i in (1, 3, 5)],
    ),
    "an opt-out while the list's answer was lost": (
        ("low",),
        [Event(0.1, "crm.enter_list lost", seconds=10.0, number=99), Event(5.0, "bounce", 0)],
    ),
    "a tool that does not take an opt-out": (
        ("low",),
        [Event(9.0, "crm.stop failing", seconds=30.0, number=99), Event(10.0, "unsubscribe", 0)],
    ),
    "interest and another sequence at once": (
        ("low",),
        [
            Event(10.0, "intent", 0),
            Event(10.0, "sequence", 0, "active"),
            Event(80.0, "sequence", 0, "inactive"),
        ],
    ),
    "a new revision of a held lead that is in a list": (
        ("low",),
        [
            Event(10.0, "intent", 0),
            Event(10.0, "sequence", 0, "active"),
            Event(20.0, "capture", 0, number=1),
            Event(30.0, "do_not_contact", 0),
        ],
    ),
    "a contact deleted while people are asked about its reply": (
        ("low",),
        [Event(10.0, "reply", 0), Event(20.0, "deleted", 0)],
    ),
    "a bounce of another address while people are asked about a reply": (
        ("variant",),
        [Event(20.0, "reply", 0), Event(30.0, "bounce", 1), Event(31.0, "bounce", 0)],
    ),
    "an import taken back while the list can't be left": (
        ("low",),
        [
            Event(9.0, "crm.leave_list failing", seconds=60.0, number=99),
            Event(20.0, "undone", 0),
            Event(20.0, "unsubscribe", 0),
        ],
    ),
    "an answer before the lead is known to be anybody's": (
        ("low", "high"),
        [Event(0.0, "reply", 0), Event(0.0, "reply", 1)],
    ),
    "an opt-out of a nurtured lead that turns out to be another's": (
        ("corrected", "corrected", "corrected"),
        [
            Event(at, kind, i, number=1)
            for i in range(6)
            for at, kind in ((30.0 + i % 2, "capture"), (60.0, "unsubscribe"))
        ],
    ),
    "a newer revision that waits at the CRM write, of a lead that waits for an owner": (
        ("gone",),
        [
            Event(30.0, "crm.upsert refused", seconds=20.0, number=99),
            Event(31.0, "capture", 0, number=1),
        ],
    ),
    "two alerts in the log twice": (
        ("demo", "demo"),
        [Event(at / 10, "duplicate", number=5) for at in range(5, 60, 3)],
    ),
}


@pytest.mark.parametrize("name", list(FOUND))
@pytest.mark.parametrize("chance", range(3))
def test_what_the_simulation_has_found_stays_mended(name: str, chance: int) -> None:
    cases, events = FOUND[name]
    assert run(cases, *events, chance=chance) == []


@pytest.mark.parametrize("steps", range(1, 40, 2))
def test_two_records_of_one_lead_in_one_run_and_a_death_at_any_step(steps: int) -> None:
    """Both were decided before the first had sent anything: after a death only the second's row was
    left (P1)."""
    again = [Event(0.0, "capture", 0, number=1), Event(0.0, "capture", 0)]
    kills = [Event(0.0, "kill", value=worker, number=steps) for worker in ("a", "b")]
    assert run(("high", "low"), *again, *kills, chance=steps) == []
