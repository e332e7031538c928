"""Plans hold what they must, whatever the seed."""

from hypothesis import given
from hypothesis import strategies as st

from tests.crash.plan import (
    BROKER,
    KINDS,
    PATHS,
    POLLER,
    WORKERS,
    Decide,
    Disturb,
    Freeze,
    Import,
    Kill,
    OptOut,
    Play,
    Release,
    make_plan,
)

SECONDS = 100.0


@given(st.integers(min_value=1), st.integers(min_value=10, max_value=60))
def test_a_plan_has_every_blow_and_every_fault_in_order(seed: int, kills: int) -> None:
    plan = make_plan(seed, 300, kills, SECONDS)
    assert plan.count(Kill) == kills
    assert min(plan.count(Kill, BROKER), plan.count(Kill, POLLER)) >= 2
    assert all(plan.count(Kill, worker) for worker in WORKERS)
    assert plan.count(Freeze) == plan.count(Import) == plan.count(OptOut) == 1
    assert all(plan.count(kind) for kind in (Play, Decide, Release))
    assert [m.at for m in plan.moments] == sorted(m.at for m in plan.moments)
    assert all(0 <= m.at <= SECONDS for m in plan.moments)
    met = {
        fault.name for m in plan.moments if isinstance(m.blow, Disturb) for fault in m.blow.faults
    }
    assert met >= {f"{vendor} {kind}" for vendor in PATHS for kind in KINDS}


@given(st.integers(min_value=1))
def test_the_same_seed_gives_the_same_plan(seed: int) -> None:
    assert make_plan(seed, 300, 12, SECONDS) == make_plan(seed, 300, 12, SECONDS)


@given(st.integers(min_value=1))
def test_faults_end_before_the_storm_does(seed: int) -> None:
    last = [
        m.blow for m in make_plan(seed, 300, 12, SECONDS).moments if isinstance(m.blow, Disturb)
    ][-1]
    assert last.faults == ()
