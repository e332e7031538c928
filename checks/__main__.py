"""`python -m checks`: one line for each fault; exit code 1 if there is one."""

import sys
from pathlib import Path

from checks import duplicates, links, raises, shell_blocks

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Entry point."""
    looks = (links.faults, raises.faults, shell_blocks.faults, duplicates.faults)
    faults = [line for look in looks for line in look(ROOT)]
    sys.stdout.writelines(f"{line}\n" for line in faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
