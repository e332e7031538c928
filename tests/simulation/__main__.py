"""`make simulate SEEDS=…`: seeds over all cores; a failing one is shrunk and printed, and the exit
code is 1."""

import argparse
import os
import sys

from tests.simulation.expected import unmet
from tests.simulation.seeds import WEEK_LEADS, story, try_seeds
from tests.simulation.simulate import be_quiet


def main() -> int:
    """Entry point; see the module's text."""
    parser = argparse.ArgumentParser(prog="make simulate")
    parser.add_argument("--seeds", type=int, default=3000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument(
        "--weeks",
        type=int,
        default=10,
        help="one seed in so many also runs over the real connectors",
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    wanted = parser.parse_args()
    be_quiet()
    failed: list[int] = []
    occurred: set[str] = set()
    for verdict in try_seeds(
        range(wanted.first, wanted.first + wanted.seeds), wanted.jobs, wanted.weeks
    ):
        occurred |= verdict.occurred
        if verdict.week:
            failed.append(verdict.seed)
            again = (
                f"python -m tests.simulation.week --seeds 1 --first {verdict.seed} --leads"
                f" {WEEK_LEADS}"
            )
            sys.stdout.write(f"{again}: {'; '.join(verdict.week[:6])}\n\n")
        elif verdict.breaches:
            failed.append(verdict.seed)
            sys.stdout.write(
                f"{story(verdict.seed) if len(failed) <= 5 else f'seed {verdict.seed}'}\n\n"
            )
    lacking = unmet(occurred) if wanted.seeds >= 1000 else []
    sys.stdout.writelines(f"never occurred: {line}\n" for line in lacking)
    sys.stdout.write(f"{wanted.seeds - len(failed)} passed, {len(failed)} failed\n")
    return 1 if failed or lacking else 0


if __name__ == "__main__":
    sys.exit(main())
