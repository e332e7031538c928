"""A worker of two stages, intake and identity, as a program that the backlog test starts and kills.

With `faust` as its argument Faust's own consumer is used instead of the strict one: the proof
why ours exists.
"""

import sys
from pathlib import Path

from app.base.clock import SystemClock
from app.base.settings import load_settings
from app.monitoring.logs import set_up_logging
from app.rules.store import load_rules
from app.worker import process


def main() -> int:
    """Run until SIGTERM."""
    set_up_logging()
    settings = load_settings()
    rules, data = load_rules(settings.rules), Path(sys.argv[1])
    if sys.argv[2:] == ["faust"]:
        from tests.crash.faust_consumer import run_on_fausts_own

        return run_on_fausts_own(settings, rules, data, SystemClock())
    return process.run_worker(settings, rules, data, SystemClock(), only=("intake", "identity"))


if __name__ == "__main__":
    sys.exit(main())
