"""The worker processes that the benchmark compares: `leadgate`, and the same gates as plain Faust
agents."""

import sys
from pathlib import Path

from app.base.clock import SystemClock
from app.base.settings import load_settings
from app.monitoring.logs import set_up_logging
from app.rules.store import load_rules
from app.worker.process import run_worker
from bench.vendors import instant


def main() -> int:
    """Run the engine named by the first argument until SIGTERM."""
    set_up_logging()
    settings = load_settings()
    rules = load_rules(settings.rules)
    engine, data = sys.argv[1], Path(sys.argv[2])
    if engine.startswith("plain"):
        from bench.plain import run_plain

        return run_plain(settings, rules, data)
    return run_worker(settings, rules, data, SystemClock(), instant)


if __name__ == "__main__":
    sys.exit(main())
