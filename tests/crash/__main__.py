"""`python -m tests.crash`: storms over fresh seeds, each judged by the independent auditor; exit
code 1 if one finds anything."""

import argparse
import secrets
import sys
import tempfile
import time
from pathlib import Path

from tests.crash import auditor
from tests.crash.plan import make_plan
from tests.crash.storm import Storm


def main() -> int:
    """Parse the arguments, run, and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--leads", type=int, default=3000)
    parser.add_argument("--kills", type=int, default=36)
    parser.add_argument("--seconds", type=float, default=360.0, help="how long the storm lasts")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument(
        "--seed", type=int, default=0, help="of the first run; a fresh one by default"
    )
    parser.add_argument("--data", type=Path, help="where the sites lie; they are kept there")
    options = parser.parse_args()
    first = options.seed or secrets.randbelow(1_000_000) + 1
    found = [_run(options, first + n) for n in range(options.runs)]
    return 1 if any(found) else 0


def _run(options: argparse.Namespace, seed: int) -> bool:
    """One storm; whether the auditor found anything."""
    _say(f"seed {seed}: {options.leads} leads, {options.kills} kills in {options.seconds:.0f} s")
    plan = make_plan(seed, options.leads, options.kills, options.seconds)
    data = (options.data or Path(tempfile.mkdtemp(prefix="leadgate-crash-"))) / f"seed-{seed}"
    storm = Storm(data, options.leads, plan, _say)
    began = time.monotonic()
    try:
        case, violations = storm.run()
    finally:
        storm.stop()
    _say(storm.tally.line())
    for death in storm.evidence.deaths:
        _say(f"{death.name} ended by itself with {death.code}: {death.excused or 'NOT expected'}")
    _say(f"seed {seed}, {time.monotonic() - began:.0f} s, everything is in {data}")
    _say(auditor.report(case, violations))
    return bool(violations)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
