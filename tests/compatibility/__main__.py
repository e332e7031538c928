"""Record what is new in the wire formats: `python -m tests.compatibility`.

Adds lines to `formats.txt`, and a file of samples to `wire/`. Refuses, and changes nothing, where
a recorded format has been removed or changed. With `--state`, also writes a further site's state
to `states/`.
"""

import argparse
import sys

from tests.compatibility import recorded, samples, state
from tests.compatibility.declared import declared
from tests.simulation.simulate import be_quiet


def main() -> int:
    """Entry point; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", action="store_true", help="also write a site's state")
    wanted = parser.parse_args()
    before = recorded.recorded()
    if faults := recorded.faults(declared(), before):
        sys.stderr.write("nothing was recorded:\n" + "".join(f"  {why}\n" for why in faults))
        return 1
    known = set(samples.stored())
    if fresh := [sample for sample in samples.samples() if sample not in known]:
        sys.stdout.write(f"{len(fresh)} samples: {samples.store(fresh)}\n")
    if wanted.state:
        be_quiet()
        sys.stdout.write(f"a site's state: {state.store(state.record())}\n")
    now = declared()
    recorded.FILE.write_text(recorded.to_text(before | now))
    sys.stdout.write(f"{len(recorded.additions(now, before))} formats are new or wider\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
