"""Seeds tried, one or many at a time, and a failing one told."""

import multiprocessing
from collections.abc import Iterable
from typing import NamedTuple

from tests.simulation.oracle import judge
from tests.simulation.plan import Plan, make_plan
from tests.simulation.shrink import shrink, tell
from tests.simulation.simulate import be_quiet, simulate


class Verdict(NamedTuple):
    """Of one seed: what it broke, and what occurred in it."""

    seed: int
    breaches: list[str]
    occurred: frozenset[str]


def try_seed(seed: int) -> Verdict:
    """Run one seed."""
    run = simulate(make_plan(seed))
    site = run.site
    occurred = {f"outcome {o}" for o in site.coverage.outcomes} | {f"death {d}" for d in site.coverage.deaths}
    return Verdict(seed, judge(run), frozenset(occurred | {f"trouble {t}" for t in site.troubles.struck}))


def try_seeds(seeds: Iterable[int], jobs: int) -> Iterable[Verdict]:
    """Run many, in as many processes, in no certain order."""
    with multiprocessing.get_context("spawn").Pool(jobs, be_quiet) as pool:
        yield from pool.imap_unordered(try_seed, seeds, chunksize=20)


def story(seed: int) -> str:
    """A failing seed, shrunk and told."""

    def breaches(plan: Plan) -> list[str]:
        return judge(simulate(plan))

    plan = make_plan(seed)
    kinds = {_kind(line) for line in breaches(plan)}
    small = shrink(plan, lambda smaller: any(_kind(line) in kinds for line in breaches(smaller)))
    return tell(small, breaches(small))


def _kind(breach: str) -> str:
    """A breach without whom it is about."""
    return " ".join(word for word in breach.split() if word.isalpha())[:40]
