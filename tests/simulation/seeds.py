"""Seeds tried, one or many at a time, and a failing one reported."""

import multiprocessing
from collections.abc import Iterable
from functools import partial
from typing import NamedTuple

from tests.simulation.oracle import judge
from tests.simulation.plan import Plan, make_plan
from tests.simulation.shrink import shrink, tell
from tests.simulation.simulate import be_quiet, simulate
from tests.simulation.week import simulate_week

WEEK_LEADS = 12


class GuardVerdict(NamedTuple):
    """Of one seed: what it broke, and what occurred in it.

    `week` is what a small week over the real connectors broke.
    """

    seed: int
    breaches: list[str]
    occurred: frozenset[str]
    week: list[str]


def try_seed(seed: int, weeks: int = 0) -> GuardVerdict:
    """Run one seed; each of so many seeds also as a small week over the real connectors, 0 for
    none."""
    run = simulate(make_plan(seed))
    site = run.site
    occurred = {f"outcome {o}" for o in site.coverage.outcomes} | {
        f"death {d}" for d in site.coverage.deaths
    }
    occurred |= {f"forged {one.way}" for one in run.happening.forger.forged}
    if site.deleted:
        occurred.add("records deleted")
    if run.happening.forger.copied:
        occurred.add("forged copied")
    week = _try_week(seed) if weeks and seed % weeks == 0 else []
    return GuardVerdict(
        seed, judge(run), frozenset(occurred | {f"trouble {t}" for t in site.troubles.struck}), week
    )


def _try_week(seed: int) -> list[str]:
    outcome = simulate_week(seed, WEEK_LEADS)
    return [*outcome.wrong, *outcome.fatal]


def try_seeds(seeds: Iterable[int], jobs: int, weeks: int) -> Iterable[GuardVerdict]:
    """Run many, in as many processes, in no certain order; see try_seed."""
    with multiprocessing.get_context("spawn").Pool(jobs, be_quiet) as pool:
        yield from pool.imap_unordered(partial(try_seed, weeks=weeks), seeds, chunksize=20)


def story(seed: int) -> str:
    """A failing seed, shrunk and reported."""

    def breaches(plan: Plan) -> list[str]:
        return judge(simulate(plan))

    plan = make_plan(seed)
    kinds = {_kind(line) for line in breaches(plan)}
    small = shrink(plan, lambda smaller: any(_kind(line) in kinds for line in breaches(smaller)))
    return tell(small, breaches(small))


def _kind(breach: str) -> str:
    """A breach without the lead that it is about."""
    return " ".join(word for word in breach.split() if word.isalpha())[:40]
