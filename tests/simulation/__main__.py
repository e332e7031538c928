"""`make simulate SEEDS=…`: seeds over all cores; a failing one is shrunk and told, and the exit code is 1."""

import argparse
import multiprocessing
import os
import sys
from collections.abc import Iterable
from typing import NamedTuple

from tests.simulation.expected import unmet
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

    small = shrink(make_plan(seed), lambda plan: bool(breaches(plan)))
    return tell(small, breaches(small))


def main() -> int:
    """Entry point; see the module's text."""
    parser = argparse.ArgumentParser(prog="make simulate")
    parser.add_argument("--seeds", type=int, default=3000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    wanted = parser.parse_args()
    be_quiet()
    failed: list[int] = []
    occurred: set[str] = set()
    for verdict in try_seeds(range(wanted.first, wanted.first + wanted.seeds), wanted.jobs):
        occurred |= verdict.occurred
        if verdict.breaches:
            failed.append(verdict.seed)
            sys.stdout.write(f"{story(verdict.seed) if len(failed) <= 5 else f'seed {verdict.seed}'}\n\n")
    lacking = unmet(occurred) if wanted.seeds >= 1000 else []
    sys.stdout.writelines(f"never occurred: {line}\n" for line in lacking)
    sys.stdout.write(f"{wanted.seeds - len(failed)} passed, {len(failed)} failed\n")
    return 1 if failed or lacking else 0


if __name__ == "__main__":
    sys.exit(main())
